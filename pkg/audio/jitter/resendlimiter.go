package jitter

import "time"

const (
	// resendRate is how many packets are requested in a second while packets are being lost:
	// as many as a stream sends in a second at 44.1 kHz. So the answers at most
	// double the load of a network that is full already.
	resendRate = 125
	// resendBurst is how many may be requested at once: a gap of 4 s.
	resendBurst = 512
	// A sender counts as unresponsive after unansweredRequests over at least
	// unansweredTime without an answer. Where every fourth datagram is lost, a sender
	// that does answer is taken for one that does not once in 10^8 times, and only
	// until the next probe.
	unansweredRequests = 24
	unansweredTime     = 2 * time.Second
	// probeInterval is how often an unresponsive sender is still sent a request, for
	// one packet: what blocked the way to it may be gone.
	probeInterval = 10 * time.Second
)

// A resendLimiter bounds the resend requests to a sender. PipeWire 0.3.65, for
// one, never answers, and a network that drops half of its packets is not helped
// by more of them. All times are the caller's.
type resendLimiter struct {
	used       float64   // packets requested, less what resendRate has given back
	updated    time.Time // of used
	unanswered int       // requests since the last answer
	first      time.Time // the first of these
	latest     time.Time // the latest of these
}

// allowance returns how many packets may be requested at now, and whether they
// may include packets that were requested before: first requests have priority.
func (l *resendLimiter) allowance(now time.Time) (packets int, again bool) {
	l.used = max(0, l.used-resendRate*now.Sub(l.updated).Seconds())
	l.updated = now
	if l.unresponsive() {
		if now.Sub(l.latest) < probeInterval {
			return 0, false
		}
		return 1, true
	}
	return int(resendBurst - l.used), l.used <= resendBurst/2
}

// unresponsive reports whether the sender seems to answer no requests.
func (l *resendLimiter) unresponsive() bool {
	return l.unanswered >= unansweredRequests && l.latest.Sub(l.first) >= unansweredTime
}

// requested records a request for so many packets.
func (l *resendLimiter) requested(now time.Time, packets int) {
	if l.unanswered == 0 {
		l.first = now
	}
	l.unanswered++
	l.latest = now
	l.used += float64(packets)
}

// answered records that the sender answered a request.
func (l *resendLimiter) answered() { l.unanswered = 0 }
