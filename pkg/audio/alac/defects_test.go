package alac_test

import (
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio/alac"
)

// silence is a captured packet of 352 silent frames, followed by END.
const silence = "200000040013100981f8c1ff800000000000000000000013100981f8c1ff8000000000000000000000ff80afbfe02bfc"

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNewDecoderRejects(t *testing.T) {
	cases := []struct {
		name   string
		change func(*alac.Config)
	}{
		{"no frames", func(c *alac.Config) { c.FrameLength = 0 }},
		{"huge frames", func(c *alac.Config) { c.FrameLength = 1 << 30 }},
		{"20 bits", func(c *alac.Config) { c.BitDepth = 20 }},
		{"no channels", func(c *alac.Config) { c.Channels = 0 }},
		{"surround", func(c *alac.Config) { c.Channels = 6 }},
		{"negative pb", func(c *alac.Config) { c.PB = -1 }},
		{"mb of two bytes", func(c *alac.Config) { c.MB = 256 }},
		{"no kb", func(c *alac.Config) { c.KB = 0 }},
		{"kb above a value", func(c *alac.Config) { c.KB = 17 }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if d, err := alac.NewDecoder(with(c.change)); err == nil {
				t.Fatalf("want an error, got %v", d)
			}
		})
	}
}

func TestDecodeElements(t *testing.T) {
	const body = "200000040013100981f8c1ff800000000000000000000013100981f8c1ff8000000000000000000000ff80afbfe02b"
	cases := []struct {
		name, packet string
		want         string // part of the error, empty for none
	}{
		{"silence", silence, ""},
		{"junk behind the channels", silence + "ffff", ""},
		{"verbatim, no END, as PulseAudio sends it", "200012000002c0" + strings.Repeat("00", 1408), ""},
		{"empty", "", "too early"},
		{"one byte", "20", "too early"},
		{"END at once", "e0", "before the channels"},
		{"mono where stereo was announced", "00" + body[2:], "tag"},
		{"unsupported element", "40" + body[2:], "tag"},
		{"unused bits", "2001" + body[4:], "unused"},
		{"shifted bytes in 16 bits", "20000c04" + body[8:], "bytesShifted"},
		{"no samples", "20001200000000" + body[8:], "number of samples"},
		{"353 samples", "200012000002c2" + body[8:], "number of samples"},
		{"2^32-1 samples", "200013fffffffe" + body[8:], "number of samples"},
		{"verbatim samples cut off", "200012000002c0" + strings.Repeat("00", 1407), "too early"},
		{"mixBits", "2000010013" + body[10:], "mixBits"},
		{"too long", silence + strings.Repeat("00", 4096), "longer"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			frames, err := newDecoder(t, airplay()).Decode(make([]int32, 704), unhex(t, c.packet))
			if c.want == "" {
				if err != nil || frames != 352 {
					t.Fatalf("want 352 frames, got %d, %v", frames, err)
				}
				return
			}
			if !errors.Is(err, alac.ErrMalformed) || !strings.Contains(err.Error(), c.want) || frames != 0 {
				t.Fatalf("want no frames and an error with %q, got %d, %v", c.want, frames, err)
			}
		})
	}
}

// TestSkippedElements puts data and fill elements in front of the channels.
// They are not whole bytes, so all is shifted.
func TestSkippedElements(t *testing.T) {
	cases := []struct {
		name string
		head func(w *bitWriter)
	}{
		{"data", func(w *bitWriter) { w.write(4, 3); w.write(0, 4+1); w.write(1, 8); w.write(0xAA, 8) }},
		{"data, aligned", func(w *bitWriter) { w.write(4, 3); w.write(1, 4+1); w.write(2, 8); w.write(0xFFFF, 16) }},
		{"data, long", func(w *bitWriter) {
			w.write(4, 3)
			w.write(0, 4+1)
			w.write(255, 8)
			w.write(1, 8)
			w.bytes, w.used = append(w.bytes, make([]byte, 256)...), w.used+256*8
		}},
		{"fill, none", func(w *bitWriter) { w.write(6, 3); w.write(0, 4) }},
		{"fill, long", func(w *bitWriter) { w.write(6, 3); w.write(15, 4); w.write(1, 8); w.write(0, 15*8) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := &bitWriter{}
			c.head(w)
			for _, octet := range unhex(t, silence) {
				w.write(uint32(octet), 8)
			}
			frames, err := newDecoder(t, airplay()).Decode(make([]int32, 704), w.bytes)
			if err != nil || frames != 352 {
				t.Fatalf("want 352 frames, got %d, %v", frames, err)
			}
		})
	}
}

