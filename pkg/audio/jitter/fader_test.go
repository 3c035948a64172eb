package jitter_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

// partial is one sine of a test signal: frequency in Hz, amplitude in steps of
// 16 bits.
type partial struct{ hertz, amplitude float64 }

// harmonics are the first n of a sawtooth.
func harmonics(hertz, amplitude float64, n int) []partial {
	var all []partial
	for i := range n {
		all = append(all, partial{hertz * float64(i+1), amplitude / float64(i+1)})
	}
	return all
}

var signals = map[string][]partial{
	"1 kHz":      {{1000, 16000}},
	"low":        {{55, 30000}},
	"chord":      {{220, 6000}, {277.18, 6000}, {329.63, 6000}, {1760, 2000}},
	"voice":      harmonics(123.4, 8000, 30),
	"full scale": {{997, 32767}},
	"inharmonic": {{431, 5000}, {777, 5000}, {1234.5, 4000}, {2718.28, 3000}, {3141.59, 1000}},
}

// music renders packets of a signal; the right channel is the left turned
// upside down, so that their sum is silence.
func music(partials []partial, packets int) []int32 {
	pcm := make([]int32, packets*frameLength*2)
	for i := range packets * frameLength {
		v := 0.0
		for n, p := range partials {
			v += p.amplitude * math.Sin(2*math.Pi*p.hertz*float64(i)/44100+float64(n))
		}
		pcm[2*i], pcm[2*i+1] = int32(math.Round(v)), -int32(math.Round(v))
	}
	return pcm
}

// through plays pcm, of which the lost packets are concealed.
func through(f *jitter.Fader, pcm []int32, lost func(packet int) bool) []int32 {
	out := slices.Clone(pcm)
	packet := 0
	for chunk := range slices.Chunk(out, frameLength*2) {
		if lost(packet) {
			f.Conceal(chunk)
		} else {
			f.Play(chunk)
		}
		packet++
	}
	return out
}

// hardZeros is what through would give without any shape.
func hardZeros(pcm []int32, lost func(packet int) bool) []int32 {
	out := slices.Clone(pcm)
	packet := 0
	for chunk := range slices.Chunk(out, frameLength*2) {
		if lost(packet) {
			clear(chunk)
		}
		packet++
	}
	return out
}

func decibels(ratio float64) float64 { return 10 * math.Log10(ratio) }

func TestFaderMakesNoClick(t *testing.T) {
	losses := map[string]func(packet int) bool{
		"one packet":   func(n int) bool { return n == 8 },
		"every fourth": func(n int) bool { return n >= 8 && n%4 == 0 },
		"200 ms":       func(n int) bool { return n >= 8 && n < 33 },
	}
	for signal, partials := range signals {
		for loss, lost := range losses {
			t.Run(signal+", "+loss, func(t *testing.T) {
				clean := music(partials, 42)
				out := lab.Left(through(jitter.NewFader(audio.CD), clean, lost))
				zeros := lab.Left(hardZeros(clean, lost))
				step, cleanStep, zeroStep := lab.GreatestStep(out), lab.GreatestStep(lab.Left(clean)), lab.GreatestStep(zeros)
				better := decibels(lab.Above8kHz(zeros) / lab.Above8kHz(out))
				t.Logf("greatest step %.0f (clean %.0f, zeros %.0f), above 8 kHz %.1f dB less than zeros", step, cleanStep, zeroStep, better)
				if step > 1.3*cleanStep {
					t.Errorf("want no step much above the %.0f of the sound, got %.0f", cleanStep, step)
				}
				if better < 25 {
					t.Errorf("want 25 dB less above 8 kHz than hard zeros have, got %.1f", better)
				}
			})
		}
	}
}

// Silence lies in the hole alone, and behind the fade every sample is exact.
func TestFaderTouchesOnlyTheHole(t *testing.T) {
	fade := int(audio.CD.Frames(4 * time.Millisecond))
	clean := music(signals["chord"], 30)
	out := through(jitter.NewFader(audio.CD), clean, func(n int) bool { return n == 10 || n == 11 })
	from, to := 10*frameLength, 12*frameLength
	if !slices.Equal(clean[:2*from], out[:2*from]) {
		t.Error("want the sound before the hole exact")
	}
	if hole := out[2*(from+fade) : 2*to]; !audio.Silent(hole) {
		t.Error("want silence behind the fade out")
	}
	if !slices.Equal(clean[2*(to+fade):], out[2*(to+fade):]) {
		t.Error("want the sound behind the fade in exact")
	}
	if slices.Equal(clean[2*to:2*(to+fade)], out[2*to:2*(to+fade)]) {
		t.Error("want the sound behind the hole faded in")
	}
}

