package raop

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

const (
	maxRTT         = 200 * time.Millisecond // a reply that took longer is too inexact
	clockWindow    = 64                     // samples kept: three minutes at one in 3 s
	maxOutstanding = 4                      // requests without a reply that are kept
	// stepSlack is how far a reply may contradict the earlier ones; beyond that the
	// sender's clock has been set.
	stepSlack = 20 * time.Millisecond
)

// A clock measures by timing replies how the sender's clock runs against ours.
// Both are read only relative to samples: the sender's epoch is arbitrary, and
// our readings are monotonic. The zero clock knows nothing yet.
//
// Playback does not depend on it. It shows the user whether the sender's clock or
// the renderer's is at fault when a delay changes.
type clock struct {
	pending [maxOutstanding]pendingRequest // ring
	next    int                            // place of the next question in asked

	samples [clockWindow]clockSample // ring
	taken   int                      // samples taken since the sender's clock was set last
	drift   drift                    // by the samples
}

// A question is a timing request on its way. Its token comes back in the reply.
type pendingRequest struct {
	token rtp.NTPTime
	at    time.Time
}

// A clockSample says: when ours was local, theirs was remote, give or take
// half of rtt.
type clockSample struct {
	local  time.Time
	remote rtp.NTPTime
	rtt    time.Duration
}

// ask makes the timing request to be sent at now.
func (c *clock) request(now time.Time) rtp.TimingRequest {
	token := rtp.NTPFromTime(now)
	c.pending[c.next] = pendingRequest{token: token, at: now}
	c.next = (c.next + 1) % maxOutstanding
	return rtp.TimingRequest{Transmit: token}
}

// answer takes a reply that arrived at now. It reports whether the reply
// belongs to an open question and is of use: PulseAudio and PipeWire begin
// with one that nobody asked for.
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
	c.learn(clockSample{local: q.at.Add(rtt / 2), remote: reply.Receive, rtt: rtt})
	return true
}

// recall returns the pending request with this token and removes it: a copy of
// the reply is ignored.
func (c *clock) recall(token rtp.NTPTime) (q pendingRequest, open bool) {
	for i := range c.pending {
		if q = c.pending[i]; !q.at.IsZero() && q.token == token {
			c.pending[i] = pendingRequest{}
			return q, true
		}
	}
	return pendingRequest{}, false
}

// learn adds a sample. When it cannot be true together with those before it, the
// sender's clock has been set: they are void.
func (c *clock) learn(s clockSample) {
	if best, found := c.best(s.local); found {
		apart := c.carry(best, s.remote).Sub(s.local).Abs()
		if apart > s.rtt/2+c.uncertainty(best, s.local)+stepSlack {
			c.taken, c.drift = 0, drift{}
		}
	}
	c.samples[c.taken%clockWindow] = s
	c.taken++
	c.drift = measureDrift(c.known())
}

// known are the samples in the window, in no particular order.
func (c *clock) known() []clockSample { return c.samples[:min(c.taken, clockWindow)] }

// carry is our time at the sender's time remote, by a sample that is carried
// along the measured drift.
func (c *clock) carry(s clockSample, remote rtp.NTPTime) time.Time {
	elapsed := remote.Sub(s.remote)
	return s.local.Add(elapsed - scale(elapsed, c.drift.rate))
}

// best is the sample in the window with the least error at now: half its round
// trip and what may have drifted since.
func (c *clock) best(now time.Time) (best clockSample, found bool) {
	for _, s := range c.known() {
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
