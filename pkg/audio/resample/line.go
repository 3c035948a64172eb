package resample

import "math"

// A point is the mean of one block.
type point struct {
	at       float64 // seconds since the Governor's beginning
	value    float64 // seconds
	variance float64 // of value in seconds squared, as its observations claim
	scatter  float64 // mean square of its observations' deviations in units of the variance that they claim
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
	width     float64 // weighted sum of squares of their times around at
	excess    float64 // variance of the points in units of what they claim
	noise     float64 // standard deviation of a point around it in seconds
}

const (
	// linePoints is the fewest points that make a line.
	linePoints = 3
	// maxAutocorrelation bounds the autocorrelation of the errors that is assumed;
	// minPointsForAutocorrelation is the fewest points that it is estimated from.
	maxAutocorrelation          = 0.9
	minPointsForAutocorrelation = 8
	// minPointsForVariance is the fewest points from which it is believed that
	// measures are more exact than they claim: positions in whole seconds are, read
	// at different places of the second. minExcess bounds by how much.
	minPointsForVariance = 16
	minExcess            = 0.05
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
	var covariance float64
	for _, p := range points {
		w := 1 / p.variance
		l.width += w * (p.at - l.at) * (p.at - l.at)
		covariance += w * (p.at - l.at) * (p.value - l.value)
	}
	l.slope = covariance / l.width
	l.judge(points)
	return l
}

// judge estimates the errors of the line by how far the points are off it. A few
// points may lie on a line by chance: then the scatter of the observations within
// them counts too. Where the errors of neighbours are alike, as while a renderer
// plays from a buffer that grows and shrinks, the points count for fewer than they
// are.
func (l *line) judge(points []point) {
	var chi, scatter, squares, products, last float64
	for i, p := range points {
		residual := p.value - l.valueAt(p.at)
		chi += residual * residual / p.variance
		scatter += p.scatter
		squares += residual * residual
		if i > 0 {
			products += residual * last
		}
		last = residual
	}
	n := float64(l.n)
	l.excess = chi / (n - 2)
	if l.n < minPointsForVariance {
		l.excess = max(1, l.excess, scatter/n)
	}
	l.excess = max(l.excess, minExcess)
	if l.n >= minPointsForAutocorrelation && squares > 0 {
		autocorrelation := min(max(products/squares, 0), maxAutocorrelation)
		l.excess *= (1 + autocorrelation) / (1 - autocorrelation)
	}
	l.noise = math.Sqrt(l.excess * n / l.weight)
}

func (l line) valueAt(at float64) float64 { return l.value + l.slope*(at-l.at) }

// errorAt is the standard error of valueAt, slopeError that of slope.
func (l line) errorAt(at float64) float64 {
	return math.Sqrt(l.excess * (1/l.weight + (at-l.at)*(at-l.at)/l.width))
}

func (l line) slopeError() float64 { return math.Sqrt(l.excess / l.width) }
