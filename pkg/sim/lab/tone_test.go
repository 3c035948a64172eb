package lab

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"
)

func TestToneIsTheSameEveryTime(t *testing.T) {
	a, b, other := Tone(time.Second, 1), Tone(time.Second, 1), Tone(time.Second, 2)
	if len(a) != sampleRate*frameBytes {
		t.Fatalf("want %d bytes, got %d", sampleRate*frameBytes, len(a))
	}
	if !bytes.Equal(a, b) {
		t.Error("want equal tones for equal seeds")
	}
	if bytes.Equal(a, other) {
		t.Error("want different tones for different seeds")
	}
}

// Compare finds a place by keyFrames frames: they must stand at one place only.
func TestToneHasNoPieceTwice(t *testing.T) {
	tone := Tone(20*time.Second, 1)
	seen := make(map[[keyBytes]byte]int)
	for at := 0; at+keyBytes <= len(tone); at += frameBytes {
		key := [keyBytes]byte(tone[at:])
		if first, twice := seen[key]; twice {
			t.Fatalf("the frames at %d stand also at %d", first/frameBytes, at/frameBytes)
		}
		seen[key] = at
	}
}

func TestWAV(t *testing.T) {
	pcm := Tone(10*time.Millisecond, 1)
	file := WAV(pcm)
	le := binary.LittleEndian
	if string(file[:4]) != "RIFF" || string(file[8:16]) != "WAVEfmt " || string(file[36:40]) != "data" {
		t.Fatalf("want the chunks of a WAV file, got % x", file[:44])
	}
	if want, got := len(file)-8, int(le.Uint32(file[4:])); want != got {
		t.Errorf("want RIFF size %d, got %d", want, got)
	}
	if want, got := len(pcm), int(le.Uint32(file[40:])); want != got {
		t.Errorf("want data size %d, got %d", want, got)
	}
	if !bytes.Equal(file[44:], pcm) {
		t.Error("want the samples as they were")
	}
}
