package resample

import (
	"math"
	"sync"
)

const (
	// taps of input frames make one output frame: half before it, half after.
	taps = 64
	half = taps / 2
	// phases are the positions between two input frames for which the filter is
	// tabulated. Between those it is interpolated on a straight line.
	phases = 256
	// beta shapes the Kaiser window.
	beta = 9
)

// A row is the filter for one phase: row[k] weighs the input frame k+1-half
// frames after the one at or before the output's position.
type row [taps]float64

// A table is the filter at all phases, 129 KiB. Row 0 passes a frame through as
// it is, the last row the frame after it.
type table [phases + 1]row

// kernel is the table that all Resamplers share and that the first correction
// makes.
var kernel = sync.OnceValue(func() *table {
	t := new(table)
	for phase := range t {
		t[phase] = newRow(float64(phase) / phases)
	}
	return t
})

// between returns the rows on both sides of an offset, 0 <= offset < 1, and how far
// from low to high it is.
func (t *table) between(offset float64) (low, high *row, rest float64) {
	at := offset * phases
	phase := int(at)
	return &t[phase], &t[phase+1], at - float64(phase)
}

// weighTwo is the filter of two channels: the first taps values of x and of y,
// weighed by what lies between low and high. One loop over both, with four sums
// that do not wait for each other, takes half the time of separate ones.
func weighTwo(low, high *row, rest float64, x, y []float64) (ofX, ofY float64) {
	left, right := (*row)(x), (*row)(y)
	var a, b, c, d float64
	for k := 0; k < taps; k += 2 {
		even := low[k] + rest*(high[k]-low[k])
		odd := low[k+1] + rest*(high[k+1]-low[k+1])
		a += even * left[k]
		b += even * right[k]
		c += odd * left[k+1]
		d += odd * right[k+1]
	}
	return a + c, b + d
}

// newRow samples a sinc of full bandwidth under a Kaiser window, at an offset
// from a frame: 0 <= offset <= 1. Its weights add up to 1, so that the level is the
// same at any offset.
func newRow(offset float64) row {
	var r row
	sum := 0.0
	for k := range r {
		x := float64(k+1-half) - offset
		r[k] = sinc(x) * kaiser(x/half)
		sum += r[k]
	}
	for k := range r {
		r[k] /= sum
	}
	return r
}

// sinc is sin(pi x)/(pi x), exactly 0 at whole numbers but 1 at 0.
func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	if x == math.Trunc(x) {
		return 0
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window for x from -1 to 1, and 0 outside.
func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(beta*math.Sqrt(1-x*x)) / bessel(beta)
}

// bessel is the modified Bessel function of the first kind and order 0, by its
// power series.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-17; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}