func TestFaderPassesWhatIsWhole(t *testing.T) {
	clean := music(signals["full scale"], 50)
	if out := through(jitter.NewFader(audio.CD), clean, func(int) bool { return false }); !slices.Equal(clean, out) {
		t.Error("want every sample exact")
	}
}

// Sound that begins at zero after a pause needs no fade; neither does what
// follows a Reset.
func TestFaderLeavesABeginningAlone(t *testing.T) {
	begins := music([]partial{{1000, 16000}}, 2)
	for name, pause := range map[string]func(*jitter.Fader){
		"at zero after a pause": func(f *jitter.Fader) { f.Conceal(make([]int32, frameLength*2)) },
		"after a reset": func(f *jitter.Fader) {
			f.Play(music(signals["voice"], 2))
			f.Conceal(make([]int32, 20))
			f.Reset()
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := jitter.NewFader(audio.CD)
			pause(f)
			out := slices.Clone(begins)
			f.Play(out)
			if !slices.Equal(begins, out) {
				t.Error("want the beginning exact")
			}
		})
	}
}

// How the sound is cut into packets changes nothing.
func TestFaderDoesNotDependOnPackets(t *testing.T) {
	clean := music(signals["inharmonic"], 12)
	frames := len(clean) / 2
	rapid.Check(t, func(t *rapid.T) {
		lost := make([]bool, frames)
		for range rapid.IntRange(0, 5).Draw(t, "holes") {
			from := rapid.IntRange(0, frames-1).Draw(t, "from")
			for i := range rapid.IntRange(1, 700).Draw(t, "length") {
				lost[min(from+i, frames-1)] = true
			}
		}
		play := func(longest int) []int32 {
			f, out := jitter.NewFader(audio.CD), slices.Clone(clean)
			for from := 0; from < frames; {
				to := from + 1
				for to < frames && lost[to] == lost[from] && to-from < longest {
					to++
				}
				if chunk := out[2*from : 2*to]; lost[from] {
					f.Conceal(chunk)
				} else {
					f.Play(chunk)
				}
				from = to
			}
			return out
		}
		if !slices.Equal(play(frames), play(rapid.IntRange(1, 500).Draw(t, "packet"))) {
			t.Error("want the same sound in packets of another length")
		}
	})
}

// Noise at full scale goes to the edges of the range and not beyond them.
func TestFaderKeepsTheRange(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, format := range []audio.Format{audio.CD, {SampleRate: 48000, Channels: 1, BitDepth: 24}} {
		limit := int32(1) << (format.BitDepth - 1)
		f := jitter.NewFader(format)
		for n := range 200 {
			pcm := make([]int32, 96*format.Channels)
			for i := range pcm {
				pcm[i] = limit - 1 - rng.Int32N(2)*(2*limit-1)
			}
			if n%3 == 2 {
				f.Conceal(pcm)
			} else {
				f.Play(pcm)
			}
			if slices.Max(pcm) >= limit || slices.Min(pcm) < -limit {
				t.Fatalf("%v: want samples within %d bits, got %d to %d", format, format.BitDepth, slices.Min(pcm), slices.Max(pcm))
			}
		}
	}
}

func TestFaderDoesNotAllocate(t *testing.T) {
	f, pcm := jitter.NewFader(audio.CD), music(signals["1 kHz"], 1)
	if got := testing.AllocsPerRun(100, func() { f.Play(pcm); f.Conceal(pcm) }); got > 0 {
		t.Errorf("want no allocation, got %v", got)
	}
}

func BenchmarkFader(b *testing.B) {
	pcm := music(signals["voice"], 1)
	b.Run("whole packet", func(b *testing.B) {
		f := jitter.NewFader(audio.CD)
		for b.Loop() {
			f.Play(pcm)
		}
	})
	b.Run("hole", func(b *testing.B) {
		f := jitter.NewFader(audio.CD)
		for b.Loop() {
			f.Play(pcm)
			f.Conceal(pcm)
		}
	})
}
