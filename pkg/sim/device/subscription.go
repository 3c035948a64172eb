package device

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
)

const (
	maxSubscriptionTime = 1800 * time.Second
	notifyTimeout       = 2 * time.Second
	maxNotifyFailures   = 3 // in a row; then the subscriber counts as gone
)

// A subscription is one control point's subscription to a service's events.
type subscription struct {
	sid      string
	callback *url.URL
	timeout  time.Duration
	pending  chan []byte        // bodies of NOTIFY messages in their order
	renewed  chan time.Duration // capacity 1
	ended    chan struct{}      // closed when the publisher drops it
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
// subscriber gone, or the device stopped.
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
		"Content-Type": {ContentType},
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
