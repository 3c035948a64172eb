package speaker

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	maxSubscriptionTime = 1800 * time.Second
	notifyTimeout       = 2 * time.Second
	maxNotifyFailures   = 3 // in a row; then the subscriber counts as gone
)

// A subscription is one control point's wish for a service's events.
type subscription struct {
	sid      string
	callback *url.URL
	timeout  time.Duration
	pending  chan []byte        // bodies of NOTIFY messages in their order
	renewed  chan time.Duration // capacity 1
	ended    chan struct{}      // closed when the publisher drops it
}

// eventing serves SUBSCRIBE and UNSUBSCRIBE of every service (UDA 1.0 section
// 4.1) and owns one goroutine a subscription.
type eventing struct {
	client  *http.Client
	begun   chan delivery
	stopped chan struct{} // closed when Run is over
}

// A delivery is a subscription whose SUBSCRIBE has been answered.
type delivery struct {
	from *publisher
	to   *subscription
}

func newEventing(local netip.Addr) *eventing {
	return &eventing{
		client: &http.Client{
			Transport:     &http.Transport{DialContext: dialFrom(local, 0), DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Timeout:       notifyTimeout,
		},
		begun:   make(chan delivery),
		stopped: make(chan struct{}),
	}
}

func (e *eventing) Run(ctx context.Context) error {
	defer close(e.stopped)
	var g errgroup.Group
	for {
		select {
		case <-ctx.Done():
			return g.Wait()
		case d := <-e.begun:
			g.Go(func() error {
				defer d.from.remove(d.to)
				d.to.deliver(ctx, e.client)
				return nil
			})
		}
	}
}

func (e *eventing) serveSubscribe(p *publisher) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("SID") != "" {
			renew(w, r, p)
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
		answerSubscribe(w, s.sid, s.timeout)
		select {
		case e.begun <- delivery{p, s}:
		case <-e.stopped:
			p.remove(s)
		}
	}
}

func serveUnsubscribe(p *publisher) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, ok := p.find(r.Header.Get("SID"))
		if !ok {
			http.Error(w, "unknown SID", http.StatusPreconditionFailed)
			return
		}
		p.remove(s)
	}
}

func renew(w http.ResponseWriter, r *http.Request, p *publisher) {
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
	answerSubscribe(w, s.sid, timeout)
}

// answerSubscribe answers at once, so that the answer goes before the initial
// event.
func answerSubscribe(w http.ResponseWriter, sid string, timeout time.Duration) {
	h := w.Header()
	h["SID"] = []string{sid}
	h["TIMEOUT"] = []string{fmt.Sprintf("Second-%d", int(timeout.Seconds()))}
	h.Set("Server", serverName)
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	// A subscriber that is gone is found out by its first event.
	_ = http.NewResponseController(w).Flush()
}

func newSubscription(r *http.Request) (*subscription, error) {
	if nt := r.Header.Get("NT"); nt != "upnp:event" {
		return nil, fmt.Errorf("NT %q is not upnp:event", nt)
	}
	callback, err := parseCallback(r.Header.Get("CALLBACK"), r.RemoteAddr)
	if err != nil {
		return nil, err
	}
	return &subscription{
		sid:      "uuid:" + strings.ToLower(rand.Text()),
		callback: callback,
		timeout:  parseTimeout(r.Header.Get("TIMEOUT")),
		pending:  make(chan []byte, maxPending),
		renewed:  make(chan time.Duration, 1),
		ended:    make(chan struct{}),
	}, nil
}

// parseCallback reads the first URL of "<http://10.0.0.9:80/a><http://...>". It
// must lead back to the subscriber, or anybody could aim our events at anybody
// (CVE-2020-12695).
func parseCallback(header, remote string) (*url.URL, error) {
	rest, opened := strings.CutPrefix(strings.TrimSpace(header), "<")
	text, _, closed := strings.Cut(rest, ">")
	u, err := url.Parse(text)
	if !opened || !closed || err != nil || u.Scheme != "http" {
		return nil, fmt.Errorf("CALLBACK %q is not <http://...>", header)
	}
	host, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return nil, fmt.Errorf("CALLBACK %q names no address", header)
	}
	peer, err := netip.ParseAddrPort(remote)
	if err != nil || peer.Addr().Unmap() != host.Unmap() {
		return nil, errors.New("CALLBACK leads to another host than the subscriber")
	}
	return u, nil
}

// parseTimeout reads "Second-300"; anything else asks for the longest.
func parseTimeout(header string) time.Duration {
	text, ok := strings.CutPrefix(strings.ToLower(header), "second-")
	seconds, err := strconv.Atoi(text)
	if !ok || err != nil || seconds < 1 || seconds > int(maxSubscriptionTime.Seconds()) {
		return maxSubscriptionTime
	}
	return time.Duration(seconds) * time.Second
}

// deliver sends events until the subscription ends: cancelled, expired, its
// subscriber gone, or the speaker stopped.
func (s *subscription) deliver(ctx context.Context, client *http.Client) {
	expiry := time.NewTimer(s.timeout)
	defer expiry.Stop()
	failures := 0
	for seq := uint32(0); failures < maxNotifyFailures; {
		select {
		case <-ctx.Done():
			return
		case <-s.ended:
			return
		case <-expiry.C:
			return
		case timeout := <-s.renewed:
			expiry.Reset(timeout)
		case body := <-s.pending:
			failures++
			if s.notify(ctx, client, seq, body) == nil {
				failures = 0
			}
			seq = max(1, seq+1) // 0 is the initial event's alone, also after a wrap
		}
	}
}

func (s *subscription) notify(ctx context.Context, client *http.Client, seq uint32, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, "NOTIFY", s.callback.String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("gena: notify: %w", err)
	}
	req.Header = http.Header{
		"Content-Type": {`text/xml; charset="utf-8"`},
		"NT":           {"upnp:event"},
		"NTS":          {"upnp:propchange"},
		"SID":          {s.sid},
		"SEQ":          {strconv.FormatUint(uint64(seq), 10)},
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("gena: notify: %w", err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("gena: notify: status %s", resp.Status)
	}
	return nil
}
