package upnp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// NotifyPath is the path under which Subscriptions must be mounted.
const NotifyPath = "/gena/"

const (
	maxNotifyBytes = 256 << 10
	maxSIDBytes    = 256
	// inboxLength is how many events may be queued for OnEvent, including those that
	// arrive before the answer to SUBSCRIBE. If the inbox is full, NOTIFY is answered
	// 503 and the subscription is made again.
	inboxLength = 16
)

// An Event is what a device reports about one service.
type Event struct {
	// Properties are the changed variables by name, as "LastChange".
	Properties map[string]string
	// Lost is not nil when there is no subscription: the device refused it or was
	// not reached. Properties are nil then. Run tries again.
	Lost error
}

// A Subscription is a subscription to the events of one service.
type Subscription struct {
	Service Service
	// CallbackBase is the URL at which the device reaches Subscriptions on this host:
	// "http://192.0.2.7:49200", without a path.
	CallbackBase string
	// Peer is the device; events from other addresses are rejected.
	Peer netip.Addr
	// OnEvent is called in order, from the goroutine of Run.
	OnEvent func(Event)
}

// Subscriptions receives the NOTIFY requests (UDA 1.1 section 4.3) of all
// subscriptions and passes each to its own. It is an http.Handler for NotifyPath. Each
// subscription has its own path, which cannot be guessed.
type Subscriptions struct {
	client *Client
	stats  subscriptionCounters

	mu      sync.Mutex // guards byToken
	byToken map[string]*follower
}

// SubscriptionStats counts the events of Subscriptions since their start.
type SubscriptionStats struct {
	Active   int    // subscriptions that Run keeps
	Notified uint64 // events accepted
	Rejected uint64 // NOTIFY requests answered with an error
	Missed   uint64 // how often a gap in SEQ or a full inbox lost events
}

type subscriptionCounters struct {
	notified, rejected, missed atomic.Uint64
}

// NewSubscriptions makes Subscriptions that subscribe through client.
func NewSubscriptions(client *Client) *Subscriptions {
	return &Subscriptions{client: client, byToken: make(map[string]*follower)}
}

// Stats returns the counts so far.
func (s *Subscriptions) Stats() SubscriptionStats {
	s.mu.Lock()
	active := len(s.byToken)
	s.mu.Unlock()
	return SubscriptionStats{
		Active:   active,
		Notified: s.stats.notified.Load(),
		Rejected: s.stats.rejected.Load(),
		Missed:   s.stats.missed.Load(),
	}
}

// Run subscribes, renews, subscribes again when the subscription is lost, and passes
// the events to OnEvent until ctx ends; then it unsubscribes and returns nil. An error
// means that the service has no events or the callback is wrong.
func (s *Subscriptions) Run(ctx context.Context, sub Subscription) error {
	if sub.Service.Event == nil {
		return fmt.Errorf("upnp: subscribe: %w: %.80q has no event URL", ErrMalformed, sub.Service.Type)
	}
	base, err := netip.ParseAddrPort(strings.TrimPrefix(sub.CallbackBase, "http://"))
	if err != nil || base.Addr().IsUnspecified() {
		return fmt.Errorf("upnp: subscribe: callback base %q is not http://address:port", sub.CallbackBase)
	}
	token := rand.Text() // 130 random bits
	f := &follower{
		Subscription: sub,
		client:       s.client,
		stats:        &s.stats,
		callback:     sub.CallbackBase + NotifyPath + token,
		inbox:        make(chan notification, inboxLength),
	}
	s.add(token, f)
	defer s.remove(token)
	f.run(ctx)
	return nil
}

func (s *Subscriptions) add(token string, f *follower) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byToken[token] = f
}

func (s *Subscriptions) remove(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byToken, token)
}

func (s *Subscriptions) find(token string) *follower {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byToken[token]
}

// ServeHTTP answers one NOTIFY: 200 once the event is queued, 412 where there is no
// such subscription (so that the device ends it), 400 and 413 for a malformed or
// too long body, 503 when the queue is full.
func (s *Subscriptions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := s.notify(w, r)
	if status == http.StatusOK {
		s.stats.notified.Add(1)
	} else {
		s.stats.rejected.Add(1)
	}
	w.WriteHeader(status)
}

func (s *Subscriptions) notify(w http.ResponseWriter, r *http.Request) (status int) {
	if r.Method != "NOTIFY" {
		w.Header().Set("Allow", "NOTIFY")
		return http.StatusMethodNotAllowed
	}
	f := s.find(strings.TrimPrefix(r.URL.Path, NotifyPath))
	if f == nil || !sentBy(r, f.Peer) {
		return http.StatusPreconditionFailed
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotifyBytes))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return http.StatusRequestEntityTooLarge
	case err != nil:
		return http.StatusBadRequest
	}
	properties, err := ParseProperties(body)
	if err != nil {
		return http.StatusBadRequest
	}
	n := notification{sid: r.Header.Get("Sid"), properties: properties}
	n.seq, n.numbered = parseSEQ(r.Header.Get("Seq"))
	return f.accept(n)
}

// sentBy reports whether the request came from peer. An IPv4 address may be
// mapped into IPv6 on either side.
func sentBy(r *http.Request, peer netip.Addr) bool {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && remote.Addr().Unmap() == peer.Unmap()
}

func parseSEQ(s string) (seq uint32, ok bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	return uint32(n), err == nil
}
