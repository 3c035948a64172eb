package resample

import (
	"math"
	"time"
)

const (
	// settleTime is how long a renderer fills its buffers after the start: what a
	// gauge measures so soon after its first is not used.
	settleTime = 5 * time.Second
	// leastApart is the shortest time between observations of use.
	leastApart = 250 * time.Millisecond
	// longestDelay is more than any renderer holds: a measure beyond is none.
	longestDelay = 10 * time.Minute
	// knownDelay is the standard error in seconds with which the delay is known.
	knownDelay = 10e-3
	// What is less than noticed, or than so many standard errors, or seen in fewer
	// points, is left alone: the sound stays as it is.
	noticedSlope  = 10e-6 // seconds a second
	slopeErrors   = 4.2
	noticedDelay  = 8e-3 // seconds
	delayErrors   = 4
	noticedPoints = 5
	// An error of the delay goes with a time constant between shortestReturn and
	// longestReturn seconds: as fast as its noise is no more than quietReturn, and
	// no faster than fastestReturn.
	shortestReturn = 120
	longestReturn  = 600
	quietReturn    = 8e-6 // seconds a second
	fastestReturn  = 60e-6
	// betterGauge is how much more exact another gauge must be to be preferred.
	betterGauge = 2
	// contradiction is how many standard errors a gauge must be apart from the
	// first, and contradictionSlope by how much.
	contradiction      = 5
	contradictionSlope = 30e-6 // seconds a second
	// silentAfter is how long a gauge may measure nothing until its line is forgotten.
	silentAfter = 3 * time.Minute
	// wander is how far clocks go in a time in which nothing was known of them.
	wander = 15e-6 // seconds a second
)

// GovernorOptions of a Governor.
type GovernorOptions struct {
	Gauges int // in how many ways the delay is measured, the most trusted one first; 0: one
}

// A Measure is how much of our sound a renderer still held at a time. Delay may
// be off by a constant. The truth, but for that, is somewhere in a range so long
// as Within, with Delay in its middle. Where that is a second, as of a position
// told in whole ones, the times must not be whole seconds apart, lest all have
// the same error: 4.618 s is good.
type Measure struct {
	At     time.Time
	Delay  time.Duration
	Within time.Duration
}

// GovernorStats is what a Governor knows.
type GovernorStats struct {
	Gauge        int           // that is gone by now; none yet: -1
	Learned      bool          // Target is known and held
	Target       time.Duration // delay that is held
	Delay        time.Duration // delay without the noise of its measure; zero: not known yet
	PPM          float64       // correction that is wanted
	SkewPPM      float64       // how much faster than the renderer the sound comes, by what was seen last
	ErrorPPM     float64       // standard error of SkewPPM
	Latest       Measure       // by Gauge
	Observations uint64        // of all gauges that were of use
	Steps        uint64        // times that the delay jumped and was learned anew
}

// A Governor finds the correction that keeps the delay of a renderer where it
// was when it had settled.
//
//	settle -> learn -> hold
//	            ^       |
//	            +-------+ the delay jumped: the renderer has buffered again
//
// Measures are averaged over blocks of some seconds. From each the corrections
// made so far are taken off, so that what is left is the work of the two clocks
// alone: a straight line. Its slope is corrected once it is beyond doubt, and
// what the delay is off its target besides within some minutes. As corrections
// do not change the line, they cannot make it swing.
//
// Each gauge, a way to measure, has a line of its own. The most exact is gone
// by, but no other one that contradicts the first.
//
// It reads no clock. It is not safe for concurrent use.
type Governor struct {
	begin, last time.Time // of the measures; zero: none yet
	ramp        ramp
	gauges      []gauge
	chosen      int    // of gauges; none: -1
	engaged     bool   // a correction was found to be needed
	believed    belief // of lines that are no more
	learned     bool
	target      float64 // seconds
	doubt       float64 // standard error of target
	stats       GovernorStats
}

// A belief is a slope, in seconds a second, and its standard error; that is 0
// where nothing is believed.
type belief struct{ slope, deviation float64 }

// and is what two say together.
func (b belief) and(c belief) belief {
	if b.deviation == 0 {
		return c
	}
	wb, wc := 1/(b.deviation*b.deviation), 1/(c.deviation*c.deviation)
	return belief{(b.slope*wb + c.slope*wc) / (wb + wc), math.Sqrt(1 / (wb + wc))}
}

// NewGovernor makes a Governor that has seen nothing.
func NewGovernor(opts GovernorOptions) *Governor {
	return &Governor{gauges: make([]gauge, max(opts.Gauges, 1)), chosen: -1}
}

// PPM is the correction that a Resampler should make.
func (g *Governor) PPM() float64 { return g.ramp.wanted }

// Stats is what the Governor knows after the last measure.
func (g *Governor) Stats() GovernorStats {
	s := g.stats
	s.Gauge, s.Learned, s.PPM = g.chosen, g.learned, g.ramp.wanted
	s.Target = inSeconds(g.target)
	if g.chosen >= 0 {
		s.Latest = g.gauges[g.chosen].latest
	}
	return s
}

func inSeconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Observe takes a measure by a gauge.
func (g *Governor) Observe(by int, m Measure) {
	if m.Delay.Abs() > longestDelay {
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
	one := &g.gauges[by]
	if !one.wants(at) {
		return
	}
	one.latest = m
	g.stats.Observations++
	steps, l := one.steps, one.line
	changed := one.observe(observation{at: at, value: m.Delay.Seconds() - gained, deviation: deviationOf(m.Within)}, gained)
	if by == g.chosen {
		g.stats.Steps += one.steps - steps
		if one.steps != steps || !one.known() {
			g.lose(l)
		}
	}
	if changed {
		g.choose()
		g.steer()
	}
}

// lose goes on without the line that was gone by: what is believed of the clocks is
// corrected, and the delay stays where it is.
func (g *Governor) lose(l line) {
	g.chosen, g.learned = -1, false
	g.believed = g.believed.and(belief{l.slope, l.slopeError()})
	g.believed.deviation = math.Hypot(g.believed.deviation, wander)
	if g.engaged {
		g.ramp.want(-g.believed.slope * 1e6)
	}
}

// Recant goes on as if a gauge had measured nothing: it was wrong about how exact it
// was, as a position whose second turned by another clock than the sound's. What was
// corrected by it is corrected no more.
func (g *Governor) Recant(by int) {
	if by == g.chosen {
		g.chosen, g.learned, g.engaged, g.believed = -1, false, false, belief{}
		g.ramp.want(0)
	}
	g.gauges[by] = gauge{}
}

// gainedAt is what corrections had made of the delay at a time, some seconds ago
// at most.
func (g *Governor) gainedAt(at time.Time) float64 {
	return g.ramp.gained - g.ramp.ppm*1e-6*g.last.Sub(at).Seconds()
}

// Forget drops what a gauge has measured: it does not tell the delay any more.
func (g *Governor) Forget(by int) {
	if by == g.chosen {
		g.lose(g.gauges[by].line)
	}
	g.gauges[by] = gauge{}
}

// now is the time of the last measure in seconds.
func (g *Governor) now() float64 { return g.last.Sub(g.begin).Seconds() }

// choose finds the gauge to go by.
func (g *Governor) choose() {
	if g.chosen >= 0 && g.now()-g.gauges[g.chosen].last > silentAfter.Seconds() {
		g.Forget(g.chosen)
	}
	best := g.chosen
	if best >= 0 && g.contradicts(best) {
		best = 0
	}
	for i := range g.gauges {
		if g.usable(i) && !g.contradicts(i) && (best < 0 || g.better(i, best)) {
			best = i
		}
	}
	if best >= 0 && best != g.chosen {
		g.change(best)
	}
}

// usable reports whether a gauge has a line, and measures still.
func (g *Governor) usable(i int) bool {
	one := &g.gauges[i]
	return one.known() && g.now()-one.last <= silentAfter.Seconds()
}

// contradicts reports whether a gauge says what the first one denies.
func (g *Governor) contradicts(i int) bool {
	if i == 0 || !g.usable(0) {
		return false
	}
	l, first := g.gauges[i].line, g.gauges[0].line
	doubt := math.Hypot(l.slopeError(), first.slopeError())
	return math.Abs(l.slope-first.slope) > max(contradictionSlope, contradiction*doubt)
}

// better reports whether a gauge is so much more exact than another that it is to be
// gone by instead.
func (g *Governor) better(one, other int) bool {
	return betterGauge*g.gauges[one].line.slopeError() < g.gauges[other].line.slopeError()
}

// change goes by another gauge, which has another idea of the delay: what it is
// off its target stays.
func (g *Governor) change(to int) {
	from, now := g.chosen, g.now()
	g.chosen = to
	if from < 0 {
		return
	}
	g.target += g.gauges[to].line.valueAt(now) - g.gauges[from].line.valueAt(now)
}

// steer sets the correction by the line, when it is known well enough.
func (g *Governor) steer() {
	if g.chosen < 0 {
		return
	}
	one, now := &g.gauges[g.chosen], g.now()
	l := one.line
	skew := g.believed.and(belief{l.slope, l.slopeError()})
	delay, deviation := l.valueAt(now)+g.gainedAt(g.last), l.errorAt(now)
	g.stats.Delay, g.stats.SkewPPM, g.stats.ErrorPPM = inSeconds(delay), skew.slope*1e6, skew.deviation*1e6
	if begun := l.errorAt(one.origin.at); !g.learned && l.n >= noticedPoints && begun <= knownDelay {
		g.learned, g.target, g.doubt = true, l.valueAt(one.origin.at)+one.origin.gained, begun
	}
	off := 0.0 // until there is a target, drift alone is stopped
	if g.learned {
		off = delay - g.target
	}
	moved := math.Abs(off) > max(noticedDelay, delayErrors*math.Hypot(deviation, g.doubt))
	g.engaged = g.engaged || moved || drifts(l, one.span())
	if g.engaged {
		g.ramp.want(-(skew.slope + back(off, deviation)) * 1e6)
	}
}

// back is how fast a delay that is off its target returns, in seconds a second.
func back(off, deviation float64) float64 {
	patience := min(max(deviation/quietReturn, shortestReturn), longestReturn)
	return min(max(off/patience, -fastestReturn), fastestReturn)
}

// drifts reports whether a line shows beyond doubt that the clocks differ.
func drifts(l line, span float64) bool {
	slope := math.Abs(l.slope)
	return l.n >= noticedPoints && slope*span > noticedDelay && slope > max(noticedSlope, slopeErrors*l.slopeError())
}
