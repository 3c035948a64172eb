package bench_test

import (
	"math"
	"math/cmplx"
)

// Analysis of BS.1387-1, clause 2.1: frames of 2048 samples that overlap by
// half, bands a quarter of a Bark wide from 80 Hz to 18 kHz.
const (
	frameSize   = 2048
	hop         = frameSize / 2
	bandWidth   = 0.25 // Bark
	lowestHz    = 80
	highestHz   = 18000
	fullScaleDB = 92 // sound pressure level of a sine at full scale
)

func bark(hz float64) float64 { return 7 * math.Asinh(hz/650) }

func hertz(bark float64) float64 { return 650 * math.Sinh(bark/7) }

// A masker follows the masking threshold of one channel.
type masker struct {
	window   [frameSize]float64
	weights  [frameSize/2 + 1]float64 // outer and middle ear, power
	edges    []float64                // of the bands, in lines of the transform
	internal []float64                // noise of the ear by band, power
	decay    []float64                // of the masking after a sound, a frame
	unit     []float64                // what the spreading makes of equal bands
	smeared  []float64
}

func newMasker() *masker {
	m := &masker{}
	for i := range m.window {
		m.window[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/frameSize)
	}
	// A sine of full scale has a line of frameSize/4.
	scale := math.Pow(10, fullScaleDB/10) / (frameSize / 4 * frameSize / 4)
	for k := 1; k < len(m.weights); k++ {
		f := float64(k) * sampleRate / frameSize / 1000
		db := -0.6*3.64*math.Pow(f, -0.8) + 6.5*math.Exp(-0.6*(f-3.3)*(f-3.3)) - 1e-3*math.Pow(f, 3.6)
		m.weights[k] = scale * math.Pow(10, db/10)
	}
	for z := bark(lowestHz); z < bark(highestHz); z += bandWidth {
		m.edges = append(m.edges, hertz(z)*frameSize/sampleRate)
		centre := hertz(z + bandWidth/2)
		m.internal = append(m.internal, math.Pow(10, 0.4*0.364*math.Pow(centre/1000, -0.8)))
		tau := 0.008 + 100/centre*(0.030-0.008)
		m.decay = append(m.decay, math.Exp(-hop/(sampleRate*tau)))
	}
	m.edges = append(m.edges, hertz(bark(highestHz))*frameSize/sampleRate)
	m.smeared = make([]float64, len(m.internal))
	equal := make([]float64, len(m.internal))
	for b := range equal {
		equal[b] = 1
	}
	m.unit = m.spread(equal)
	return m
}

// bands is the power by band of one frame.
func (m *masker) bands(frame []float64) []float64 {
	buf := make([]complex128, frameSize)
	for i := range buf {
		buf[i] = complex(frame[i]*m.window[i], 0)
	}
	fft(buf)
	power := make([]float64, len(m.internal))
	for b := range power {
		low, high := m.edges[b], m.edges[b+1]
		for k := int(low + 0.5); k <= int(high+0.5) && k < len(m.weights); k++ {
			// A line is as wide as its distance from the next.
			inside := min(high, float64(k)+0.5) - max(low, float64(k)-0.5)
			if inside > 0 {
				power[b] += inside * m.weights[k] * (real(buf[k])*real(buf[k]) + imag(buf[k])*imag(buf[k]))
			}
		}
		power[b] = max(power[b], 1e-12)
	}
	return power
}

// spread smears power over the bands: 27 dB a Bark downwards, upwards the less
// steep the louder it is (clause 2.1.7).
func (m *masker) spread(power []float64) []float64 {
	const exponent = 0.4
	out := make([]float64, len(power))
	for b, p := range power {
		centre := hertz(bark(lowestHz) + bandWidth*(float64(b)+0.5))
		up := -24 - 230/centre + 0.2*10*math.Log10(p)
		down := math.Pow(10, -27*bandWidth/10)
		rise := math.Pow(10, min(up, -4)*bandWidth/10)
		sum := (1-math.Pow(down, float64(b+1)))/(1-down) + (1-math.Pow(rise, float64(len(power)-b)))/(1-rise) - 1
		e := math.Pow(p/sum, exponent)
		downStep, riseStep := math.Pow(down, exponent), math.Pow(rise, exponent)
		for at, v := b, e; at >= 0; at, v = at-1, v*downStep {
			out[at] += v
		}
		for at, v := b+1, e*riseStep; at < len(power); at, v = at+1, v*riseStep {
			out[at] += v
		}
	}
	for b := range out {
		out[b] = math.Pow(out[b], 1/exponent)
		if m.unit != nil {
			out[b] /= m.unit[b]
		}
	}
	return out
}

// mask is the power of noise by band that is just hidden behind a frame.
func (m *masker) mask(power []float64) []float64 {
	excited := make([]float64, len(power))
	for b, p := range power {
		excited[b] = p + m.internal[b]
	}
	excited = m.spread(excited)
	for b, e := range excited {
		m.smeared[b] = m.decay[b]*m.smeared[b] + (1-m.decay[b])*e
		below := 3.0
		if z := bandWidth * float64(b); z > 12 {
			below = 0.25 * z
		}
		excited[b] = max(m.smeared[b], e) / math.Pow(10, below/10)
	}
	return excited
}

// noiseToMask is the mean over bands and frames of noise by mask, in dB
// (clause 4.5.1).
func noiseToMask(reference, decoded [2][]float64) float64 {
	sum, frames := 0.0, 0
	for ch := range reference {
		m := newMasker()
		ref := reference[ch]
		diff := make([]float64, len(ref))
		for i := range diff {
			diff[i] = ref[i] - decoded[ch][i]
		}
		for from := 0; from+frameSize <= len(ref); from += hop {
			mask := m.mask(m.bands(ref[from : from+frameSize]))
			for b, n := range m.bands(diff[from : from+frameSize]) {
				sum += n / mask[b] / float64(len(mask))
			}
			frames++
		}
	}
	return 10 * math.Log10(sum/float64(frames))
}

// preEcho is the noise from 20 to 2 ms before the onsets, in dB relative to the
// 10 ms after them.
func preEcho(s signal, decoded [2][]float64) float64 {
	const from, to, after = sampleRate / 50, sampleRate / 500, sampleRate / 100
	noise, click := 0.0, 0.0
	for ch := range s.pcm {
		for _, at := range s.onsets {
			for i := at - from; i < at-to; i++ {
				d := s.pcm[ch][i] - decoded[ch][i]
				noise += d * d
			}
			for i := at; i < at+after; i++ {
				click += s.pcm[ch][i] * s.pcm[ch][i]
			}
		}
	}
	return 10 * math.Log10(noise/click)
}

// fft transforms x, whose length is a power of two, in place.
func fft(x []complex128) {
	n := len(x)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		turn := cmplx.Rect(1, -2*math.Pi/float64(size))
		for from := 0; from < n; from += size {
			w := complex(1, 0)
			for k := from; k < from+size/2; k++ {
				a, b := x[k], x[k+size/2]*w
				x[k], x[k+size/2] = a+b, a-b
				w *= turn
			}
		}
	}
}
