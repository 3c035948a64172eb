package resample

import (
	"math"
	"time"
)

const (
	// settleTime is how long a renderer fills its buffers after the start.
	settleTime = 10 * time.Second
	// leastApart is the shortest time between observations of use.
	leastApart = 250 * time.Millisecond
	// longestDelay is more than any renderer holds: a measure beyond is none.
	longestDelay = 10 * time.Minute
	// windowPoints is how many blocks are looked back: half an hour or more.
	windowPoints = 64
	// The delay and its drift are known when their standard errors are less.
	knownDelay = 10e-3 // seconds
	knownSlope = 50e-6 // seconds a second
	// What is less than noticed, or than so many standard errors, is left alone:
	// the sound stays as it is.
	noticedSlope = 10e-6
	slopeErrors  = 4
	noticedDelay = 8e-3
	delayErrors  = 1.2
	// returnTime is the time constant in seconds in which an error of the delay
	// goes. Much shorter, and the noise of the measure could be heard.
	returnTime = 400
	// A step is a block that is off the line by more than stepDelay seconds and
	// by more than stepErrors times the noise, if the next one is too.
	stepDelay  = 50e-3
	stepErrors = 6
	// jumpSlope is more than clocks can be apart: a line so steep has a point
	// from before a jump, or from the middle of one.
	jumpSlope = 5 * MaxPPM * 1e-6 // seconds a second
)

// GovernorOptions of a Governor. The zero value is good.
type GovernorOptions struct {
	Settle time.Duration // what is observed in this time after the first observation is not used; 0: 10 s
}

// GovernorStats is what a Governor knows.
type GovernorStats struct {
	Learned      bool          // Target is known and held
	Target       time.Duration // delay that is held
	Delay        time.Duration // delay without the noise of its measure; zero: not known yet
	PPM          float64       // correction that is wanted
	SkewPPM      float64       // how much faster than the renderer the sound comes, by what was seen last
	Observations uint64        // that were of use
	Steps        uint64        // times that the delay jumped and was learned anew
}

// A Governor finds the correction that keeps the delay of a renderer where it
// was when it had settled.
//
//	settle -> learn -> hold
//	            ^       |
//	            +-------+ the delay jumped: the renderer has buffered again
//
// Observations are averaged over blocks of half a minute or more. From each the
// corrections made so far are taken off, so that what is left is the work of the
// two clocks alone: a straight line. Its slope is corrected, and what the delay
// is off its target besides within some minutes. As corrections do not change
// the line, they cannot make it swing.
//
// It reads no clock. It is not safe for concurrent use.
type Governor struct {
	settle time.Duration

	begin, last time.Time // of the observations; zero: none yet
	ramp        ramp
	block       block
	points      []point
	strayed     bool // the last block was off the line
	engaged     bool // a correction was found to be needed
	learned     bool
	target      float64 // seconds
	stats       GovernorStats
}

// NewGovernor makes a Governor that has seen nothing.
func NewGovernor(opts GovernorOptions) *Governor {
	if opts.Settle == 0 {
		opts.Settle = settleTime
	}
	return &Governor{settle: opts.Settle}
}

// Reset forgets all: for another sound or another renderer.
func (g *Governor) Reset() { *g = Governor{settle: g.settle} }

// PPM is the correction that a Resampler should make.
func (g *Governor) PPM() float64 { return g.ramp.wanted }

// Stats is what the Governor knows after the last observation.
func (g *Governor) Stats() GovernorStats {
	s := g.stats
	s.Learned, s.PPM = g.learned, g.ramp.wanted
	s.Target = inSeconds(g.target)
	return s
}

func inSeconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Observe takes one measure: at a time, how much of our sound the renderer still
// held. It may be off by a constant and be noisy. Where it is made of whole
// seconds, the times should not be whole seconds apart, lest all have the same
// error: 4.618 s is good.
func (g *Governor) Observe(at time.Time, delay time.Duration) {
	if g.begin.IsZero() {
		g.begin, g.last = at, at
	}
	if at.Sub(g.last) < leastApart || delay.Abs() > longestDelay {
		return
	}
	g.ramp.advance(at.Sub(g.last).Seconds())
	g.last = at
	if at.Sub(g.begin) < g.settle {
		return
	}
	g.stats.Observations++
	g.block.add(at.Sub(g.begin).Seconds(), delay.Seconds()-g.ramp.gained)
	if g.block.full() {
		p := g.block.point()
		g.block.clear()
		g.take(p)
	}
}

// take adds a block's point to the line and steers by it.
func (g *Governor) take(p point) {
	if len(g.points) >= linePoints && g.strays(p) {
		if !g.strayed {
			g.strayed = true // it may be the only one
			return
		}
		g.points, g.learned = g.points[:0], false
		g.stats.Steps++
	}
	g.strayed = false
	if len(g.points) == windowPoints {
		g.points = append(g.points[:0], g.points[1:]...)
	}
	g.points = append(g.points, p)
	for len(g.points) >= linePoints && math.Abs(fit(g.points).slope) > jumpSlope {
		g.points = append(g.points[:0], g.points[1:]...)
	}
	if len(g.points) >= linePoints {
		g.steer(fit(g.points))
	}
}

// strays reports whether p is far off the line of the points before it.
func (g *Governor) strays(p point) bool {
	l := fit(g.points)
	likely := math.Hypot(l.noise, l.errorAt(p.at))
	return math.Abs(p.value-l.valueAt(p.at)) > max(stepDelay, stepErrors*likely)
}

// steer sets the correction by the line, when it is known well enough.
func (g *Governor) steer(l line) {
	now := g.last.Sub(g.begin).Seconds()
	delay, deviation := l.valueAt(now)+g.ramp.gained, l.errorAt(now)
	g.stats.Delay, g.stats.SkewPPM = inSeconds(delay), l.slope*1e6
	if l.slopeError() > knownSlope {
		return
	}
	if deviation <= knownDelay && !g.learned {
		g.learned, g.target = true, delay
	}
	off := 0.0 // until there is a target, drift alone is stopped
	if g.learned {
		off = delay - g.target
	}
	g.engaged = g.engaged ||
		math.Abs(l.slope) > max(noticedSlope, slopeErrors*l.slopeError()) ||
		math.Abs(off) > max(noticedDelay, delayErrors*deviation)
	if g.engaged {
		g.ramp.want(-(l.slope + off/returnTime) * 1e6)
	}
}

// A ramp is the correction as a Resampler makes it.
type ramp struct {
	wanted, ppm float64
	gained      float64 // seconds of sound added so far
}

func (r *ramp) want(ppm float64) { r.wanted = min(max(ppm, -MaxPPM), MaxPPM) }

// advance lets seconds pass: the ratio glides to what is wanted and stays there.
func (r *ramp) advance(seconds float64) {
	gliding := min(seconds, math.Abs(r.wanted-r.ppm)/slewPPM)
	before := r.ppm
	r.ppm += math.Copysign(gliding*slewPPM, r.wanted-r.ppm)
	if gliding < seconds {
		r.ppm = r.wanted
	}
	r.gained += ((before+r.ppm)/2*gliding + r.ppm*(seconds-gliding)) * 1e-6
}
