package resample

import (
	"math"
	"time"
)

const (
	// maxDelay is more than any renderer holds: a measure beyond it is ignored.
	maxDelay = 10 * time.Minute
	// targetMaxError is the standard error in seconds below which the delay at the
	// beginning of the line is taken as the target.
	targetMaxError = 10e-3
	// Nothing is corrected before the slope is at least minSlope, is minSlopeErrors
	// times its standard error, has moved the delay by minOffset and is seen in
	// minPointsToCorrect points: until then the sound is passed on as it is.
	minSlope           = 10e-6 // seconds a second
	minSlopeErrors     = 4.2
	minOffset          = 8e-3 // seconds
	minOffsetErrors    = 4
	minPointsToCorrect = 5
	// An offset from the target is returned with a time constant between
	// shortestReturn and longestReturn seconds: the shortest one with which the
	// offset's noise moves the correction by no more than returnNoise. It is never
	// returned faster than fastestReturn.
	shortestReturn = 120
	longestReturn  = 600
	returnNoise    = 8e-6 // seconds a second
	fastestReturn  = 60e-6
	// wander is how far two clocks may come apart in a time in which they were not
	// measured, as one standard error.
	wander = 15e-6 // seconds a second
)

// GovernorStats is what a Governor knows.
type GovernorStats struct {
	Measured     bool          // there were enough measures for a line
	Learned      bool          // Target is known and held
	Target       time.Duration // delay that is held
	Delay        time.Duration // delay without the noise of its measures; zero: not known yet
	PPM          float64       // correction that is wanted
	SkewPPM      float64       // how much faster than the renderer plays the sound comes, by the latest estimate
	ErrorPPM     float64       // standard error of SkewPPM
	Latest       Measure       // zero while not Measured
	Observations uint64        // measures that were used
	Steps        uint64        // times that the delay jumped and was learned anew
}

// A Governor finds the correction that keeps the delay of a renderer where it
// was when it had settled.
//
//	settle -> learn -> hold
//	            ^       |
//	            +-------+ the delay jumped: the renderer has buffered again
//
// Measures are averaged over blocks of some seconds. The corrections made so far
// are subtracted from each, so that what is left is the work of the two clocks
// alone: a straight line. Its slope is corrected once it is significant, and the
// delay is brought back to its target within some minutes. As corrections do not
// change the line, they cannot make it oscillate.
//
// It reads no clock. It is not safe for concurrent use.
type Governor struct {
	begin, last time.Time // of the measures; zero: none yet
	ramp        ramp
	estimator   estimator
	inUse       bool  // the estimator's line is what is corrected by
	engaged     bool  // a correction was found to be needed
	prior       slope // by lines that were dropped
	learned     bool
	target      float64 // seconds
	targetError float64 // standard error of target
	stats       GovernorStats
}

// A slope is in seconds a second, with its standard error, which is 0 where
// nothing is known.
type slope struct{ value, deviation float64 }

// and is the mean of two slopes, each weighted by its variance.
func (s slope) and(other slope) slope {
	if s.deviation == 0 {
		return other
	}
	w, o := 1/(s.deviation*s.deviation), 1/(other.deviation*other.deviation)
	return slope{(s.value*w + other.value*o) / (w + o), math.Sqrt(1 / (w + o))}
}

// NewGovernor makes a Governor that has measured nothing.
func NewGovernor() *Governor { return &Governor{} }

// PPM is the correction that a Resampler should make.
func (g *Governor) PPM() float64 { return g.ramp.wanted }

