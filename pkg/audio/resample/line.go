package resample

import "math"

// A point is the mean of one block.
type point struct {
	at       float64 // seconds since the Governor's beginning
	value    float64 // seconds
	variance float64 // of value in seconds squared, as its observations claim
	scatter  float64 // how much more they vary than they claim
}

// and is the mean of two points.
func (p point) and(q point) point {
	wp, wq := 1/p.variance, 1/q.variance
	w := wp + wq
	return point{
		at: (p.at*wp + q.at*wq) / w, value: (p.value*wp + q.value*wq) / w,
		variance: 1 / w, scatter: (p.scatter + q.scatter) / 2,
	}
}

// A line is fitted to points by least squares, each by its weight.
type line struct {
	n         int
	at, value float64 // its middle: mean time in seconds, mean value in seconds
	slope     float64 // seconds a second
	weight    float64 // of all points
	width     float64 // sum of squares of their times around at, by weight
	excess    float64 // how much more the points vary than they claim to
	noise     float64 // standard deviation of a point around it in seconds
}

const (
	// linePoints is how few points make a line.
	linePoints = 3
	// mostKinship bounds how much alike the errors of neighbours are taken to be.
	mostKinship = 0.9
	// kinshipPoints is how few points tell it.
	kinshipPoints = 8
	// humblePoints is how few points tell that a measure is better than it claims:
	// whole seconds are, looked at at different places of the second.
	humblePoints = 16
	leastExcess  = 0.05
)

// fit needs at least linePoints points at different times.
func fit(points []point) line {
	l := line{n: len(points)}
	for _, p := range points {
		w := 1 / p.variance
		l.weight += w
		l.at += w * p.at
		l.value += w * p.value
	}
	l.at /= l.weight
	l.value /= l.weight
	var slant float64
	for _, p := range points {
		w := 1 / p.variance
		l.width += w * (p.at - l.at) * (p.at - l.at)
		slant += w * (p.at - l.at) * (p.value - l.value)
	}
	l.slope = slant / l.width
	l.judge(points)
	return l
}

// judge finds how far the points are off the line. A few may happen to lie on
// one: then it counts how the observations within them differ. Where neighbours
// err alike, as beside a buffer that grows and shrinks, they count for fewer than
// they are.
func (l *line) judge(points []point) {
	var chi, scatter, squares, alike, last float64
	for i, p := range points {
		off := p.value - l.valueAt(p.at)
		chi += off * off / p.variance
		scatter += p.scatter
		squares += off * off
		if i > 0 {
			alike += off * last
		}
		last = off
	}
	n := float64(l.n)
	l.excess = chi / (n - 2)
	if l.n < humblePoints {
		l.excess = max(1, l.excess, scatter/n)
	}
	l.excess = max(l.excess, leastExcess)
	if l.n >= kinshipPoints && squares > 0 {
		kinship := min(max(alike/squares, 0), mostKinship)
		l.excess *= (1 + kinship) / (1 - kinship)
	}
	l.noise = math.Sqrt(l.excess * n / l.weight)
}

func (l line) valueAt(at float64) float64 { return l.value + l.slope*(at-l.at) }

// errorAt is the standard error of valueAt, slopeError that of slope.
func (l line) errorAt(at float64) float64 {
	return math.Sqrt(l.excess * (1/l.weight + (at-l.at)*(at-l.at)/l.width))
}

func (l line) slopeError() float64 { return math.Sqrt(l.excess / l.width) }
