package resample

import (
	"math"
	"time"
)

const (
	// windowPoints is how many blocks are looked back. When there are as many,
	// each two become one, until the slope is exact or they are as long as they
	// get: then the oldest go. That is after 5 minutes to 3 hours.
	windowPoints = 64
	exactSlope   = 3e-6 // seconds a second
	// A step is a block that is off the line by more than stepDelay seconds and
	// by more than stepErrors times the noise, if the next one is too.
	stepDelay  = 50e-3
	stepErrors = 6
	// jumpSlope is more than clocks can be apart: a line so steep has a point
	// from before a jump, or from the middle of one.
	jumpSlope = 5 * MaxPPM * 1e-6 // seconds a second
)

// A gauge follows the delay as one kind of measure shows it.
type gauge struct {
	begun       bool
	first, last float64 // times of observations in seconds
	block       block
	length      time.Duration // of a block
	points      []point
	strayed     bool   // the last block was off the line
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

// wants reports whether an observation of that time is of use: not one that comes
// right after another, or while the renderer fills its buffers.
func (g *gauge) wants(at float64) bool {
	if !g.begun {
		g.begun, g.first, g.last, g.length = true, at, at, shortestBlock
	}
	if at-g.last < leastApart.Seconds() {
		return false
	}
	g.last = at
	return at-g.first >= settleTime.Seconds()
}

// observe takes an observation and reports whether the line is another now.
// Gained is what corrections have made of the delay so far.
func (g *gauge) observe(o observation, gained float64) (changed bool) {
	g.block.add(o)
	if !g.block.full(g.length) {
		return false
	}
	p := g.block.point()
	g.block.clear()
	return g.take(p, gained)
}

// take adds a block's point to the line.
func (g *gauge) take(p point, gained float64) bool {
	if g.known() && g.strays(p) {
		if !g.strayed {
			g.strayed = true // it may be the only one
			return false
		}
		g.restart()
		g.steps++
	}
	g.strayed = false
	if len(g.points) == windowPoints {
		g.condense()
	}
	g.points = append(g.points, p)
	if len(g.points) == 1 {
		g.origin = origin{p.at, gained}
	}
	for g.known() && math.Abs(fit(g.points).slope) > jumpSlope {
		g.points = append(g.points[:0], g.points[1:]...)
		g.origin = origin{g.points[0].at, gained}
	}
	if !g.known() {
		return false
	}
	g.line = fit(g.points)
	return true
}

// restart forgets the line.
func (g *gauge) restart() { g.points, g.length = g.points[:0], shortestBlock }

// known reports whether there is a line.
func (g *gauge) known() bool { return len(g.points) >= linePoints }

// span is how long the line is, in seconds.
func (g *gauge) span() float64 { return g.points[len(g.points)-1].at - g.points[0].at }

// condense makes room for a point.
func (g *gauge) condense() {
	if g.length >= longestBlock || g.line.slopeError() < exactSlope {
		g.points = append(g.points[:0], g.points[1:]...)
		return
	}
	g.length *= 2
	for i := range windowPoints / 2 {
		g.points[i] = g.points[2*i].and(g.points[2*i+1])
	}
	g.points = g.points[:windowPoints/2]
}

// strays reports whether p is far off the line of the points before it.
func (g *gauge) strays(p point) bool {
	likely := math.Hypot(max(g.line.noise, math.Sqrt(p.variance)), g.line.errorAt(p.at))
	return math.Abs(p.value-g.line.valueAt(p.at)) > max(stepDelay, stepErrors*likely)
}
