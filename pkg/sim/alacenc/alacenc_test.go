package alacenc_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio/alac"
	"github.com/breezeway-audio/breezeway/pkg/sim/alacenc"
)

const frameLength = 352

// A signal gives sample n of a channel, within 16 bits.
type signal func(rng *rand.Rand, n, channel int) int32

var signals = map[string]signal{
	"silence":         func(*rand.Rand, int, int) int32 { return 0 },
	"full scale":      square,
	"opposite rails":  func(_ *rand.Rand, _, ch int) int32 { return []int32{math.MaxInt16, math.MinInt16}[ch] },
	"white noise":     white,
	"faint noise":     func(rng *rand.Rand, _, _ int) int32 { return rng.Int32N(5) - 2 },
	"sparse impulses": sparse,
	"tone":            tone,
	"sides opposed":   func(rng *rand.Rand, n, ch int) int32 { return tone(rng, n, 0) * int32(1-2*ch) },
	"changing":        changing,
}

func square(_ *rand.Rand, n, _ int) int32 { return []int32{math.MaxInt16, math.MinInt16}[n/40%2] }

func white(rng *rand.Rand, _, _ int) int32 { return rng.Int32N(65536) - 32768 }

func sparse(rng *rand.Rand, _, _ int) int32 {
	if rng.IntN(60) > 0 {
		return 0
	}
	return rng.Int32N(65536) - 32768
}

func tone(_ *rand.Rand, n, ch int) int32 {
	return int32(20000 * math.Sin(0.05*float64(n)+0.2*float64(ch)))
}

// changing jumps between the others, so that predictors start far off.
func changing(rng *rand.Rand, n, ch int) int32 {
	return []signal{tone, sparse, white, square}[n/500%4](rng, n, ch)
}

func blocks(make16 signal, lengths []int) [][]int32 {
	rng := rand.New(rand.NewPCG(1, 2))
	var all [][]int32
	n := 0
	for _, frames := range lengths {
		pcm := make([]int32, 0, 2*frames)
		for range frames {
			pcm = append(pcm, make16(rng, n, 0), make16(rng, n, 1))
			n++
		}
		all = append(all, pcm)
	}
	return all
}

func decoder(t *testing.T) *alac.Decoder {
	t.Helper()
	d, err := alac.NewDecoder(alac.Config{
		FrameLength: frameLength, BitDepth: alacenc.BitDepth, PB: alacenc.PB, MB: alacenc.MB, KB: alacenc.KB,
		Channels: alacenc.Channels, MaxRun: alacenc.MaxRun, SampleRate: 44100,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func checkDecodes(t *testing.T, d *alac.Decoder, want []int32, packet []byte) {
	t.Helper()
	got := make([]int32, 2*frameLength)
	frames, err := d.Decode(got, packet)
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	if !slices.Equal(want, got[:2*frames]) {
		t.Fatalf("want %d frames as sent, got %d other ones", len(want)/2, frames)
	}
}

func TestPacketsDecodeBitExact(t *testing.T) {
	lengths := append(slices.Repeat([]int{frameLength}, 60), 1, 2, 5, 6, frameLength-1, frameLength)
	for name, s := range signals {
		t.Run(name, func(t *testing.T) {
			e, err := alacenc.New(frameLength)
			if err != nil {
				t.Fatal(err)
			}
			d := decoder(t)
			for _, pcm := range blocks(s, lengths) {
				checkDecodes(t, d, pcm, e.Append(nil, pcm))
				checkDecodes(t, d, pcm, alacenc.AppendUncompressed(nil, pcm))
			}
		})
	}
}

func TestPacketSizes(t *testing.T) {
	const raw = 4 * frameLength
	tests := []struct {
		signal   string
		min, max int // bytes of a full packet
	}{
		{"silence", 20, 48},
		{"tone", 48, raw * 3 / 5},
		{"faint noise", 48, raw / 3},
		{"white noise", raw, raw + 4}, // escape: header and end tag are all it costs
	}
	for _, tt := range tests {
		t.Run(tt.signal, func(t *testing.T) {
			e, err := alacenc.New(frameLength)
			if err != nil {
				t.Fatal(err)
			}
			for i, pcm := range blocks(signals[tt.signal], slices.Repeat([]int{frameLength}, 20)) {
				if got := len(e.Append(nil, pcm)); got < tt.min || got > tt.max {
					t.Fatalf("packet %d: want %d to %d bytes, got %d", i, tt.min, tt.max, got)
				}
			}
		})
	}
}

func TestUncompressedIsPulseAudios(t *testing.T) {
	packet := alacenc.AppendUncompressed([]byte("head"), make([]int32, 2*frameLength))
	wantStart := []byte{'h', 'e', 'a', 'd', 0x20, 0x00, 0x12, 0x00, 0x00, 0x02, 0xc0}
	if !slices.Equal(wantStart, packet[:len(wantStart)]) {
		t.Errorf("want start % x, got % x", wantStart, packet[:len(wantStart)])
	}
	if want, got := 4+1415, len(packet); want != got {
		t.Errorf("want %d bytes, got %d", want, got)
	}
}

func TestNewRefusesFrameLength(t *testing.T) {
	for _, n := range []int{-1, 0, alacenc.MaxFrameLength + 1} {
		if _, err := alacenc.New(n); err == nil {
			t.Errorf("frame length %d: want an error", n)
		}
	}
}
