package flac_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	mewkiz "github.com/mewkiz/flac"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/flac"
)

func TestNewEncoderRejects(t *testing.T) {
	cases := []struct {
		name        string
		format      audio.Format
		blockFrames int
	}{
		{"odd rate", audio.Format{SampleRate: 44101, Channels: 2, BitDepth: 16}, 1152},
		{"20 bits", audio.Format{SampleRate: 44100, Channels: 2, BitDepth: 20}, 1152},
		{"no channels", audio.Format{SampleRate: 44100, BitDepth: 16}, 1152},
		{"surround", audio.Format{SampleRate: 44100, Channels: 6, BitDepth: 16}, 1152},
		{"short block", audio.CD, 15},
		{"long block", audio.CD, 4609},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := flac.NewEncoder(c.format, c.blockFrames); err == nil {
				t.Fatal("want an error, got none")
			}
		})
	}
}

func TestAppendHeader(t *testing.T) {
	for _, f := range formats {
		header := newEncoder(t, f, 1152).AppendHeader([]byte{1})[1:]
		if want, got := 42, len(header); want != got {
			t.Errorf("%v: want %d bytes, got %d", f, want, got)
		}
		s, err := mewkiz.New(bytes.NewReader(header))
		if err != nil {
			t.Fatal(err)
		}
		i := s.Info
		got := audio.Format{SampleRate: int(i.SampleRate), Channels: int(i.NChannels), BitDepth: int(i.BitsPerSample)}
		if f != got || i.BlockSizeMin != 1152 || i.BlockSizeMax != 1152 || i.NSamples != 0 || i.MD5sum != [16]byte{} {
			t.Errorf("%v: got %+v", f, i)
		}
	}
}

// TestSilenceIsSmall: a listener to a paused stream costs next to nothing.
func TestSilenceIsSmall(t *testing.T) {
	e := newEncoder(t, audio.CD, 1152)
	if frame := e.AppendFrame(nil, make([]int32, 2304)); len(frame) > 16 {
		t.Errorf("want at most 16 bytes for a silent frame, got %d", len(frame))
	}
}

// TestNoiseIsVerbatim: what cannot be compressed takes its own size, one byte a
// subframe and the frame's header and checksum.
func TestNoiseIsVerbatim(t *testing.T) {
	pcm := sounds[6].pcm(audio.CD, 1152)
	frame := newEncoder(t, audio.CD, 1152).AppendFrame(nil, pcm)
	if want := 2*len(pcm) + 2 + 6 + 2; len(frame) > want {
		t.Errorf("want at most %d bytes, got %d", want, len(frame))
	}
}

func TestSampleRates(t *testing.T) {
	log.SetOutput(io.Discard) // mewkiz/flac asks for samples of the rarer rates.
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	for _, rate := range []int{8000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176400, 192000} {
		f := audio.Format{SampleRate: rate, Channels: 1, BitDepth: 16}
		decode(t, f, encode(t, f, 64, sounds[2].pcm(f, 64)))
	}
}

// TestLayouts looks for the channel assignments that the sounds ask for.
func TestLayouts(t *testing.T) {
	noise := rand.New(rand.NewPCG(9, 9))
	cases := []struct {
		name   string
		sample func() (left, right int32)
		want   byte
	}{
		{"unrelated", func() (int32, int32) { return noise.Int32N(2000), noise.Int32N(90) }, 1},
		{"opposite", func() (int32, int32) { l := noise.Int32N(2000); return l, noise.Int32N(20) - l }, 10},
		{"right silent", func() (int32, int32) { return noise.Int32N(2000), 0 }, 1},
		{"left is twice right", func() (int32, int32) { r := noise.Int32N(2000); return 2*r + noise.Int32N(9), r }, 9},
		{"right is twice left", func() (int32, int32) { l := noise.Int32N(2000); return l, 2*l + noise.Int32N(9) }, 8},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var pcm []int32
			for range 1152 {
				left, right := c.sample()
				pcm = append(pcm, left, right)
			}
			frame := newEncoder(t, audio.CD, 1152).AppendFrame(nil, pcm)
			if got := frame[3] >> 4; c.want != got {
				t.Errorf("want channel assignment %d, got %d", c.want, got)
			}
		})
	}
}

func TestAppendFrameAllocates(t *testing.T) {
	for _, s := range sounds {
		e := newEncoder(t, audio.CD, 1152)
		pcm := s.pcm(audio.CD, 1152)
		buf := make([]byte, 0, 8192)
		if allocs := testing.AllocsPerRun(5, func() { e.AppendFrame(buf, pcm) }); allocs != 0 {
			t.Errorf("%s: want no allocation, got %v", s.name, allocs)
		}
	}
}

// TestReferenceDecoder has the reference implementation test our streams.
func TestReferenceDecoder(t *testing.T) {
	reference, err := exec.LookPath("flac")
	if err != nil {
		t.Skip("flac is not on PATH: the streams are checked by mewkiz/flac alone")
	}
	dir := t.TempDir()
	args := []string{"--test", "--silent", "--"}
	for _, f := range formats {
		for _, s := range sounds {
			name := filepath.Join(dir, fmt.Sprintf("%d %s.flac", len(args), s.name))
			if err := os.WriteFile(name, encode(t, f, 1152, s.pcm(f, 20000)), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, name)
		}
	}
	if output, err := exec.Command(reference, args...).CombinedOutput(); err != nil {
		t.Fatalf("flac --test: %v\n%s", err, output)
	}
}

// TestSizeNearReference holds our streams to within 1 % of flac -2.
func TestSizeNearReference(t *testing.T) {
	pcm := music(10 * time.Second)
	want, _ := referenceFlac(t, pcm, "1152")
	got := len(encode(t, audio.CD, 1152, pcm))
	if ratio := float64(got) / float64(want); ratio > 1.01 {
		t.Errorf("size is %.4f times that of flac -2, want at most 1.01", ratio)
	}
}

// FuzzRoundTrip encodes any samples: within the depth they come back, beyond
// it the stream is still well formed.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte{}, uint16(16), uint8(0))
	f.Add([]byte{1, 2, 3, 4}, uint16(1152), uint8(1))
	f.Add(bytes.Repeat([]byte{0xFF, 0x7F, 0, 0x80}, 200), uint16(100), uint8(2))
	f.Add(bytes.Repeat([]byte{0, 0, 0, 1, 2, 3}, 300), uint16(33), uint8(3))
	f.Add(bytes.Repeat([]byte{0x80, 0, 0, 0}, 300), uint16(33), uint8(4))
	f.Fuzz(func(t *testing.T, data []byte, block uint16, shape uint8) {
		format := formats[int(shape)%len(formats)]
		width := 32 // Out of range, unless the shape says otherwise.
		if shape < 128 {
			width = format.BitDepth
		}
		var pcm []int32
		for b := range slices.Chunk(data, width/8) {
			var s uint32
			for _, octet := range b {
				s = s<<8 | uint32(octet)
			}
			pcm = append(pcm, int32(s)<<(32-width)>>(32-width))
		}
		pcm = pcm[:len(pcm)/format.Channels*format.Channels]
		blockFrames := 16 + int(block)%4593
		if len(pcm) > 1<<14 {
			return
		}
		got := decode(t, format, encode(t, format, blockFrames, pcm))
		if width == format.BitDepth && !slices.Equal(pcm, got) {
			t.Fatal("samples differ")
		}
	})
}
