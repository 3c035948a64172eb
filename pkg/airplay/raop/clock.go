package raop

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

const (
	maxRTT          = 200 * time.Millisecond // a reply that took longer says nothing
	clockWindow     = 16                     // samples kept: 48 s at one in 3 s
	maxOutstanding  = 4                      // requests whose reply is waited for
	driftPPM        = 100                    // how fast two clocks are thought to part
	microsPerSecond = 1_000_000
)

// A clock translates the sender's time to ours. Both are read only relative to
// samples: the sender's epoch is arbitrary, and our readings are monotonic.
// The zero clock knows nothing yet.
type clock struct {
	asked [maxOutstanding]question // ring
	next  int                      // place of the next question in asked

	samples [clockWindow]clockSample // ring
	taken   int                      // samples ever taken
}

// A question is a timing request on its way. Its token comes back in the reply.
type question struct {
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
func (c *clock) ask(now time.Time) rtp.TimingRequest {
	token := rtp.NTPFromTime(now)
	c.asked[c.next] = question{token: token, at: now}
	c.next = (c.next + 1) % maxOutstanding
	return rtp.TimingRequest{Transmit: token}
}

// answer takes a reply that arrived at now. It reports whether the reply
// belongs to an open question and is of use: PulseAudio and PipeWire begin
// with one that nobody asked for.
func (c *clock) answer(reply rtp.TimingReply, now time.Time) bool {
	for i := range c.asked {
		q := c.asked[i]
		if q.at.IsZero() || q.token != reply.Origin {
			continue
		}
		c.asked[i] = question{} // a copy of the reply is not taken again
		away, held := now.Sub(q.at), reply.Transmit.Sub(reply.Receive)
		rtt := away - held
		if held < 0 || rtt < 0 || rtt > maxRTT {
			return false
		}
		c.samples[c.taken%clockWindow] = clockSample{
			local:  q.at.Add(rtt / 2),
			remote: reply.Receive,
			rtt:    rtt,
		}
		c.taken++
		return true
	}
	return false
}

// local gives our time at the sender's time remote, and false while no reply
// has come. Of the samples in the window it trusts the one with the least
// error at now: half its round trip, and what may have drifted since.
func (c *clock) local(remote rtp.NTPTime, now time.Time) (time.Time, bool) {
	best, found := c.best(now)
	if !found {
		return time.Time{}, false
	}
	return best.local.Add(remote.Sub(best.remote)), true
}

func (c *clock) best(now time.Time) (best clockSample, found bool) {
	for _, s := range c.samples[:min(c.taken, clockWindow)] {
		if !found || s.uncertainty(now) < best.uncertainty(now) {
			best, found = s, true
		}
	}
	return best, found
}

func (s clockSample) uncertainty(now time.Time) time.Duration {
	return s.rtt/2 + now.Sub(s.local)*driftPPM/microsPerSecond
}