// Stats is what the Governor knows after the last measure.
func (g *Governor) Stats() GovernorStats {
	s := g.stats
	s.Measured, s.Learned, s.PPM = g.inUse, g.learned, g.ramp.wanted
	s.Target = seconds(g.target)
	if g.inUse {
		s.Latest = g.estimator.latest
	}
	return s
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Observe takes a measure.
func (g *Governor) Observe(m Measure) {
	if m.Delay.Abs() > maxDelay {
		return
	}
	if g.begin.IsZero() {
		g.begin, g.last = m.At, m.At
	}
	if ahead := m.At.Sub(g.last); ahead > 0 {
		g.ramp.advance(ahead.Seconds())
		g.last = m.At
	}
	at, gained := m.At.Sub(g.begin).Seconds(), g.gainedAt(m.At)
	if !g.estimator.accepts(at) {
		return
	}
	g.estimator.latest = m
	g.stats.Observations++
	before, steps := g.estimator.line, g.estimator.steps
	changed := g.estimator.observe(observation{at: at, value: m.Delay.Seconds() - gained, deviation: deviationOf(m.Uncertainty)}, gained)
	if g.inUse {
		g.stats.Steps += g.estimator.steps - steps
		if g.estimator.steps != steps || !g.estimator.hasLine() {
			g.dropLine(before)
		}
	}
	if changed {
		g.inUse = true
		g.steer()
	}
}

// dropLine goes on without a line: the slope that it showed is corrected further,
// and the delay stays where it is until it is learned anew.
func (g *Governor) dropLine(l line) {
	g.inUse, g.learned = false, false
	g.prior = g.prior.and(slope{l.slope, l.slopeError()})
	g.prior.deviation = math.Hypot(g.prior.deviation, wander)
	if g.engaged {
		g.ramp.want(-g.prior.value * 1e6)
	}
}

// Forget drops what was measured, since the delay has changed in an unknown way.
// The difference of the clocks stays known.
func (g *Governor) Forget() {
	if g.inUse {
		g.dropLine(g.estimator.line)
	}
	g.estimator = estimator{}
}

// Reset goes on as if nothing had been measured: the measures were less exact than
// they claimed to be, as of a renderer whose position advances by another clock than
// that of its sound. What was corrected by them is corrected no longer.
func (g *Governor) Reset() {
	g.inUse, g.learned, g.engaged, g.prior = false, false, false, slope{}
	g.ramp.want(0)
	g.estimator = estimator{}
}

// gainedAt is what corrections had added to the delay at a time that is some
// seconds ago at most.
func (g *Governor) gainedAt(at time.Time) float64 {
	return g.ramp.gained - g.ramp.ppm*1e-6*g.last.Sub(at).Seconds()
}

// steer sets the correction by the line, once it is known well enough.
func (g *Governor) steer() {
	e, now := &g.estimator, g.last.Sub(g.begin).Seconds()
	l := e.line
	skew := g.prior.and(slope{l.slope, l.slopeError()})
	delay, deviation := l.valueAt(now)+g.gainedAt(g.last), l.errorAt(now)
	g.stats.Delay, g.stats.SkewPPM, g.stats.ErrorPPM = seconds(delay), skew.value*1e6, skew.deviation*1e6
	if originError := l.errorAt(e.origin.at); !g.learned && l.n >= minPointsToCorrect && originError <= targetMaxError {
		g.learned, g.target, g.targetError = true, l.valueAt(e.origin.at)+e.origin.gained, originError
	}
	offset := 0.0 // without a target only the slope is corrected
	if g.learned {
		offset = delay - g.target
	}
	moved := math.Abs(offset) > max(minOffset, minOffsetErrors*math.Hypot(deviation, g.targetError))
	g.engaged = g.engaged || moved || drifts(l, e.span())
	if g.engaged {
		g.ramp.want(-(skew.value + returnRate(offset, deviation)) * 1e6)
	}
}

// returnRate is how fast an offset from the target is returned, in seconds a second.
func returnRate(offset, deviation float64) float64 {
	timeConstant := min(max(deviation/returnNoise, shortestReturn), longestReturn)
	return min(max(offset/timeConstant, -fastestReturn), fastestReturn)
}

// drifts reports whether a line that is span seconds long shows that the clocks
// differ.
func drifts(l line, span float64) bool {
	steep := math.Abs(l.slope)
	return l.n >= minPointsToCorrect && steep*span > minOffset && steep > max(minSlope, minSlopeErrors*l.slopeError())
}
