package bench_test

import (
	"math"
	"math/rand/v2"
)

const sampleRate = 44100

// A signal is something to encode, stereo, with the places of its attacks.
type signal struct {
	name   string
	pcm    [2][]float64 // 1 is full scale
	onsets []int
}

// lead is the silence before each signal. Encoders differ in how much they put
// there themselves, and fill their reservoirs with it.
const lead = sampleRate / 10

// signals makes all test signals of the given length. They are the same in
// every run.
func signals(seconds int) []signal {
	n := seconds * sampleRate
	all := []signal{music(n), chirps(n), castanets(n), noise(n), speech(n)}
	for i := range all {
		for ch, pcm := range all[i].pcm {
			all[i].pcm[ch] = append(make([]float64, lead), pcm...)
		}
		for j := range all[i].onsets {
			all[i].onsets[j] += lead
		}
	}
	return all
}

func newSignal(name string, n int) signal {
	return signal{name: name, pcm: [2][]float64{make([]float64, n), make([]float64, n)}}
}

// add puts v at frame i, at a place from 0, left, to 1, right.
func (s *signal) add(i int, v, place float64) {
	s.pcm[0][i] += v * math.Cos(place*math.Pi/2)
	s.pcm[1][i] += v * math.Sin(place*math.Pi/2)
}

// level scales the signal so that its peak is at the given fraction of full scale.
func (s *signal) level(peak float64) signal {
	top := 0.0
	for _, ch := range s.pcm {
		for _, v := range ch {
			top = max(top, math.Abs(v))
		}
	}
	for _, ch := range s.pcm {
		for i := range ch {
			ch[i] *= peak / top
		}
	}
	return *s
}

// music has chords of decaying partials with vibrato all over the stage, a bass
// in the middle, and a brush of noise on every beat.
func music(n int) signal {
	rng := rand.New(rand.NewPCG(1, 1))
	s := newSignal("music", n)
	scale := []float64{220, 247, 262, 294, 330, 349, 392, 440, 494, 523, 587, 659}
	for beat := 0; beat < n; beat += sampleRate / 4 {
		note(&s, rng, beat, scale[rng.IntN(len(scale))], rng.Float64(), 0.2)
		note(&s, rng, beat, scale[rng.IntN(len(scale))], rng.Float64(), 0.2)
		if beat/(sampleRate/4)%2 == 0 {
			note(&s, rng, beat, scale[rng.IntN(4)]/4, 0.5, 0.4)
		}
		brush(&s, rng, beat, 0.05)
	}
	for i := range n {
		s.add(i, rng.NormFloat64()*0.0005, rng.Float64())
	}
	return s.level(0.8)
}

// note adds a tone of twelve partials, the higher the shorter.
func note(s *signal, rng *rand.Rand, from int, hz, place, volume float64) {
	vibrato := 5 + rng.Float64()
	for partial := 1.0; partial <= 12 && partial*hz < 18000; partial++ {
		phase := rng.Float64() * 2 * math.Pi
		amplitude := volume / partial * (0.5 + rng.Float64())
		for i := from; i < min(from+2*sampleRate, len(s.pcm[0])); i++ {
			t := float64(i-from) / sampleRate
			decay := math.Exp(-t*(1+partial/2)) * (1 - math.Exp(-t*200))
			s.add(i, amplitude*decay*math.Sin(phase+2*math.Pi*hz*partial*(t+0.0005*math.Sin(vibrato*t*2*math.Pi))), place)
		}
	}
}

// brush adds noise without its lows that dies away in 30 ms.
func brush(s *signal, rng *rand.Rand, from int, volume float64) {
	last := 0.0
	for i := from; i < min(from+sampleRate/8, len(s.pcm[0])); i++ {
		v := rng.NormFloat64()
		s.add(i, volume*(v-last)*math.Exp(-float64(i-from)/sampleRate*30), 0.6)
		last = v
	}
}

// chirps sweeps the octaves from 40 Hz to 16 kHz, up on the left, down on the right.
func chirps(n int) signal {
	s := newSignal("chirps", n)
	const low, octaves, seconds = 40.0, 8.64, 4.0
	up, down := 0.0, 0.0
	for i := range n {
		t := math.Mod(float64(i)/sampleRate, seconds) / seconds
		up += low * math.Exp2(octaves*t) / sampleRate
		down += low * math.Exp2(octaves*(1-t)) / sampleRate
		s.add(i, math.Sin(2*math.Pi*up), 0.2)
		s.add(i, math.Sin(2*math.Pi*down), 0.7)
	}
	return s.level(0.7)
}

