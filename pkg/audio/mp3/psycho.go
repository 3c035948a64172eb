package mp3

import "math"

// The psychoacoustic model for long granules goes the way of model 2 (clause
// D.2): power spectrum, partitions of a third of a Bark, how tonal each is, the
// threshold that each casts on the others, the threshold in quiet, and a check on
// thresholds that rise too fast. It differs in the measure of tonality, which is
// the flatness of the spectrum and not how well it can be foretold.
const (
	spectrumLines  = fftSize/2 + 1
	partitionWidth = 1.0 / 3 // Bark
	maxPartitions  = 80
)

// Levels in dB: how far the threshold lies below what masks it (clause D.2.4.6,
// NMT and TMN), and the sound pressure of a sine at full scale.
const (
	noiseMasksDB  = 6
	toneMasksDB   = 18
	fullScaleDB   = 96
	lowMasksDB    = 20 // at 0 Bark, where the transform cannot distinguish tones from noise
	lowSlopeDB    = 2  // less, a Bark
	spreadLimitDB = -60
)

// onsetGain bounds how much higher a threshold is than one granule before
// (clause D.2.4.8, rpelev).
const onsetGain = 4

// lineEnergy converts a power of the transform into what the lines of the MDCT
// have: those of a granule sum up to 1/288 of the energy of its PCM, the powers
// of the transform to fftSize/2 times the energy under the window.
const lineEnergy = lineCount / 288.0 / (fftSize / 2 * 3.0 / 8 * fftSize)

// A psychoModel is what depends on the sample rate only.
type psychoModel struct {
	window     [fftSize]float32
	partitions int
	edges      [maxPartitions + 1]int // lines of the spectrum
	quiet      [maxPartitions]float32 // threshold in quiet, per line of the spectrum
	masking    [maxPartitions]float32 // most that may be masked, by what masks it
	spread     [maxPartitions]kernel
	bands      [longBands]kernel
}

// A kernel is weights of neighbouring partitions from the first on.
type kernel struct {
	first   int
	weights []float32
}

func bark(hz float64) float64 {
	return 13*math.Atan(0.00076*hz) + 3.5*math.Atan(hz/7500*hz/7500)
}

// quietDB is the threshold in quiet, in dB of sound pressure (E. Terhardt,
// "Calculating virtual pitch", 1979).
func quietDB(hz float64) float64 {
	khz := max(hz, 20) / 1000
	return 3.64*math.Pow(khz, -0.8) - 6.5*math.Exp(-0.6*(khz-3.3)*(khz-3.3)) + 1e-3*math.Pow(khz, 4)
}

// spreadDB is the spreading function of clause D.2.3 without its notch: what a
// masker casts on a place that lies dz Bark higher.
func spreadDB(dz float64) float64 {
	return 15.811389 + 7.5*(dz+0.474) - 17.5*math.Sqrt(1+(dz+0.474)*(dz+0.474))
}

func newPsychoModel(sampleRate int, bands *layout) *psychoModel {
	m := &psychoModel{}
	for i := range m.window {
		m.window[i] = float32(0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/fftSize))
	}
	hzPerLine := float64(sampleRate) / fftSize
	for line := 1; line < spectrumLines; m.partitions++ {
		m.edges[m.partitions] = line
		end := bark(float64(line)*hzPerLine) + partitionWidth
		quiet := math.Inf(1)
		for first := line; line < spectrumLines && (line == first || bark((float64(line)+0.5)*hzPerLine) <= end); line++ {
			quiet = min(quiet, quietDB(float64(line)*hzPerLine))
		}
		lowDB := lowMasksDB - lowSlopeDB*bark(float64(m.edges[m.partitions])*hzPerLine)
		m.masking[m.partitions] = float32(math.Pow(10, -max(lowDB, noiseMasksDB)/10))
		width := float64(line - m.edges[m.partitions])
		m.quiet[m.partitions] = float32(math.Pow(10, (quiet-fullScaleDB)/10) * partitionWidth / lineEnergy / width)
	}
	m.edges[m.partitions] = spectrumLines
	m.makeSpread(hzPerLine)
	m.mapBands(bands)
	return m
}

// makeSpread weights maskers so that equal densities cast an equal threshold.
func (m *psychoModel) makeSpread(hzPerLine float64) {
	at := func(p int) float64 { return bark(float64(m.edges[p]+m.edges[p+1]-1) / 2 * hzPerLine) }
	for p := range m.partitions {
		var weights [maxPartitions]float64
		first, last, sum := m.partitions, 0, 0.0
		for masker := range m.partitions {
			db := spreadDB(at(p) - at(masker))
			if db < spreadLimitDB {
				continue
			}
			weights[masker] = math.Pow(10, db/10)
			sum += weights[masker]
			first, last = min(first, masker), masker
		}
		k := kernel{first: first}
		for _, w := range weights[first : last+1] {
			k.weights = append(k.weights, float32(w/sum))
		}
		m.spread[p] = k
	}
}

