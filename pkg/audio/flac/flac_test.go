package flac_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	mewkiz "github.com/mewkiz/flac"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/flac"
)

func newEncoder(t testing.TB, f audio.Format, blockFrames int) *flac.Encoder {
	t.Helper()
	e, err := flac.NewEncoder(f, blockFrames)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// encode makes a whole stream of pcm.
func encode(t testing.TB, f audio.Format, blockFrames int, pcm []int32) []byte {
	t.Helper()
	e := newEncoder(t, f, blockFrames)
	stream := e.AppendHeader(nil)
	for block := range slices.Chunk(pcm, blockFrames*f.Channels) {
		stream = e.AppendFrame(stream, block)
	}
	return stream
}

// decode reads a stream with another implementation and checks that every
// frame says its format by itself.
func decode(t testing.TB, f audio.Format, stream []byte) []int32 {
	t.Helper()
	s, err := mewkiz.New(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	var pcm []int32
	for number := uint64(0); ; number++ {
		frame, err := s.ParseNext()
		if errors.Is(err, io.EOF) {
			return pcm
		}
		if err != nil {
			t.Fatalf("frame %d: %v", number, err)
		}
		h := frame.Header
		if h.Num != number || int(h.SampleRate) != f.SampleRate || int(h.BitsPerSample) != f.BitDepth || !h.HasFixedBlockSize {
			t.Fatalf("frame %d: header %+v", number, h)
		}
		for i := range int(h.BlockSize) {
			for c := range f.Channels {
				pcm = append(pcm, frame.Subframes[c].Samples[i])
			}
		}
	}
}

// A sound gives samples between -1 and 1.
type sound struct {
	name   string
	sample func(rng *rand.Rand, frame, channel int) float64
}

var sounds = []sound{
	{"silence", func(*rand.Rand, int, int) float64 { return 0 }},
	{"constant", func(_ *rand.Rand, _, channel int) float64 { return 0.5 - float64(channel) }},
	{"tone", func(_ *rand.Rand, i, _ int) float64 { return 0.8 * math.Sin(float64(i)/20) }},
	{"two tones", func(_ *rand.Rand, i, c int) float64 { return 0.8 * math.Sin(float64(i)/float64(20+c)) }},
	{"ramp", func(_ *rand.Rand, i, _ int) float64 { return float64(i%2000)/1000 - 1 }},
	{"quiet noise", func(rng *rand.Rand, _, _ int) float64 { return rng.NormFloat64() / 1000 }},
	{"full-scale noise", func(rng *rand.Rand, _, _ int) float64 { return 2*rng.Float64() - 1 }},
	{"square", func(_ *rand.Rand, i, c int) float64 { return math.Copysign(1, float64(i%100-50-c)) }},
	{"opposite squares", func(_ *rand.Rand, i, c int) float64 { return math.Copysign(1, float64((i%100-50)*(1-2*c))) }},
	{"one click", func(_ *rand.Rand, i, _ int) float64 { return float64(max(0, 1-abs(i-500))) }},
	{"tone in the right channel only", func(_ *rand.Rand, i, c int) float64 { return float64(c) * math.Sin(float64(i)/15) }},
}

func abs(i int) int { return max(i, -i) }

// pcm renders frames of s, rounded and clipped to the format.
func (s sound) pcm(f audio.Format, frames int) []int32 {
	rng := rand.New(rand.NewPCG(1, 2))
	scale := math.Ldexp(1, f.BitDepth-1)
	pcm := make([]int32, 0, frames*f.Channels)
	for i := range frames {
		for c := range f.Channels {
			v := math.Round(s.sample(rng, i, c) * scale)
			pcm = append(pcm, int32(max(-scale, min(scale-1, v))))
		}
	}
	return pcm
}

var formats = []audio.Format{
	audio.CD,
	{SampleRate: 44100, Channels: 1, BitDepth: 16},
	{SampleRate: 48000, Channels: 2, BitDepth: 24},
	{SampleRate: 192000, Channels: 1, BitDepth: 24},
}

func TestRoundTrip(t *testing.T) {
	for _, f := range formats {
		for _, s := range sounds {
			for _, blockFrames := range []int{16, 192, 352, 704, 1152, 4096, 4608} {
				t.Run(fmt.Sprintf("%v/%s/%d", f, s.name, blockFrames), func(t *testing.T) {
					want := s.pcm(f, 10000)
					got := decode(t, f, encode(t, f, blockFrames, want))
					if !slices.Equal(want, got) {
						t.Fatal("samples differ")
					}
				})
			}
		}
	}
}

// TestLastFrame ends streams with frames of every length.
func TestLastFrame(t *testing.T) {
	for _, s := range []sound{sounds[1], sounds[2], sounds[6]} {
		for n := 1; n <= 300; n++ {
			want := s.pcm(audio.CD, 300+n)
			if got := decode(t, audio.CD, encode(t, audio.CD, 300, want)); !slices.Equal(want, got) {
				t.Fatalf("%s, last frame of %d: samples differ", s.name, n)
			}
		}
	}
}

// A stream that another encoder goes on with is the same, bit by bit.
func TestContinue(t *testing.T) {
	const block = 576
	pcm := make([]int32, 300*block*2)
	for i := range pcm {
		pcm[i] = int32(i*37%4001 - 2000)
	}
	first, err := flac.NewEncoder(audio.CD, block)
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	for n := range 300 {
		want = first.AppendFrame(want[:0], pcm[n*block*2:(n+1)*block*2])
	}
	second, err := flac.NewEncoder(audio.CD, block)
	if err != nil {
		t.Fatal(err)
	}
	second.Continue(299)
	if got := second.AppendFrame(nil, pcm[299*block*2:]); !bytes.Equal(want, got) {
		t.Errorf("want the same frame from the encoder that goes on")
	}
}
