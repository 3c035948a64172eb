package resample

import "math"

// A line is fitted to points by least squares.
type line struct {
	at, value float64 // its middle: mean time in seconds, mean value in seconds
	slope     float64 // seconds a second
	noise     float64 // standard deviation of a point around it in seconds
	n, width  float64 // number of points; sum of squares of their times around at
}

// linePoints is how few points make a line.
const linePoints = 3

// fit needs at least linePoints points at different times. Few points may happen
// to lie on a line: the spread of the observations within them counts as one more
// look at the noise.
func fit(points []point) line {
	l := line{n: float64(len(points))}
	var spread float64
	for _, p := range points {
		l.at += p.at / l.n
		l.value += p.value / l.n
		spread += p.spread * p.spread / l.n
	}
	var slant float64
	for _, p := range points {
		l.width += (p.at - l.at) * (p.at - l.at)
		slant += (p.at - l.at) * (p.value - l.value)
	}
	l.slope = slant / l.width
	var squares float64
	for _, p := range points {
		left := p.value - l.valueAt(p.at)
		squares += left * left
	}
	l.noise = math.Sqrt((squares + spread) / (l.n - 1))
	return l
}

func (l line) valueAt(at float64) float64 { return l.value + l.slope*(at-l.at) }

// errorAt is the standard error of valueAt, slopeError that of slope.
func (l line) errorAt(at float64) float64 {
	return l.noise * math.Sqrt(1/l.n+(at-l.at)*(at-l.at)/l.width)
}

func (l line) slopeError() float64 { return l.noise / math.Sqrt(l.width) }
