package upnp

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// HEOS devices refuse more than 9 minutes.
	askedTimeout = 300 * time.Second
	// A granted timeout is limited to these bounds: a shorter one would cost too many
	// requests, a longer one would hide that a device is gone.
	minGranted = 10 * time.Second
	maxGranted = 30 * time.Minute

	subscribeTimeout   = 5 * time.Second
	unsubscribeTimeout = time.Second

	firstRetry = 5 * time.Second
	lastRetry  = 5 * time.Minute
	// gapPause is the least time between two new subscriptions because of missed events:
	// some devices never increment SEQ.
	gapPause = time.Minute
)

// A notification is one accepted NOTIFY.
type notification struct {
	sid        string
	seq        uint32
	numbered   bool // it had a SEQ
	properties map[string]string
}

// A follower keeps one Subscription. run is its only goroutine; accept is
// called by the HTTP server.
type follower struct {
	Subscription
	client   *Client
	stats    *subscriptionCounters
	callback string
	inbox    chan notification
	lastGap  time.Time // when a gap last led to a new subscription

	mu       sync.Mutex // guards sid and overflow
	sid      string     // "" while there is no subscription: then events of any SID are queued
	overflow bool       // the inbox was full
}

// accept queues n and returns the HTTP status that answers it.
func (f *follower) accept(n notification) (status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n.sid == "" || len(n.sid) > maxSIDBytes || f.sid != "" && n.sid != f.sid {
		return http.StatusPreconditionFailed
	}
	select {
	case f.inbox <- n:
		return http.StatusOK
	default:
		f.overflow = true
		return http.StatusServiceUnavailable
	}
}

func (f *follower) setSID(sid string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sid = sid
}

func (f *follower) takeOverflow() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	was := f.overflow
	f.overflow = false
	return was
}

// run keeps one subscription after another until ctx ends.
func (f *follower) run(ctx context.Context) {
	retry := firstRetry
	for ctx.Err() == nil {
		f.drain()
		sid, granted, err := f.subscribe(ctx)
		if ctx.Err() == nil && err != nil {
			f.OnEvent(Event{Lost: err})
			pause(ctx, retry)
			retry = min(2*retry, lastRetry)
			continue
		}
		if err != nil {
			return
		}
		retry = firstRetry
		f.hold(ctx, sid, granted)
		f.setSID("")
	}
}

// drain drops the events of a subscription that has ended.
func (f *follower) drain() {
	for len(f.inbox) > 0 {
		<-f.inbox
	}
	f.takeOverflow()
}

// hold delivers the events of sid and renews it. It returns when ctx ends, when an
// event was missed, or when the device refuses to renew; then the caller subscribes
// again.
func (f *follower) hold(ctx context.Context, sid string, granted time.Duration) {
	f.setSID(sid)
	renewal := time.NewTimer(renewAfter(granted))
	defer renewal.Stop()
	var next uint32 // the SEQ that is expected
	for {
		select {
		case <-ctx.Done():
			f.unsubscribe(ctx, sid)
			return
		case n := <-f.inbox:
			if n.sid != sid {
				continue // of the previous subscription
			}
			missed := f.takeOverflow() || n.numbered && n.seq != next
			next = seqAfter(n.seq)
			f.OnEvent(Event{Properties: n.properties})
			if missed && f.gapDue() {
				f.unsubscribe(ctx, sid)
				return
			}
		case <-renewal.C:
			granted, err := f.renew(ctx, sid)
			if err != nil && ctx.Err() == nil {
				return
			}
			renewal.Reset(renewAfter(granted))
		}
	}
}

// gapDue counts missed events and reports whether it is time for a new subscription.
func (f *follower) gapDue() bool {
	f.stats.missed.Add(1)
	if !f.lastGap.IsZero() && time.Since(f.lastGap) < gapPause {
		return false
	}
	f.lastGap = time.Now()
	return true
}

// seqAfter is the event key that follows: it wraps to 1, since 0 belongs to
// the first event alone (UDA 1.1 section 4.3.2).
func seqAfter(seq uint32) uint32 {
	return max(seq+1, 1)
}

// renewAfter leaves time for a second try before the device ends the subscription.
func renewAfter(granted time.Duration) time.Duration {
	return granted * 7 / 10
}

// subscribe requests a new subscription.
func (f *follower) subscribe(ctx context.Context) (sid string, granted time.Duration, err error) {
	answer, err := f.request(ctx, "SUBSCRIBE", subscribeTimeout, http.Header{
		"CALLBACK": {"<" + f.callback + ">"},
		"NT":       {"upnp:event"},
		"TIMEOUT":  {askedTimeoutHeader()},
	})
	if err != nil {
		return "", 0, err
	}
	sid = strings.TrimSpace(answer.Get("Sid"))
	if sid == "" || len(sid) > maxSIDBytes {
		return "", 0, fmt.Errorf("upnp: SUBSCRIBE: %w: SID of %d bytes", ErrMalformed, len(sid))
	}
	return sid, parseTimeout(answer.Get("Timeout")), nil
}

func (f *follower) renew(ctx context.Context, sid string) (granted time.Duration, err error) {
	answer, err := f.request(ctx, "SUBSCRIBE", subscribeTimeout, http.Header{
		"SID":     {sid},
		"TIMEOUT": {askedTimeoutHeader()},
	})
	if err != nil {
		return 0, err
	}
	return parseTimeout(answer.Get("Timeout")), nil
}

// unsubscribe also works after ctx has ended. Its answer does not matter: if the device
// does not accept it, the subscription expires.
func (f *follower) unsubscribe(ctx context.Context, sid string) {
	_, _ = f.request(context.WithoutCancel(ctx), "UNSUBSCRIBE", unsubscribeTimeout, http.Header{"SID": {sid}})
}

func (f *follower) request(ctx context.Context, method string, timeout time.Duration, header http.Header) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answer, _, err := f.client.exchange(ctx, request{method: method, url: f.Service.Event, header: header, limit: maxHeaderBytes})
	if err != nil {
		return nil, fmt.Errorf("upnp: %s: %w", method, err)
	}
	return answer, nil
}

func askedTimeoutHeader() string {
	return "Second-" + strconv.Itoa(int(askedTimeout/time.Second))
}

// parseTimeout reads the TIMEOUT of an answer: "Second-300" in any case. If it is
// missing, malformed or "infinite", the requested timeout is used.
func parseTimeout(s string) time.Duration {
	s = strings.ToLower(strings.TrimSpace(s))
	seconds, err := strconv.ParseUint(strings.TrimPrefix(s, "second-"), 10, 31)
	if err != nil {
		return askedTimeout
	}
	return min(max(time.Duration(seconds)*time.Second, minGranted), maxGranted)
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
