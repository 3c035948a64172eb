package mp3

import (
	"math"
	"math/rand/v2"
	"testing"
)

func noiseSlice(rng *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = rng.Float32()*2 - 1
	}
	return s
}

func near(t *testing.T, what string, want, got, tolerance float64) {
	t.Helper()
	if !(math.Abs(want-got) <= tolerance) {
		t.Errorf("%s: want %g, got %g", what, want, got)
	}
}

// The matrix of clause C.1.3 as it stands there.
func TestPolyphaseIsTheMatrix(t *testing.T) {
	pcm := noiseSlice(rand.New(rand.NewPCG(1, 2)), polyphaseTaps-subbandCount+lineCount)
	var s subbandSamples
	s.analyse(pcm)
	for slot := range slotCount {
		newest := polyphaseTaps - 1 + subbandCount*slot
		for k := range subbandCount {
			want := 0.0
			for i := range polyphaseTaps {
				c := float64(prototype[min(i, 512-i)]) / (1 << 21)
				if i/64%2 == 1 {
					c = -c
				}
				want += c * float64(pcm[newest-i]) * math.Cos(float64((2*k+1)*(i%64-16))*math.Pi/64)
			}
			if k%2 == 1 && slot%2 == 1 {
				want = -want
			}
			near(t, "subband", want, float64(s[k][slot]), 1e-6)
		}
	}
}

func TestDCTs(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	u9 := [9]float32(noiseSlice(rng, 9))
	got := u9
	dct9(&got)
	for k := range got {
		want := 0.0
		for m, v := range u9 {
			want += float64(v) * math.Cos(float64((2*k+1)*m)*math.Pi/18)
		}
		near(t, "dct9", want, float64(got[k]), 1e-5)
	}
	v18 := [18]float32(noiseSlice(rng, 18))
	var out [18]float32
	dctIV18(&out, &v18)
	for k := range out {
		want := 0.0
		for n, v := range v18 {
			want += float64(v) * math.Cos(float64((2*n+1)*(2*k+1))*math.Pi/72)
		}
		near(t, "dctIV18", want, float64(out[k]), 2e-5)
	}
}

// inverse is the transform of clause 2.4.3.4.10.2 with the windows of
// 2.4.3.4.10.3, for one subband: 36 samples to overlap.
func inverse(block blockType, lines []float32) (z [36]float64) {
	window := func(i, length, from int) float64 {
		return math.Sin(math.Pi / float64(length) * (float64(i-from) + 0.5))
	}
	if block == blockShort {
		for w := range shortWindows {
			for i := range 12 {
				sum := 0.0
				for k := range shortLines {
					sum += float64(lines[w+3*k]) * math.Cos(math.Pi/24*float64((2*i+1+6)*(2*k+1)))
				}
				z[6+6*w+i] += sum * window(i, 12, 0)
			}
		}
		return z
	}
	for i := range z {
		for k := range slotCount {
			z[i] += float64(lines[k]) * math.Cos(math.Pi/72*float64((2*i+1+18)*(2*k+1)))
		}
		switch {
		case block == blockStart && i >= 30, block == blockStop && i < 6:
			z[i] = 0
		case block == blockStart && i >= 24:
			z[i] *= window(i, 12, 18)
		case block == blockStop && i < 12:
			z[i] *= window(i, 12, 6)
		case block == blockStart && i >= 18, block == blockStop && i < 18: // flat
		default:
			z[i] *= window(i, 36, 0)
		}
	}
	return z
}

// All block types in a row give back what went in, when inverted by the book.
func TestMDCTReconstructs(t *testing.T) {
	blocks := []blockType{blockLong, blockLong, blockStart, blockShort, blockShort, blockStop, blockLong}
	rng := rand.New(rand.NewPCG(5, 6))
	in := make([]subbandSamples, len(blocks)+1)
	for i := range in {
		for sb := range in[i] {
			copy(in[i][sb][:], noiseSlice(rng, slotCount))
		}
	}
	var overlap [subbandCount][36]float64
	for i, block := range blocks {
		var lines [lineCount]float32
		transformAny(&lines, block, &in[i], &in[i+1])
		for sb := range subbandCount {
			z := inverse(block, lines[slotCount*sb:])
			for slot := range slotCount {
				got := overlap[sb][slotCount+slot] + z[slot]
				if i > 0 {
					near(t, block.String(), float64(in[i][sb][slot]), got, 1e-5)
				}
			}
			overlap[sb] = z
		}
	}
}

// transformAny leaves short lines interleaved in their subband, and takes the
// alias reduction out again.
func transformAny(lines *[lineCount]float32, block blockType, before, now *subbandSamples) {
	if block != blockShort {
		transformLong(lines, block, before, now)
		for edge := slotCount; edge < lineCount; edge += slotCount {
			for i, b := range aliasButterflies {
				l, u := lines[edge-1-i], lines[edge+i]
				lines[edge-1-i], lines[edge+i] = l*b.cs-u*b.ca, u*b.cs+l*b.ca
			}
		}
		return
	}
	var spectra [shortWindows][lineCount / shortWindows]float32
	transformShort(&spectra, before, now)
	for i := range lines {
		lines[i] = spectra[i%3][i/slotCount*shortLines+i%slotCount/3]
	}
}

func TestFFT(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var x, spare [fftSize]complex64
	in := noiseSlice(rng, 2*fftSize)
	for i := range x {
		x[i] = complex(in[2*i], in[2*i+1])
	}
	want := x
	got := fft(&x, &spare)
	for _, k := range []int{0, 1, 2, 255, 256, 511, 512, 700, 1023} {
		re, im := 0.0, 0.0
		for i, v := range want {
			sin, cos := math.Sincos(-2 * math.Pi * float64(k*i%fftSize) / fftSize)
			re += float64(real(v))*cos - float64(imag(v))*sin
			im += float64(real(v))*sin + float64(imag(v))*cos
		}
		near(t, "real", re, float64(real(got[k])), 1e-3)
		near(t, "imag", im, float64(imag(got[k])), 1e-3)
	}
}
