package player

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

// staleAfter is how long the sound that a renderer holds is known by the last measure.
const staleAfter = 30 * time.Second

// A Clock is what is known of a renderer's clock. It is measured by the position that
// the renderer reports.
type Clock struct {
	Followed bool // the sound is to follow it; else the rest is zero
	resample.GovernorStats
}

// A clock follows a renderer's clock during one stream, by the position that the
// renderer reports.
type clock struct {
	governor     *resample.Governor
	edgeDetected bool   // the moment in which the renderer advances by a second is found and used
	overruns     uint64 // of the stream, at the last check
}

func newClock() *clock { return &clock{governor: resample.NewGovernor()} }

// position measures how much sound the renderer holds: what was due by then less
// what it says to have played. It may turn out that its position advances by another
// clock than that of its sound: then what was measured so far is void.
func (c *clock) position(due time.Duration, e renderer.Position) {
	if c.edgeDetected && !e.EdgeDetected {
		c.governor.Reset()
	}
	c.edgeDetected = e.EdgeDetected
	c.governor.Observe(resample.Measure{At: e.At, Delay: due - e.Rel, Uncertainty: e.Uncertainty})
}

// overran forgets what was measured when the stream skipped sound that the renderer
// did not fetch in time: how much is not known.
func (c *clock) overran(overruns uint64) {
	if overruns == c.overruns {
		return
	}
	c.overruns = overruns
	c.governor.Forget()
}

// buffered is how much sound the renderer has to play, by its own count; 0: that is
// not known.
func (c *clock) buffered(now time.Time) time.Duration {
	s := c.governor.Stats()
	if !s.Learned || now.Sub(s.Latest.At) > staleAfter {
		return 0
	}
	return min(s.Delay, s.Latest.Delay-s.Latest.Uncertainty/2)
}

// snapshot is what is known of the clock, for status and log.
func (c *clock) snapshot() Clock {
	return Clock{Followed: true, GovernorStats: c.governor.Stats()}
}
