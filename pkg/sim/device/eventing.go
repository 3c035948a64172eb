package device

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"
)

// An Eventing serves SUBSCRIBE and UNSUBSCRIBE of every service of a device (UDA
// 1.0 section 4.1) and owns one goroutine a subscription.
type Eventing struct {
	server string // as the device calls itself
	client *http.Client
	begunC chan delivery
	doneC  chan struct{} // closed when Run is over
}

// A delivery is a subscription whose SUBSCRIBE has been answered.
type delivery struct {
	from *Publisher
	to   *subscription
}

// NewEventing makes the eventing of a device that calls itself server and sends
// its events from local, by which others know it.
func NewEventing(local netip.Addr, server string) *Eventing {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: local.AsSlice()}}
	return &Eventing{
		server: server,
		client: &http.Client{
			Transport:     &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Timeout:       notifyTimeout,
		},
		begunC: make(chan delivery),
		doneC:  make(chan struct{}),
	}
}

// Handle serves the event URL of p's service.
func (e *Eventing) Handle(mux *http.ServeMux, path string, p *Publisher) {
	mux.HandleFunc("SUBSCRIBE "+path, func(w http.ResponseWriter, r *http.Request) { e.subscribe(w, r, p) })
	mux.HandleFunc("UNSUBSCRIBE "+path, func(w http.ResponseWriter, r *http.Request) { unsubscribe(w, r, p) })
}

// Run delivers until ctx ends, and then returns nil.
func (e *Eventing) Run(ctx context.Context) error {
	defer close(e.doneC)
	var g errgroup.Group
	for {
		select {
		case <-ctx.Done():
			return g.Wait()
		case d := <-e.begunC:
			g.Go(func() error {
				defer d.from.remove(d.to)
				d.to.deliver(ctx, e.client)
				return nil
			})
		}
	}
}

func (e *Eventing) subscribe(w http.ResponseWriter, r *http.Request, p *Publisher) {
	if r.Header.Get("SID") != "" {
		e.renew(w, r, p)
		return
	}
	s, err := newSubscription(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusPreconditionFailed)
		return
	}
	if !p.add(s) {
		http.Error(w, "too many subscriptions", http.StatusServiceUnavailable)
		return
	}
	e.grant(w, s.sid, s.timeout)
	select {
	case e.begunC <- delivery{p, s}:
	case <-e.doneC:
		p.remove(s)
	}
}

func unsubscribe(w http.ResponseWriter, r *http.Request, p *Publisher) {
	s, ok := p.find(r.Header.Get("SID"))
	if !ok {
		http.Error(w, "unknown SID", http.StatusPreconditionFailed)
		return
	}
	p.remove(s)
}

func (e *Eventing) renew(w http.ResponseWriter, r *http.Request, p *Publisher) {
	if r.Header.Get("NT") != "" || r.Header.Get("CALLBACK") != "" {
		http.Error(w, "SID goes with neither NT nor CALLBACK", http.StatusBadRequest)
		return
	}
	s, ok := p.find(r.Header.Get("SID"))
	if !ok {
		http.Error(w, "unknown SID", http.StatusPreconditionFailed)
		return
	}
	timeout := parseTimeout(r.Header.Get("TIMEOUT"))
	select {
	case s.renewed <- timeout:
	default: // an earlier renewal has not been looked at yet
	}
	e.grant(w, s.sid, timeout)
}

// grant answers at once, so that the answer goes before the initial event.
func (e *Eventing) grant(w http.ResponseWriter, sid string, timeout time.Duration) {
	h := w.Header()
	h["SID"] = []string{sid}
	h["TIMEOUT"] = []string{fmt.Sprintf("Second-%d", int(timeout.Seconds()))}
	h.Set("Server", e.server)
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	// A subscriber that is gone is found out by its first event.
	_ = http.NewResponseController(w).Flush()
}
