package device

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
)

const (
	maxSubscriptions = 32 // of one publisher
	maxPending       = 32 // events not yet delivered to one subscriber; it loses its subscription beyond
)

// A Variable is one evented state variable at one moment.
type Variable struct {
	Name    string
	Channel string // of RenderingControl; else ""
	Value   string
}

// PublisherOptions describe what is told. Only Snapshot must be set.
type PublisherOptions struct {
	Snapshot func() []Variable            // all variables now; takes no lock that is held while publishing
	Render   func(told []Variable) []byte // the body of a NOTIFY; nil: PropertySet. A body of nil is not sent
	Refuses  bool                         // no subscription is taken
}

// A Publisher tells the subscribers of one service what changed.
type Publisher struct {
	options PublisherOptions

	mu   sync.Mutex // guards what follows, and keeps events in the order of their snapshots
	last []Variable
	subs map[string]*subscription // by SID
}

// NewPublisher makes a Publisher; Eventing.Handle brings it subscribers.
func NewPublisher(o PublisherOptions) *Publisher {
	if o.Render == nil {
		o.Render = PropertySet
	}
	return &Publisher{options: o, subs: make(map[string]*subscription)}
}

// Publish queues what changed since the last time, if anything did.
func (p *Publisher) Publish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.options.Snapshot()
	changed := slices.DeleteFunc(slices.Clone(now), func(v Variable) bool { return slices.Contains(p.last, v) })
	p.last = now
	if len(changed) > 0 {
		p.queueLocked(changed)
	}
}

// PublishAll queues all variables, whether they changed or not.
func (p *Publisher) PublishAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = p.options.Snapshot()
	p.queueLocked(p.last)
}

// Subscribers is the number of active subscriptions.
func (p *Publisher) Subscribers() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.subs)
}

func (p *Publisher) queueLocked(vars []Variable) {
	body := p.options.Render(vars)
	if body == nil {
		return
	}
	for _, s := range p.subs {
		select {
		case s.pending <- body:
		default:
			p.removeLocked(s)
		}
	}
}

// add registers s with the initial event, which tells every variable (UDA 1.0
// section 4.1.2). It reports false when there are too many, or none are taken.
func (p *Publisher) add(s *subscription) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.subs) >= maxSubscriptions || p.options.Refuses {
		return false
	}
	now := p.options.Snapshot()
	if len(p.subs) == 0 { // else those who were there before are yet to be told of what changed
		p.last = now
	}
	if body := p.options.Render(now); body != nil {
		s.pending <- body
	}
	p.subs[s.sid] = s
	return true
}

func (p *Publisher) find(sid string) (*subscription, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.subs[sid]
	return s, ok
}

func (p *Publisher) remove(s *subscription) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.removeLocked(s)
}

func (p *Publisher) removeLocked(s *subscription) {
	if _, ok := p.subs[s.sid]; ok {
		delete(p.subs, s.sid)
		close(s.ended)
	}
}

// PropertySet is the body of a NOTIFY (UDA 1.0 section 4.2.1).
func PropertySet(vars []Variable) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0">`)
	for _, v := range vars {
		fmt.Fprintf(&b, "<e:property><%s>%s</%s></e:property>", v.Name, Escape(v.Value), v.Name)
	}
	b.WriteString(`</e:propertyset>`)
	return b.Bytes()
}
