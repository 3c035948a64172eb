package lab

import "math"

// Left is the left channel of interleaved stereo.
func Left(pcm []int32) []float64 {
	out := make([]float64, len(pcm)/2)
	for i := range out {
		out[i] = float64(pcm[2*i])
	}
	return out
}

// GreatestStep is the greatest one between two samples: a click is one that the
// sound by itself does not have.
func GreatestStep(x []float64) float64 {
	most := 0.0
	for i := range len(x) - 1 {
		most = max(most, math.Abs(x[i+1]-x[i]))
	}
	return most
}

// The filter of Above8kHz is a windowed sinc (Blackman, 127 taps).
const (
	filterHalf = 63
	filterCut  = 8000.0 / sampleRate
)

// Above8kHz is the energy there, where clicks have more than most sounds. What is
// below is taken out by 70 dB.
func Above8kHz(x []float64) float64 {
	taps := highPass()
	energy := 0.0
	for i := range len(x) - len(taps) {
		v := 0.0
		for j, tap := range taps {
			v += tap * x[i+j]
		}
		energy += v * v
	}
	return energy
}

func highPass() []float64 {
	taps := make([]float64, 2*filterHalf+1)
	for i := range taps {
		n := float64(i - filterHalf)
		window := 0.42 + 0.5*math.Cos(math.Pi*n/(filterHalf+1)) + 0.08*math.Cos(2*math.Pi*n/(filterHalf+1))
		low := 2 * filterCut
		if n != 0 {
			low = math.Sin(2*math.Pi*filterCut*n) / (math.Pi * n)
		}
		taps[i] = -low * window
	}
	taps[filterHalf]++
	return taps
}
