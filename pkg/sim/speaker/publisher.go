package speaker

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// A variable is one evented state variable at one moment.
type variable struct {
	name    string
	channel string // of RenderingControl; else ""
	value   string
}

// Namespaces of LastChange (AVTransport:1 and RenderingControl:1, section 2.3.1).
const (
	avtSpace = "urn:schemas-upnp-org:metadata-1-0/AVT/"
	rcsSpace = "urn:schemas-upnp-org:metadata-1-0/RCS/"
)

const (
	maxSubscriptions = 32 // of one service
	maxPending       = 32 // events not yet delivered to one subscriber; it loses its subscription beyond
)

// A publisher tells the subscribers of one service what changed.
type publisher struct {
	// space is LastChange's namespace; "" for a service whose variables are
	// evented one by one.
	space    string
	snapshot func() []variable // takes no lock that is held while publishing
	quirks   Quirks

	mu   sync.Mutex // guards what follows, and keeps events in the order of their snapshots
	last []variable
	subs map[string]*subscription // by SID
}

func newPublisher(space string, q Quirks, snapshot func() []variable) *publisher {
	return &publisher{space: space, quirks: q, snapshot: snapshot, subs: make(map[string]*subscription)}
}

// publish queues what changed since the last time, if anything did.
func (p *publisher) publish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.snapshot()
	changed := slices.DeleteFunc(slices.Clone(now), func(v variable) bool { return slices.Contains(p.last, v) })
	p.last = now
	if len(changed) > 0 {
		p.queueLocked(changed)
	}
}

// repeat queues all variables, whether they changed or not.
func (p *publisher) repeat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = p.snapshot()
	p.queueLocked(p.last)
}

func (p *publisher) queueLocked(vars []variable) {
	if p.quirks.Events == EventsNone {
		return
	}
	body := p.render(vars)
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
func (p *publisher) add(s *subscription) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.subs) >= maxSubscriptions || p.quirks.Events == EventsRefused {
		return false
	}
	p.last = p.snapshot()
	if p.quirks.Events != EventsNone {
		s.pending <- p.render(p.last)
	}
	p.subs[s.sid] = s
	return true
}

func (p *publisher) find(sid string) (*subscription, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.subs[sid]
	return s, ok
}

func (p *publisher) remove(s *subscription) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.removeLocked(s)
}

func (p *publisher) removeLocked(s *subscription) {
	if _, ok := p.subs[s.sid]; ok {
		delete(p.subs, s.sid)
		close(s.ended)
	}
}

func (p *publisher) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.subs)
}

const (
	propertySetHead = `<?xml version="1.0" encoding="UTF-8"?><e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0">`
	propertySetTail = `</e:propertyset>`
)

// render gives the body of a NOTIFY.
func (p *publisher) render(vars []variable) []byte {
	vars = p.quirks.Events.distort(vars)
	var b strings.Builder
	b.WriteString(propertySetHead)
	if p.space != "" {
		vars = []variable{{name: "LastChange", value: lastChange(p.space, vars)}}
	}
	for _, v := range vars {
		fmt.Fprintf(&b, "<e:property><%s>%s</%s></e:property>", v.name, escape(v.value), v.name)
	}
	b.WriteString(propertySetTail)
	return p.quirks.write([]byte(b.String()))
}

func lastChange(space string, vars []variable) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<Event xmlns="%s"><InstanceID val="0">`, space)
	for _, v := range vars {
		channel := ""
		if v.channel != "" {
			channel = fmt.Sprintf(` channel="%s"`, escape(v.channel))
		}
		fmt.Fprintf(&b, `<%s%s val="%s"/>`, v.name, channel, escape(v.value))
	}
	b.WriteString(`</InstanceID></Event>`)
	return b.String()
}