// castanets clicks at random times: two resonances that ring for some
// milliseconds after silence.
func castanets(n int) signal {
	rng := rand.New(rand.NewPCG(3, 3))
	s := newSignal("castanets", n)
	for at := sampleRate / 10; at < n-sampleRate/10; at += sampleRate/8 + rng.IntN(sampleRate/8) {
		s.onsets = append(s.onsets, at)
		low, high, place := 1800+800*rng.Float64(), 4500+3000*rng.Float64(), 0.3+0.4*rng.Float64()
		for i := range sampleRate / 10 {
			t := float64(i) / sampleRate
			v := math.Exp(-t*250)*math.Sin(2*math.Pi*low*t) + 0.7*math.Exp(-t*400)*math.Sin(2*math.Pi*high*t)
			s.add(at+i, v+rng.NormFloat64()*0.3*math.Exp(-t*800), place)
		}
	}
	for i := range n {
		s.add(i, rng.NormFloat64()*2e-4, rng.Float64())
	}
	return s.level(0.8)
}

// noise is pink, half of it the same on both sides.
func noise(n int) signal {
	rng := rand.New(rand.NewPCG(4, 4))
	s := newSignal("noise", n)
	pinks := [3]pink{}
	for i := range n {
		middle := pinks[2].next(rng)
		s.pcm[0][i] = pinks[0].next(rng) + middle
		s.pcm[1][i] = pinks[1].next(rng) + middle
	}
	return s.level(0.6)
}

// pink sums low-passed noises of four time constants, about 3 dB an octave down.
type pink [4]float64

func (p *pink) next(rng *rand.Rand) float64 {
	sum := 0.0
	for i, pole := range [4]float64{0.998, 0.98, 0.85, 0.3} {
		p[i] = pole*p[i] + math.Sqrt(1-pole)*rng.NormFloat64()*0.3
		sum += p[i]
	}
	return sum
}

// speech is a voice of pulses through three moving formants, with hisses and
// pauses, near the middle, over a little room noise.
func speech(n int) signal {
	rng := rand.New(rand.NewPCG(5, 5))
	s := newSignal("speech", n)
	vowels := [][3]float64{{730, 1090, 2440}, {270, 2290, 3010}, {300, 870, 2240}, {530, 1840, 2480}, {570, 840, 2410}}
	formants := [3]resonator{}
	target, at := vowels[0], vowels[0]
	phase, last, voiced, hissing := 0.0, 0.0, 1.0, 0.0
	for i := range n {
		if i%(sampleRate/6) == 0 {
			target = vowels[rng.IntN(len(vowels))]
			voiced, hissing = 1, 0
			switch rng.IntN(6) {
			case 0:
				voiced = 0
			case 1:
				voiced, hissing = 0, 1
			}
		}
		phase += (110 + 20*math.Sin(float64(i)/sampleRate*2*math.Pi*0.7)) / sampleRate
		pulse := 0.0
		if phase >= 1 {
			phase--
			pulse = voiced
		}
		v := 0.0
		for k := range formants {
			at[k] += (target[k] - at[k]) * 0.0005
			v += formants[k].next(pulse, at[k], 60+30*float64(k)) / float64(k+1)
		}
		hiss := rng.NormFloat64()
		s.add(i, v+0.15*hissing*(hiss-last), 0.45)
		last = hiss
		s.add(i, rng.NormFloat64()*2e-4, rng.Float64())
	}
	return s.level(0.7)
}

// A resonator rings at a frequency with a bandwidth, both in Hz.
type resonator struct{ y1, y2 float64 }

func (r *resonator) next(x, hz, width float64) float64 {
	pole := math.Exp(-math.Pi * width / sampleRate)
	y := x + 2*pole*math.Cos(2*math.Pi*hz/sampleRate)*r.y1 - pole*pole*r.y2
	r.y1, r.y2 = y, r.y1
	return y
}

// pcm16 rounds to interleaved samples of 16 bits.
func (s *signal) pcm16() []int32 {
	out := make([]int32, 0, 2*len(s.pcm[0]))
	for i := range s.pcm[0] {
		for ch := range s.pcm {
			out = append(out, int32(math.Round(s.pcm[ch][i]*32767)))
		}
	}
	return out
}
