package resample

import (
	"math"
	"time"
)

const (
	// settleTime is how long a renderer fills its buffers after the start: what is
	// measured so soon after the first measure is not used.
	settleTime = 5 * time.Second
	// minObservationGap is the shortest time between two measures that are used.
	minObservationGap = 250 * time.Millisecond
	// windowPoints bounds the points of a line. When there are as many, each two
	// become one, until the slope is exact or they are as long as they get: then
	// the oldest go. That is after 5 minutes to 3 hours.
	windowPoints = 64
	exactSlope   = 3e-6 // seconds a second
	// A step is a point that is off the line by more than stepDelay seconds and
	// by more than stepErrors times the noise, if the next point is too.
	stepDelay  = 50e-3
	stepErrors = 6
	// maxSlope is more than clocks can be apart: a line that is steeper has a point
	// from before a jump, or from the middle of one.
	maxSlope = 5 * MaxPPM * 1e-6 // seconds a second
)

// An estimator fits a straight line to the delay, with the corrections subtracted:
// its slope is the difference of the two clocks.
type estimator struct {
	begun       bool
	first, last float64 // times of observations in seconds
	block       block
	length      time.Duration // of a block
	points      []point
	strayed     bool   // the last point was off the line
	line        line   // through points, once there are linePoints of them
	origin      origin // of the line
	steps       uint64 // times that the line was begun anew
	latest      Measure
}

// An origin is where a line began.
type origin struct {
	at     float64 // seconds
	gained float64 // by corrections until then, in seconds
}

// accepts reports whether an observation of that time is of use: not one that comes
// right after another, or while the renderer fills its buffers.
func (e *estimator) accepts(at float64) bool {
	if !e.begun {
		e.begun, e.first, e.last, e.length = true, at, at, shortestBlock
	}
	if at-e.last < minObservationGap.Seconds() {
		return false
	}
	e.last = at
	return at-e.first >= settleTime.Seconds()
}

// observe takes an observation and reports whether the line changed. Gained is
// what corrections have added to the delay so far.
func (e *estimator) observe(o observation, gained float64) (changed bool) {
	e.block.add(o)
	if !e.block.full(e.length) {
		return false
	}
	p := e.block.point()
	e.block.clear()
	return e.add(p, gained)
}

// add adds a block's point to the line.
func (e *estimator) add(p point, gained float64) bool {
	if e.hasLine() && e.strays(p) {
		if !e.strayed {
			e.strayed = true // it may be the only one
			return false
		}
		e.restart()
		e.steps++
	}
	e.strayed = false
	if len(e.points) == windowPoints {
		e.condense()
	}
	e.points = append(e.points, p)
	if len(e.points) == 1 {
		e.origin = origin{p.at, gained}
	}
	for e.hasLine() && math.Abs(fit(e.points).slope) > maxSlope {
		e.points = append(e.points[:0], e.points[1:]...)
		e.origin = origin{e.points[0].at, gained}
	}
	if !e.hasLine() {
		return false
	}
	e.line = fit(e.points)
	return true
}

// restart begins the line anew.
func (e *estimator) restart() { e.points, e.length = e.points[:0], shortestBlock }

// hasLine reports whether there are enough points for a line.
func (e *estimator) hasLine() bool { return len(e.points) >= linePoints }

// span is how long the line is, in seconds.
func (e *estimator) span() float64 { return e.points[len(e.points)-1].at - e.points[0].at }

// condense makes room for a point.
func (e *estimator) condense() {
	if e.length >= longestBlock || e.line.slopeError() < exactSlope {
		e.points = append(e.points[:0], e.points[1:]...)
		return
	}
	e.length *= 2
	for i := range windowPoints / 2 {
		e.points[i] = e.points[2*i].and(e.points[2*i+1])
	}
	e.points = e.points[:windowPoints/2]
}

// strays reports whether p is far off the line of the points before it.
func (e *estimator) strays(p point) bool {
	expected := math.Hypot(max(e.line.noise, math.Sqrt(p.variance)), e.line.errorAt(p.at))
	return math.Abs(p.value-e.line.valueAt(p.at)) > max(stepDelay, stepErrors*expected)
}
