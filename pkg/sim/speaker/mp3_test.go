package speaker

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// mp3Frame is a frame of 128 kbit/s, 44.1 kHz, stereo, with nothing in it.
func mp3Frame() []byte {
	return append([]byte{0xff, 0xfb, 0x90, 0x00}, make([]byte, 417-mp3HeaderBytes)...)
}

func TestParseMP3Header(t *testing.T) {
	tests := []struct {
		name string
		head []byte
		want mp3Header
		ok   bool
	}{
		{"MPEG-1, 128 kbit/s, 44.1 kHz", []byte{0xff, 0xfb, 0x90, 0x00}, mp3Header{417, 1152, 44100, 2}, true},
		{"padded", []byte{0xff, 0xfb, 0x92, 0x00}, mp3Header{418, 1152, 44100, 2}, true},
		{"320 kbit/s, 48 kHz, mono", []byte{0xff, 0xfb, 0xe4, 0xc0}, mp3Header{960, 1152, 48000, 1}, true},
		{"MPEG-2, 64 kbit/s, 22.05 kHz", []byte{0xff, 0xf3, 0x80, 0x00}, mp3Header{208, 576, 22050, 2}, true},
		{"MPEG-2.5, 8 kbit/s, 8 kHz", []byte{0xff, 0xe3, 0x18, 0x00}, mp3Header{72, 576, 8000, 2}, true},
		{"Layer II", []byte{0xff, 0xfd, 0x90, 0x00}, mp3Header{}, false},
		{"free bit rate", []byte{0xff, 0xfb, 0x00, 0x00}, mp3Header{}, false},
		{"bit rate 15", []byte{0xff, 0xfb, 0xf0, 0x00}, mp3Header{}, false},
		{"rate 3", []byte{0xff, 0xfb, 0x9c, 0x00}, mp3Header{}, false},
		{"version 1", []byte{0xff, 0xeb, 0x90, 0x00}, mp3Header{}, false},
		{"no sync", []byte{0xff, 0x1b, 0x90, 0x00}, mp3Header{}, false},
		{"cut", []byte{0xff, 0xfb, 0x90}, mp3Header{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := parseMP3Header(tt.head)
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("want %+v, %v, got %+v, %v", tt.want, tt.ok, got, ok)
			}
		})
	}
}

// readAll reads an MP3 stream and gives its frames and how it ended.
func readAll(t *testing.T, b []byte) (frames int, err error) {
	t.Helper()
	codec, src, err := openSource(bufio.NewReader(bytes.NewReader(b)), "audio/mpeg")
	if codec != audio.MP3 && len(b) >= mp3HeaderBytes {
		t.Fatalf("want MP3, got %v", codec)
	}
	block := make([]int32, 2*441)
	for err == nil {
		var n int
		n, err = src.read(block)
		frames += n
		if !audio.Silent(block) {
			t.Fatal("want silence")
		}
	}
	return frames, err
}

func TestMP3IsSilenceOfTheSameLength(t *testing.T) {
	whole := bytes.Repeat(mp3Frame(), 5)
	tests := []struct {
		name   string
		stream []byte
		frames int
	}{
		{"whole", whole, 5 * 1152},
		{"begun in its middle", whole[100:], 4 * 1152},
		{"with an ID3 tag before it", append([]byte("ID3\x04\x00\x00\x00\x00\x00\x00"), whole...), 5 * 1152},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			frames, err := readAll(t, tt.stream)
			if frames != tt.frames || !errors.Is(err, io.EOF) {
				t.Errorf("want %d frames and the end, got %d, %v", tt.frames, frames, err)
			}
		})
	}
}

func TestMP3CutAnywhereEnds(t *testing.T) {
	whole := bytes.Repeat(mp3Frame(), 2)
	for length := range len(whole) {
		if frames, err := readAll(t, whole[:length]); err == nil || frames > 1152 {
			t.Fatalf("cut at %d: want an end after at most one frame, got %d frames, %v", length, frames, err)
		}
	}
	if _, err := readAll(t, make([]byte, 2*maxResync)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("want zeros refused as no MP3, got %v", err)
	}
}
