package resample_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
)

var (
	studioMono = audio.Format{SampleRate: 48000, Channels: 1, BitDepth: 24}
	second     = audio.CD.SampleRate
)

// tone is seconds of a sine at half of full scale, the same on both channels.
func tone(hertz float64, seconds, bitDepth int) []int32 {
	peak := float64(int64(1) << (bitDepth - 2))
	pcm := make([]int32, 0, 2*seconds*second)
	for i := range seconds * second {
		v := int32(math.RoundToEven(peak * math.Sin(2*math.Pi*hertz*float64(i)/float64(second))))
		pcm = append(pcm, v, v)
	}
	return pcm
}

// play feeds pcm in packets as an AirPlay sender cuts them.
func play(r *resample.Resampler, dst, pcm []int32) []int32 {
	for packet := range slices.Chunk(pcm, 2*352) {
		dst = r.Process(dst, packet)
	}
	return dst
}

func TestWithoutCorrectionNothingChanges(t *testing.T) {
	for _, f := range []audio.Format{audio.CD, studioMono} {
		rapid.Check(t, func(t *rapid.T) {
			r := resample.New(f)
			limit := int32(1) << (f.BitDepth - 1)
			var want, got []int32
			for range 3 { // a flush ends a sound, not the Resampler
				sample := rapid.Int32Range(-limit, limit-1)
				for range rapid.IntRange(0, 5).Draw(t, "calls") {
					frames := rapid.IntRange(0, 90).Draw(t, "frames") * f.Channels
					src := rapid.SliceOfN(sample, frames, frames).Draw(t, "src")
					want = append(want, src...)
					got = r.Process(got, src)
				}
				if late := len(want) - len(got); late > 32*f.Channels {
					t.Fatalf("want output at most 32 frames late, got %d samples", late)
				}
				got = r.Flush(got)
			}
			if !slices.Equal(want, got) {
				t.Fatalf("%v: want the input, got another %d of %d samples", f, len(got), len(want))
			}
		})
	}
}

// TestFrames: what comes out is longer or shorter by just the ratio, and Flush
// brings the end of it.
func TestFrames(t *testing.T) {
	for _, ppm := range []float64{-500, -300, -1, 1, 100, 500} {
		r := resample.New(audio.CD)
		r.SetPPM(ppm)
		src := tone(997, 1, 16)
		want, got := 0.0, []int32(nil)
		for range 60 {
			for packet := range slices.Chunk(src, 2*352) {
				before := r.PPM()
				got = r.Process(got, packet)
				want += float64(len(packet)/2) * (1 + (before+r.PPM())/2*1e-6)
			}
		}
		if r.PPM() != ppm {
			t.Errorf("want %v ppm after a minute, got %v", ppm, r.PPM())
		}
		got = r.Flush(got)
		if frames := float64(len(got) / 2); math.Abs(frames-want) > 2 {
			t.Errorf("%v ppm: want %.1f frames, got %.0f", ppm, want, frames)
		}
	}
}

// TestRatioMovesSlowly: by no more than 25 ppm in a second.
func TestRatioMovesSlowly(t *testing.T) {
	r := resample.New(audio.CD)
	packet := make([]int32, 2*441) // 10 ms
	for _, ppm := range []float64{300, -300, math.Inf(1), math.Inf(-1), 1e9, math.NaN()} {
		r.SetPPM(ppm)
		for range 100 * 45 {
			before := r.PPM()
			r.Process(nil, packet)
			if moved := math.Abs(r.PPM() - before); moved > 0.26 && r.PPM() != 0 && math.Abs(r.PPM()) != 25 {
				t.Fatalf("from %v ppm on toward %v: moved by %v in 10 ms", before, ppm, moved)
			}
		}
		want := max(-resample.MaxPPM, min(resample.MaxPPM, ppm))
		if math.IsNaN(ppm) {
			want = 0
		}
		if got := r.PPM(); got != want {
			t.Errorf("want %v ppm in the end, got %v", want, got)
		}
	}
}

// TestNoClick has a correction come, turn and go. A sine obeys
// x[n+1] - 2 cos(w) x[n] + x[n-1] = 0: what is left of that is the bent pitch, at
// 500 ppm 84 of 2^23, and what the filter does. A click of -97 dB shows.
func TestNoClick(t *testing.T) {
	const hertz = 997
	f := audio.Format{SampleRate: second, Channels: 2, BitDepth: 24}
	r := resample.New(f)
	src := tone(hertz, 30, f.BitDepth)
	var got []int32
	for _, ppm := range []float64{0, 40, 0, -40, 0, 70, 0, -70, 0, 500, -500, -1, 0} {
		r.SetPPM(ppm)
		got = play(r, got, src) // whole periods: the next one goes on where it ends
	}
	coefficient := 2 * math.Cos(2*math.Pi*hertz/float64(second))
	for i := 2 * 64; i+3 < len(got); i += 2 {
		left := float64(got[i+2]) - coefficient*float64(got[i]) + float64(got[i-2])
		if math.Abs(left) > 110 {
			t.Fatalf("click of %.1f at frame %d of %d", left, i/2, len(got)/2)
		}
		if got[i] != got[i+1] {
			t.Fatalf("channels differ at frame %d", i/2)
		}
	}
	if r.PPM() != 0 {
		t.Errorf("want no correction in the end, got %v ppm", r.PPM())
	}
	if !within(got[len(got)-2*second:], src) {
		t.Error("want the input again when the correction has gone")
	}
}

// within reports whether a piece of sound is found in the whole.
func within(piece, whole []int32) bool {
	for at := 0; at+len(piece) <= len(whole); at += 2 {
		if slices.Equal(piece, whole[at:at+len(piece)]) {
			return true
		}
	}
	return false
}

func TestLoudestSoundStaysInRange(t *testing.T) {
	for _, f := range []audio.Format{audio.CD, studioMono} {
		r := resample.New(f)
		r.SetPPM(-500)
		limit := int32(1) << (f.BitDepth - 1)
		random := rand.New(rand.NewPCG(1, 2))
		src := make([]int32, 4800)
		touched := 0
		for range 200 {
			for i := range src {
				src[i] = limit - 1
				if random.IntN(2) == 0 {
					src[i] = -limit
				}
			}
			for _, v := range r.Process(nil, src) {
				if v < -limit || v >= limit {
					t.Fatalf("%v: sample %d", f, v)
				}
				if v == -limit || v == limit-1 {
					touched++
				}
			}
		}
		if touched == 0 {
			t.Errorf("%v: want loud samples cut at the limit, saw none there", f)
		}
	}
}

func TestSilenceStaysSilence(t *testing.T) {
	r := resample.New(audio.CD)
	r.SetPPM(300)
	r.Process(nil, tone(997, 2, 16))
	r.Process(nil, make([]int32, 2*100))
	if got := r.Process(nil, make([]int32, 2*second)); !audio.Silent(got) || len(got) == 0 {
		t.Error("want silence")
	}
}

func TestNoAllocation(t *testing.T) {
	packet := tone(997, 1, 16)[:2*352]
	dst := make([]int32, 0, 4*352)
	for _, ppm := range []float64{0, 100} {
		r := resample.New(audio.CD)
		r.SetPPM(ppm)
		r.Process(dst, packet)
		r.Process(dst, packet)
		if allocs := testing.AllocsPerRun(50, func() { r.Process(dst, packet) }); allocs != 0 {
			t.Errorf("%v ppm: want no allocation, got %v", ppm, allocs)
		}
	}
}