func TestDecodeShortDestination(t *testing.T) {
	_, err := newDecoder(t, airplay()).Decode(make([]int32, 703), unhex(t, silence))
	if err == nil || errors.Is(err, alac.ErrMalformed) {
		t.Fatalf("want an error that does not blame the packet, got %v", err)
	}
}

// TestTruncated cuts packets at every length. Only the bits of END and the
// padding may be missing.
func TestTruncated(t *testing.T) {
	packets := vectors[0].packets(t)
	d := newDecoder(t, airplay())
	dst := make([]int32, 704)
	for _, p := range [][]byte{packets[0], packets[120], packets[len(packets)-1]} {
		for n := range len(p) - 1 {
			if _, err := d.Decode(dst, p[:n]); !errors.Is(err, alac.ErrMalformed) {
				t.Fatalf("%d of %d bytes: want a malformed packet, got %v", n, len(p), err)
			}
		}
	}
}

// TestBadPacketLeavesNoTrace decodes a good packet after a damaged one.
func TestBadPacketLeavesNoTrace(t *testing.T) {
	good := vectors[0].packets(t)[0]
	want, got := make([]int32, 704), make([]int32, 704)
	if _, err := newDecoder(t, airplay()).Decode(want, good); err != nil {
		t.Fatal(err)
	}
	d := newDecoder(t, airplay())
	for _, p := range damaged(t, 100) {
		_, _ = d.Decode(got, p) // damage may or may not be noticed
	}
	if _, err := d.Decode(got, good); err != nil || !slices.Equal(want, got) {
		t.Fatalf("the packet decodes differently after damaged ones: %v", err)
	}
}

// damaged gives n real packets with a few flipped bits or random bytes.
func damaged(t testing.TB, n int) [][]byte {
	rng := rand.New(rand.NewPCG(7, 7))
	real := vectors[0].packets(t)
	packets := make([][]byte, n)
	for i := range packets {
		p := slices.Clone(real[rng.IntN(len(real))])
		for range 1 + rng.IntN(20) {
			p[rng.IntN(len(p))] ^= 1 << rng.IntN(8)
		}
		packets[i] = p[:1+rng.IntN(len(p))]
	}
	return packets
}

// TestDecodeAllocates checks good and bad packets alike: the latter come in
// floods.
func TestDecodeAllocates(t *testing.T) {
	d := newDecoder(t, airplay())
	dst := make([]int32, 704)
	packets := append(vectors[0].packets(t), damaged(t, 500)...)
	packets = append(packets, nil, make([]byte, 1<<16))
	allocs := testing.AllocsPerRun(3, func() {
		for _, p := range packets {
			_, _ = d.Decode(dst, p) // damage may or may not be noticed
		}
	})
	if allocs != 0 {
		t.Errorf("want no allocation, got %v", allocs)
	}
}

func FuzzDecode(f *testing.F) {
	for _, p := range vectors[0].packets(f)[:20] {
		f.Add(uint16(352), uint8(0), uint8(40), uint8(10), uint8(14), p)
	}
	f.Add(uint16(4096), uint8(1), uint8(40), uint8(10), uint8(14), vectors[3].packets(f)[2])
	f.Add(uint16(352), uint8(2), uint8(255), uint8(255), uint8(16), []byte{0})
	f.Fuzz(func(t *testing.T, frameLength uint16, shape, pb, mb, kb uint8, packet []byte) {
		c := alac.Config{
			FrameLength: int(frameLength), BitDepth: 16 + 8*int(shape&1), Channels: 1 + int(shape>>1&1),
			PB: int(pb), MB: int(mb), KB: int(kb),
		}
		d, err := alac.NewDecoder(c)
		if err != nil {
			return
		}
		dst := make([]int32, c.FrameLength*c.Channels)
		frames, err := d.Decode(dst, packet)
		if err != nil {
			if frames != 0 || !errors.Is(err, alac.ErrMalformed) {
				t.Fatalf("got %d frames and %v", frames, err)
			}
			return
		}
		if frames < 1 || frames > c.FrameLength {
			t.Fatalf("got %d frames of at most %d", frames, c.FrameLength)
		}
		again := make([]int32, len(dst))
		if n, err := d.Decode(again, packet); n != frames || err != nil || !slices.Equal(dst, again) {
			t.Fatalf("decoding again gives %d frames, not %d, %v", n, frames, err)
		}
	})
}
