package resample

import (
	"math"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// through takes a sine of so many hertz and this peak, of full precision, and
// returns what the filter makes of it at 100 ppm, before it is rounded. The
// offset between two frames takes every value, four times a second.
func through(hertz, peak float64) []float64 {
	in := make([]float64, 4*audio.CD.SampleRate)
	for i := range in {
		in[i] = peak * math.Sin(2*math.Pi*hertz*float64(i)/float64(audio.CD.SampleRate))
	}
	r := New(audio.CD)
	r.wanted, r.ppm = 100, 100
	var out []float64
	for at := 0; at+taps <= len(in); at += r.step() {
		low, high, rest := kernel().between(r.offset)
		v, _ := weighTwo(low, high, rest, in[at:], in[at:])
		out = append(out, v)
	}
	return out
}

// omega is the angle in radians from one output frame to the next.
func omega(hertz float64) float64 {
	return 2 * math.Pi * hertz / float64(audio.CD.SampleRate) / (1 + 100e-6)
}

// peakAt is the amplitude of the sine of angle w that comes closest to x, with
// its phase.
func peakAt(x []float64, w float64) (peak, phase float64) {
	var cc, ss, cs, xc, xs float64
	for i, v := range x {
		s, c := math.Sincos(w * float64(i))
		cc, ss, cs = cc+c*c, ss+s*s, cs+c*s
		xc, xs = xc+v*c, xs+v*s
	}
	det := cc*ss - cs*cs
	a, b := (xc*ss-xs*cs)/det, (xs*cc-xc*cs)/det
	return math.Hypot(a, b), math.Atan2(a, b)
}

// rest is what x has beside a sine, as power in dB below it: THD+N.
func rest(x []float64, w float64) float64 {
	peak, phase := peakAt(x, w)
	power := 0.0
	for i, v := range x {
		e := v - peak*math.Sin(w*float64(i)+phase)
		power += e * e
	}
	return 10 * math.Log10(power/float64(len(x))/(peak*peak/2))
}

func rounded(x []float64) []float64 {
	r := New(audio.CD)
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(r.sample(v))
	}
	return out
}

// TestQuality holds the figures of the package comment, for a sine at half of
// full scale: the level within 0.01 dB, THD+N of the filter, and after rounding
// to 16 bit, where -92.1 dB is the noise that all rounding makes.
func TestQuality(t *testing.T) {
	cases := []struct{ hertz, filter, rounded float64 }{
		{20, -130, -91.9},
		{200, -115, -91.9},
		{997, -109, -91.9},
		{5000, -107, -91.8},
		{10000, -104, -91.7},
		{15000, -104, -91.7},
		{18000, -94, -90},
		{20000, -91, -88.5},
	}
	const peak = 1 << 14
	for _, c := range cases {
		out := through(c.hertz, peak)
		w := omega(c.hertz)
		got, _ := peakAt(out, w)
		if level := 20 * math.Log10(got/peak); math.Abs(level) > 0.01 {
			t.Errorf("%v Hz: want the level kept, got %+.4f dB", c.hertz, level)
		}
		if got := rest(out, w); got > c.filter {
			t.Errorf("%v Hz: want THD+N of the filter below %v dB, got %.1f", c.hertz, c.filter, got)
		}
		if got := rest(rounded(out), w); got > c.rounded {
			t.Errorf("%v Hz: want THD+N of the output below %v dB, got %.1f", c.hertz, c.rounded, got)
		}
	}
}

// TestRoundingNeedsNoDither: what rounding does to a faint sine, of 10 values
// peak to peak, has no harmonic above -115 dB of full scale; the offset moves and
// spreads it.
func TestRoundingNeedsNoDither(t *testing.T) {
	const hertz, peak = 997, 5
	out := rounded(through(hertz, peak))
	for harmonic := 2; harmonic <= 9; harmonic++ {
		got, _ := peakAt(out, float64(harmonic)*omega(hertz))
		t.Logf("harmonic %d: %.1f dB", harmonic, 20*math.Log10(got/(1<<15)))
		if level := 20 * math.Log10(got/(1<<15)); level > -115 {
			t.Errorf("harmonic %d: %.1f dB of full scale", harmonic, level)
		}
	}
}

func TestKernel(t *testing.T) {
	k := kernel()
	for phase, r := range k {
		sum := 0.0
		for _, weight := range r {
			sum += weight
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("phase %d: want weights of 1 together, got %v", phase, sum)
		}
		for i, weight := range r {
			if mirrored := k[phases-phase][taps-1-i]; math.Abs(weight-mirrored) > 1e-12 {
				t.Fatalf("phase %d, weight %d: want %v as at the mirrored offset, got %v", phase, i, mirrored, weight)
			}
		}
	}
	var first row
	first[half-1] = 1
	if k[0] != first {
		t.Error("want the first phase to pass the frame as it is")
	}
}
