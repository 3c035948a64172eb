package audio_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

func TestFrameBytes(t *testing.T) {
	cases := []struct {
		format audio.Format
		want   int
	}{
		{audio.CD, 4},
		{audio.Format{SampleRate: 48000, Channels: 2, BitDepth: 24}, 6},
		{audio.Format{SampleRate: 8000, Channels: 1, BitDepth: 16}, 2},
		{audio.Format{SampleRate: 8000, Channels: 1, BitDepth: 20}, 3},
	}
	for _, c := range cases {
		if got := c.format.FrameBytes(); got != c.want {
			t.Errorf("%v: want %d bytes a frame, got %d", c.format, c.want, got)
		}
	}
}

func TestDurationAndFrames(t *testing.T) {
	cases := []struct {
		frames   int64
		duration time.Duration
	}{
		{0, 0},
		{44100, time.Second},
		{-44100, -time.Second},
		{352, 7981859},
		{-352, -7981859},
		{44100 * 3600 * 24 * 365 * 100, 100 * 365 * 24 * time.Hour}, // no overflow on the way
	}
	for _, c := range cases {
		if got := audio.CD.Duration(c.frames); got != c.duration {
			t.Errorf("%d frames: want %v, got %v", c.frames, c.duration, got)
		}
	}
	for _, d := range []time.Duration{0, time.Second, 90 * time.Minute, 1000 * time.Hour} {
		want := int64(d/time.Second) * 44100
		if got := audio.CD.Frames(d); got != want {
			t.Errorf("%v: want %d frames, got %d", d, want, got)
		}
	}
	if got := audio.CD.Frames(10 * time.Millisecond); got != 441 {
		t.Errorf("10 ms: want 441 frames, got %d", got)
	}
}

func TestDistancesWrap(t *testing.T) {
	if got := audio.SeqDiff(1, 65534); got != 3 {
		t.Errorf("want 1 three after 65534, got %d", got)
	}
	if got := audio.SeqDiff(65534, 1); got != -3 {
		t.Errorf("want 65534 three before 1, got %d", got)
	}
	if got := audio.TimestampDiff(100, 1<<32-252); got != 352 {
		t.Errorf("want 352 frames across the wrap, got %d", got)
	}
}

func TestCodecNames(t *testing.T) {
	for codec := audio.FLAC; codec <= audio.MP3; codec++ {
		got, err := audio.ParseCodec(codec.String())
		if err != nil || got != codec {
			t.Errorf("%v: want it back from its name, got %v, %v", codec, got, err)
		}
	}
	if _, err := audio.ParseCodec("aac"); err == nil {
		t.Error("want an unknown codec refused")
	}
	if got := audio.L16.Extension(); got != ".pcm" {
		t.Errorf("want .pcm for L16, got %q", got)
	}
}

func TestSilent(t *testing.T) {
	if !audio.Silent(make([]int32, 704)) || audio.Silent([]int32{0, 0, -1}) {
		t.Error("want zeros silent, and a single -1 heard")
	}
}
