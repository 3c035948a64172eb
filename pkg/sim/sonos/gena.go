package sonos

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// subscriptionTime is what a subscriber is granted, whatever it asks for.
	subscriptionTime = 30 * time.Minute
	notifyTimeout    = 2 * time.Second
	maxPending       = 32 // events not yet delivered; a subscriber loses its subscription beyond
	maxSubscriptions = 16
)

// A variable is an evented state variable at one moment.
type variable struct{ name, value string }

// A subscription is one control point's wish for the topology's events. Its
// callback is not checked: this player is for tests.
type subscription struct {
	sid      string
	callback string
	pending  chan []byte // bodies of NOTIFY messages in their order
	ended    chan struct{}
}

// A publisher tells the subscribers of one player (UDA 1.0 section 4).
type publisher struct {
	client *http.Client
	begunC chan *subscription
	doneC  chan struct{} // closed when run is over

	mu   sync.Mutex // guards subs
	subs map[string]*subscription
}

func newPublisher(local netip.Addr) *publisher {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: local.AsSlice()}}
	return &publisher{
		client: &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}, Timeout: notifyTimeout},
		begunC: make(chan *subscription),
		doneC:  make(chan struct{}),
		subs:   make(map[string]*subscription),
	}
}

// run owns the goroutines that deliver.
func (p *publisher) run(ctx context.Context) error {
	defer close(p.doneC)
	var group errgroup.Group
	for {
		select {
		case <-ctx.Done():
			return group.Wait()
		case s := <-p.begunC:
			group.Go(func() error {
				p.deliver(ctx, s)
				return nil
			})
		}
	}
}

// deliver sends events until the subscription ends or its subscriber is gone.
func (p *publisher) deliver(ctx context.Context, s *subscription) {
	defer p.remove(s.sid)
	expiry := time.NewTimer(subscriptionTime)
	defer expiry.Stop()
	for seq := 0; ; seq++ {
		select {
		case <-ctx.Done():
			return
		case <-s.ended:
			return
		case <-expiry.C:
			return
		case body := <-s.pending:
			if p.notify(ctx, s, seq, body) != nil {
				return
			}
		}
	}
}

func (p *publisher) notify(ctx context.Context, s *subscription, seq int, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, "NOTIFY", s.callback, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("gena: %w", err)
	}
	req.Header = http.Header{
		"CONTENT-TYPE": {contentType}, "NT": {"upnp:event"}, "NTS": {"upnp:propchange"},
		"SID": {s.sid}, "SEQ": {strconv.Itoa(seq)},
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return fmt.Errorf("gena: %w", err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New("gena: status " + resp.Status)
	}
	return nil
}

// serveSubscribe answers SUBSCRIBE, new or for a renewal. The initial event
// tells all variables.
func (p *Player) serveSubscribe(w http.ResponseWriter, r *http.Request) {
	e := p.events
	if sid := r.Header.Get("SID"); sid != "" {
		if !e.has(sid) {
			http.Error(w, "unknown SID", http.StatusPreconditionFailed)
			return
		}
		granted(w, sid)
		return
	}
	callback := strings.Trim(r.Header.Get("CALLBACK"), "<> ")
	if callback == "" || r.Header.Get("NT") != "upnp:event" {
		http.Error(w, "neither SID nor CALLBACK and NT", http.StatusPreconditionFailed)
		return
	}
	s := &subscription{
		sid: "uuid:" + p.uuid + "_sub" + rand.Text(), callback: callback,
		pending: make(chan []byte, maxPending), ended: make(chan struct{}),
	}
	if !e.add(s, p.household.variables()) {
		http.Error(w, "too many subscriptions", http.StatusServiceUnavailable)
		return
	}
	granted(w, s.sid)
	select {
	case e.begunC <- s:
	case <-e.doneC:
	}
}

func granted(w http.ResponseWriter, sid string) {
	h := w.Header()
	h["SID"] = []string{sid}
	h["TIMEOUT"] = []string{fmt.Sprintf("Second-%d", int(subscriptionTime.Seconds()))}
	h.Set("Server", serverName)
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush() // a subscriber that is gone is found out by its first event
}

func (p *publisher) serveUnsubscribe(w http.ResponseWriter, r *http.Request) {
	if sid := r.Header.Get("SID"); !p.has(sid) {
		http.Error(w, "unknown SID", http.StatusPreconditionFailed)
	} else {
		p.remove(sid)
	}
}

func (p *publisher) add(s *subscription, vars []variable) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.subs) >= maxSubscriptions {
		return false
	}
	s.pending <- render(vars)
	p.subs[s.sid] = s
	return true
}

func (p *publisher) has(sid string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.subs[sid] != nil
}

func (p *publisher) remove(sid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.removeLocked(sid)
}

func (p *publisher) removeLocked(sid string) {
	if s := p.subs[sid]; s != nil {
		delete(p.subs, sid)
		close(s.ended)
	}
}

// publish queues an event for everybody.
func (p *publisher) publish(vars []variable) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body := render(vars)
	for sid, s := range p.subs {
		select {
		case s.pending <- body:
		default:
			p.removeLocked(sid)
		}
	}
}

// Subscribers is how many follow the topology through the player.
func (p *Player) Subscribers() int {
	p.events.mu.Lock()
	defer p.events.mu.Unlock()
	return len(p.events.subs)
}

// render gives the body of a NOTIFY.
func render(vars []variable) []byte {
	var b bytes.Buffer
	b.WriteString(`<e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0">`)
	for _, v := range vars {
		fmt.Fprintf(&b, "<e:property><%s>%s</%s></e:property>", v.name, escape(v.value), v.name)
	}
	b.WriteString(`</e:propertyset>`)
	return b.Bytes()
}
