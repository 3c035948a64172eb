package raop

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

const (
	maxRTT         = 200 * time.Millisecond // a reply that took longer is too inexact
	clockWindow    = 64                     // samples kept: three minutes at one in 3 s
	maxOutstanding = 4                      // requests without a reply that are kept
	// stepSlack is how far a reply may contradict the earlier ones; if it is further
	// off, the sender's clock has been set.
	stepSlack = 20 * time.Millisecond
)

// A clock compares the sender's clock with ours by timing replies. Readings of both
// are used only as differences between samples: the sender's epoch is arbitrary, and
// our readings are monotonic. The zero clock has no samples yet.
//
// Playback does not depend on it. It shows the user whether the sender's clock or
// the renderer's is the cause when a delay changes.
type clock struct {
	pending [maxOutstanding]pendingRequest // ring
	next    int                            // index in pending of the next request

	samples [clockWindow]clockSample // ring
	taken   int                      // samples taken since the sender's clock was last set
	drift   drift                    // measured from the samples
}

// A pendingRequest is a timing request without a reply yet. The reply repeats its
// token.
type pendingRequest struct {
	token rtp.NTPTime
	at    time.Time
}

// A clockSample is one comparison: the sender's clock showed remote when ours showed
// local, with an error of at most half of rtt.
type clockSample struct {
	local  time.Time
	remote rtp.NTPTime
	rtt    time.Duration
}

// request makes the timing request to be sent at now.
func (c *clock) request(now time.Time) rtp.TimingRequest {
	token := rtp.NTPFromTime(now)
	c.pending[c.next] = pendingRequest{token: token, at: now}
	c.next = (c.next + 1) % maxOutstanding
	return rtp.TimingRequest{Transmit: token}
}

// reply handles a reply that arrived at now. It reports whether the reply belongs
// to a pending request and was used: PulseAudio and PipeWire begin with a reply that
// was not requested.
func (c *clock) reply(reply rtp.TimingReply, now time.Time) bool {
	q, open := c.recall(reply.Origin)
	if !open {
		return false
	}
	away, held := now.Sub(q.at), reply.Transmit.Sub(reply.Receive)
	rtt := away - held
	if held < 0 || rtt < 0 || rtt > maxRTT {
		return false
	}
	c.addSample(clockSample{local: q.at.Add(rtt / 2), remote: reply.Receive, rtt: rtt})
	return true
}

// recall returns the pending request with this token and removes it, so that a
// second copy of the reply is ignored.
func (c *clock) recall(token rtp.NTPTime) (q pendingRequest, open bool) {
	for i := range c.pending {
		if q = c.pending[i]; !q.at.IsZero() && q.token == token {
			c.pending[i] = pendingRequest{}
			return q, true
		}
	}
	return pendingRequest{}, false
}

// addSample adds a sample. If it contradicts the earlier ones, the sender's clock has
// been set, and they are discarded.
func (c *clock) addSample(s clockSample) {
	if best, found := c.best(s.local); found {
		apart := c.carry(best, s.remote).Sub(s.local).Abs()
		if apart > s.rtt/2+c.uncertainty(best, s.local)+stepSlack {
			c.taken, c.drift = 0, drift{}
		}
	}
	c.samples[c.taken%clockWindow] = s
	c.taken++
	c.drift = measureDrift(c.window())
}

// window is the samples taken last, in no particular order.
func (c *clock) window() []clockSample { return c.samples[:min(c.taken, clockWindow)] }

// carry is our time at the sender's time remote, extrapolated from a sample with the
// measured drift.
func (c *clock) carry(s clockSample, remote rtp.NTPTime) time.Time {
	elapsed := remote.Sub(s.remote)
	return s.local.Add(elapsed - scale(elapsed, c.drift.rate))
}

// best is the sample in the window with the least possible error at now: half its
// round trip plus the drift since then.
func (c *clock) best(now time.Time) (best clockSample, found bool) {
	for _, s := range c.window() {
		if !found || c.uncertainty(s, now) < c.uncertainty(best, now) {
			best, found = s, true
		}
	}
	return best, found
}

// uncertainty is the error that s may have at now.
func (c *clock) uncertainty(s clockSample, now time.Time) time.Duration {
	return s.rtt/2 + scale(now.Sub(s.local).Abs(), c.drift.doubt)
}