// mapBands finds how many lines of the MDCT each partition has in every band. A
// line of the MDCT is fftSize/1152 of the spectrum's wide.
func (m *psychoModel) mapBands(lay *layout) {
	const linesPerLine = fftSize / float64(2*lineCount)
	for b := range m.bands {
		from, to := float64(lay.edges[b])*linesPerLine, float64(lay.edges[b+1])*linesPerLine
		k := &m.bands[b]
		for p := range m.partitions {
			low, high := float64(m.edges[p])-0.5, float64(m.edges[p+1])-0.5
			if p == 0 {
				low = 0
			}
			inside := min(to, high) - max(from, low)
			if inside <= 0 {
				continue
			}
			if k.weights == nil {
				k.first = p
			}
			k.weights = append(k.weights, float32(inside/linesPerLine))
		}
	}
}

// An ear hears one channel.
type ear struct {
	power     [spectrumLines]float32
	energy    [maxPartitions]float32 // mean per line
	logs      [maxPartitions]float32 // mean logarithm to the base of 2
	masking   [maxPartitions]float32
	threshold [maxPartitions]float32 // per line, before the check
}

// listen finds the noise allowed by band, in the energy of the MDCT's lines.
func (e *ear) listen(m *psychoModel, allowed *[maxBands]float32) {
	e.partition(m)
	for p := range m.partitions {
		e.masking[p] = e.energy[p] * min(maskingFactor(e.flatness(m, p)), m.masking[p])
	}
	var checked [maxPartitions]float32
	for p := range m.partitions {
		k := &m.spread[p]
		t := float32(0)
		maskers := e.masking[k.first:]
		for i, w := range k.weights {
			t += w * maskers[i]
		}
		checked[p] = max(min(t, onsetGain*e.threshold[p]), m.quiet[p])
		e.threshold[p] = max(t, m.quiet[p])
	}
	// Noise is spread evenly over the lines of a band, so that it harms most
	// where the threshold is lowest: the harmonic mean.
	for b := range m.bands {
		k := &m.bands[b]
		width, harm := float32(0), float32(0)
		for i, lines := range k.weights {
			width += lines
			harm += lines / checked[k.first+i]
		}
		const linesPerLine = fftSize / float32(2*lineCount)
		allowed[b] = width * width / harm * (lineEnergy * linesPerLine)
	}
}

// forget lets the next thresholds rise as they like.
func (e *ear) forget() {
	for p := range e.threshold {
		e.threshold[p] = math.MaxFloat32 / onsetGain
	}
}

// partition sums up the spectrum.
func (e *ear) partition(m *psychoModel) {
	const nothing = 1e-9 // below the power of a thousandth of a bit
	for p := range m.partitions {
		sum, logs := float32(nothing), float32(0)
		lines := e.power[m.edges[p]:m.edges[p+1]]
		for _, v := range lines {
			sum += v
			logs += fastLog2(v + nothing)
		}
		width := float32(len(lines))
		e.energy[p], e.logs[p] = sum/width, logs/width
	}
}

// flatness is the geometric by the arithmetic mean of the power around
// partition p, as a logarithm to the base of 2: 0 or below.
func (e *ear) flatness(m *psychoModel, p int) float32 {
	first, last := max(p-1, 0), min(p+1, m.partitions-1)
	energy, logs, width := float32(0), float32(0), float32(0)
	for q := first; q <= last; q++ {
		w := float32(m.edges[q+1] - m.edges[q])
		energy += w * e.energy[q]
		logs += w * e.logs[q]
		width += w
	}
	return logs/width - fastLog2(energy/width)
}

// maskingFactor is how much of the power of a partition masks noise. The power of
// noise under a window is as flat as noiseFlatness, that of a pure tone below
// toneFlatness.
func maskingFactor(flatness float32) float32 {
	const (
		noiseFlatness = -1.0
		toneFlatness  = -5.0
		noiseLog2     = -noiseMasksDB / 10.0 * math.Log2E * math.Ln10
		toneLog2      = -toneMasksDB / 10.0 * math.Log2E * math.Ln10
	)
	tonality := max(0, min(1, (flatness-noiseFlatness)/(toneFlatness-noiseFlatness)))
	return fastExp2(noiseLog2 + tonality*(toneLog2-noiseLog2))
}

// fastLog2 is the logarithm of a positive number to within 0.01: the exponent,
// and a parabola through the mantissa.
func fastLog2(v float32) float32 {
	b := math.Float32bits(v)
	m := math.Float32frombits(b&(1<<23-1) | 127<<23)
	return float32(int(b>>23)-128) + (-0.34484843*m+2.02466578)*m - 0.67487759
}

func fastExp2(v float32) float32 {
	return float32(math.Exp2(float64(v)))
}

// A listener has the ears of all channels.
type listener struct {
	model *psychoModel
	ears  [maxChannels]ear
	x, y  [fftSize]complex64
}

// spectra fills the ears' power spectra from the windowed PCM of one or two
// channels: one transform does for both, as the spectrum of a real signal is
// symmetrical.
func (l *listener) spectra(left, right []float32) {
	w := &l.model.window
	for i := range l.x {
		l.x[i] = complex(left[i]*w[i], right[i]*w[i])
	}
	z := fft(&l.x, &l.y)
	for k := range spectrumLines {
		a, b := z[k], z[(fftSize-k)%fftSize]
		sum, diff := complex(real(a)+real(b), imag(a)-imag(b)), complex(real(a)-real(b), imag(a)+imag(b))
		l.ears[0].power[k] = (real(sum)*real(sum) + imag(sum)*imag(sum)) / 4
		l.ears[1].power[k] = (real(diff)*real(diff) + imag(diff)*imag(diff)) / 4
	}
}
