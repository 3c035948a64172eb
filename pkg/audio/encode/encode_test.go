package encode_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/mewkiz/flac"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/encode"
)

var studio = audio.Format{SampleRate: 48000, Channels: 2, BitDepth: 24}

func newEncoder(t testing.TB, c audio.Codec, f audio.Format, o encode.Options) encode.Encoder {
	t.Helper()
	e, err := encode.New(c, f, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestPacking(t *testing.T) {
	pcm := []int32{0x1234, -2, 0, -0x8000}
	cases := []struct {
		name   string
		codec  audio.Codec
		format audio.Format
		pcm    []int32
		want   string
	}{
		{"wav, 16 bit", audio.WAV, audio.CD, pcm, "3412feff00000080"},
		{"wav, 24 bit", audio.WAV, studio, pcm, "341200feffff0000000080ff"},
		{"l16", audio.L16, audio.CD, pcm, "1234fffe00008000"},
		{"l24", audio.L16, studio, pcm, "001234fffffe000000ff8000"},
		{"24 bit, widest", audio.WAV, studio, []int32{1<<23 - 1, -1 << 23}, "ffff7f000080"},
		{"nothing", audio.L16, audio.CD, nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := newEncoder(t, c.codec, c.format, encode.Options{})
			got := e.Encode([]byte{0xEE}, c.pcm)
			if want := "ee" + c.want; want != hex.EncodeToString(got) {
				t.Errorf("want %s, got %x", want, got)
			}
			if rest := e.Flush(nil); len(rest) != 0 {
				t.Errorf("want nothing held back, got %x", rest)
			}
			if got := e.BlockFrames(); got != 1 {
				t.Errorf("want units of 1 frame, got %d", got)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	cases := []struct {
		name   string
		codec  audio.Codec
		format audio.Format
		want   string
	}{
		{"wav, CD", audio.WAV, audio.CD, "52494646ffffffff57415645666d7420100000000100020044ac000010b102000400100064617461ffffffff"},
		{"wav, 24 bit", audio.WAV, studio, "52494646ffffffff57415645666d7420100000000100020080bb0000006504000600180064617461ffffffff"},
		{"l16", audio.L16, audio.CD, ""},
		{"flac", audio.FLAC, audio.CD, "664c614380000022048004800000000000000ac442f000000000" + strings.Repeat("0", 32)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := hex.EncodeToString(newEncoder(t, c.codec, c.format, encode.Options{}).Header()); c.want != got {
				t.Errorf("want %s, got %s", c.want, got)
			}
		})
	}
}

func TestNewRejects(t *testing.T) {
	cases := []struct {
		name    string
		codec   audio.Codec
		format  audio.Format
		options encode.Options
		want    string
	}{
		{"mp3 of 24 bit", audio.MP3, studio, encode.Options{}, "16 bit"},
		{"mp3 at an odd bitrate", audio.MP3, audio.CD, encode.Options{BitrateKbps: 200}, "200"},
		{"unknown", audio.CodecUnknown, audio.CD, encode.Options{}, "unknown"},
		{"8 bit", audio.WAV, audio.Format{SampleRate: 44100, Channels: 2, BitDepth: 8}, encode.Options{}, "44100/2/8"},
		{"surround", audio.L16, audio.Format{SampleRate: 44100, Channels: 6, BitDepth: 16}, encode.Options{}, "44100/6/16"},
		{"no rate", audio.WAV, audio.Format{Channels: 2, BitDepth: 16}, encode.Options{}, "0/2/16"},
		{"flac at an odd rate", audio.FLAC, audio.Format{SampleRate: 12345, Channels: 2, BitDepth: 16}, encode.Options{}, "12345"},
		{"flac in huge blocks", audio.FLAC, audio.CD, encode.Options{BlockFrames: 1 << 20}, "1048576"},
		{"flac in negative blocks", audio.FLAC, audio.CD, encode.Options{BlockFrames: -1}, "-1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if e, err := encode.New(c.codec, c.format, c.options); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("want an error with %q, got %v, %v", c.want, e, err)
			}
		})
	}
}

func tone(frames int) []int32 {
	pcm := make([]int32, 2*frames)
	for i := range pcm {
		pcm[i] = int32(20000 * math.Sin(float64(i)/40))
	}
	return pcm
}

// TestMP3Frames feeds packets of several sizes: what comes out of each call is
// whole frames of the bitrate asked for (ISO/IEC 11172-3 clause 2.4.1.3).
func TestMP3Frames(t *testing.T) {
	for _, c := range []struct{ kbps, want int }{{0, 1044}, {320, 1044}, {128, 417}} {
		for _, packetFrames := range []int{352, 1152, 5000} {
			e := newEncoder(t, audio.MP3, audio.CD, encode.Options{BitrateKbps: c.kbps})
			if e.Header() != nil || e.BlockFrames() != 1152 {
				t.Fatalf("want no header and frames of 1152, got %x, %d", e.Header(), e.BlockFrames())
			}
			frames := 0
			check := func(unit []byte) {
				for len(unit) > 0 {
					size := c.want + int(unit[2]>>1&1) // the padding bit
					if unit[0] != 0xff || unit[1] != 0xfb || len(unit) < size {
						t.Fatalf("want a whole frame of Layer III, got %x, %d bytes", unit[:4], len(unit))
					}
					unit, frames = unit[size:], frames+1
				}
			}
			for packet := range slices.Chunk(tone(20000), 2*packetFrames) {
				check(e.Encode(nil, packet))
			}
			check(e.Flush(nil))
			if frames < 20000/1152 {
				t.Errorf("packets of %d frames: want all sound in frames, got %d", packetFrames, frames)
			}
		}
	}
}

// TestFLACBlocks feeds packets of several sizes: what comes out is whole frames
// of one block size, and a shorter last one.
func TestFLACBlocks(t *testing.T) {
	for _, packetFrames := range []int{1, 352, 1152, 5000} {
		e := newEncoder(t, audio.FLAC, audio.CD, encode.Options{BlockFrames: 704})
		if got := e.BlockFrames(); got != 704 {
			t.Fatalf("want blocks of 704 frames, got %d", got)
		}
		want := tone(10000)
		out := slices.Clone(e.Header())
		for packet := range slices.Chunk(want, 2*packetFrames) {
			out = e.Encode(out, packet)
		}
		sizes, got := decodeFLAC(t, e.Flush(out))
		if !slices.Equal(want, got) {
			t.Fatalf("packets of %d frames: samples differ", packetFrames)
		}
		last := len(sizes) - 1
		if sizes[last] != 10000%704 || slices.ContainsFunc(sizes[:last], func(n int) bool { return n != 704 }) {
			t.Errorf("packets of %d frames: got blocks %v", packetFrames, sizes)
		}
		if rest := e.Flush(nil); len(rest) != 0 {
			t.Errorf("want nothing after the last block, got %d bytes", len(rest))
		}
	}
}

func decodeFLAC(t *testing.T, stream []byte) (blocks []int, pcm []int32) {
	t.Helper()
	s, err := flac.New(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	for {
		frame, err := s.ParseNext()
		if errors.Is(err, io.EOF) {
			return blocks, pcm
		}
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, int(frame.BlockSize))
		for i := range int(frame.BlockSize) {
			pcm = append(pcm, frame.Subframes[0].Samples[i], frame.Subframes[1].Samples[i])
		}
	}
}

// TestForeignPlayer has ffmpeg play every codec, from the header and then from
// some way into the stream, as a late listener hears it.
func TestForeignPlayer(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not on PATH: nothing else reads all three codecs")
	}
	inputs := map[audio.Codec][]string{
		audio.FLAC: {"-f", "flac"},
		audio.WAV:  {"-f", "wav"},
		audio.L16:  {"-f", "s16be", "-ar", "44100", "-ac", "2"},
	}
	want := tone(11520)
	for codec, input := range inputs {
		for _, skipped := range []int{0, 4} {
			e := newEncoder(t, codec, audio.CD, encode.Options{})
			stream := slices.Clone(e.Header())
			for i := range 10 {
				unit := e.Encode(nil, want[i*2304:(i+1)*2304])
				if i >= skipped {
					stream = append(stream, unit...)
				}
			}
			cmd := exec.Command(ffmpeg, slices.Concat([]string{"-v", "error"}, input, []string{"-i", "-", "-f", "s16le", "-"})...)
			cmd.Stdin = bytes.NewReader(stream)
			var complaints bytes.Buffer
			cmd.Stderr = &complaints
			got, err := cmd.Output()
			if err != nil || complaints.Len() > 0 {
				t.Fatalf("%v from unit %d: %v %s", codec, skipped, err, &complaints)
			}
			if wanted := newEncoder(t, audio.WAV, audio.CD, encode.Options{}).Encode(nil, want[skipped*2304:]); !bytes.Equal(wanted, got) {
				t.Errorf("%v from unit %d: ffmpeg hears something else", codec, skipped)
			}
		}
	}
}

func TestEncodeAllocates(t *testing.T) {
	packet := tone(352)
	buf := make([]byte, 0, 1<<16)
	for _, c := range []audio.Codec{audio.FLAC, audio.WAV, audio.L16} {
		e := newEncoder(t, c, audio.CD, encode.Options{})
		if allocs := testing.AllocsPerRun(20, func() { e.Encode(buf, packet) }); allocs != 0 {
			t.Errorf("%v: want no allocation, got %v", c, allocs)
		}
	}
}
