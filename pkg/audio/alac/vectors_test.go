package alac_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/alac"
)

// A vector is a stream in testdata (see the README there): name.packets and
// the PCM that it decodes to, name.pcm.
type vector struct {
	name   string
	config alac.Config
}

func airplay() alac.Config {
	return alac.Config{FrameLength: 352, BitDepth: 16, PB: 40, MB: 10, KB: 14, Channels: 2, MaxRun: 255, SampleRate: 44100}
}

func with(change func(*alac.Config)) alac.Config {
	c := airplay()
	change(&c)
	return c
}

var vectors = []vector{
	{"stereo16", airplay()},
	{"mono16", with(func(c *alac.Config) { c.FrameLength, c.Channels = 4096, 1 })},
	{"stereo24", with(func(c *alac.Config) { c.FrameLength, c.BitDepth = 4096, 24 })},
	{"mono24", with(func(c *alac.Config) { c.FrameLength, c.BitDepth, c.Channels = 4096, 24, 1 })},
}

// packets reads packets that each follow their length, 16 bits big-endian.
func (v vector) packets(t testing.TB) [][]byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", v.name+".packets"))
	if err != nil {
		t.Fatal(err)
	}
	var packets [][]byte
	for len(b) > 0 {
		n := int(binary.BigEndian.Uint16(b))
		packets = append(packets, b[2:2+n])
		b = b[2+n:]
	}
	return packets
}

// pcm reads little-endian samples of the vector's depth.
func (v vector) pcm(t testing.TB) []int32 {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", v.name+".pcm"))
	if err != nil {
		t.Fatal(err)
	}
	size := v.config.BitDepth / 8
	pcm := make([]int32, len(b)/size)
	for i := range pcm {
		var s uint32
		for _, octet := range b[i*size : (i+1)*size] {
			s = s>>8 | uint32(octet)<<24
		}
		pcm[i] = int32(s) >> (32 - v.config.BitDepth)
	}
	return pcm
}

// sound is how long the vector plays.
func (v vector) sound(t testing.TB) time.Duration {
	t.Helper()
	frames := len(v.pcm(t)) / v.config.Channels
	return time.Duration(frames) * time.Second / time.Duration(v.config.SampleRate)
}
