package lab

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"
)

// blur alters every sample a little, as a codec that loses does.
func blur(pcm []byte) []byte {
	chance := rand.New(rand.NewPCG(1, 2))
	altered := make([]byte, 0, len(pcm))
	for _, v := range samples(pcm) {
		altered = binary.LittleEndian.AppendUint16(altered, uint16(int16(v)+int16(chance.IntN(101)-50)))
	}
	return altered
}

func TestLiken(t *testing.T) {
	tone := Tone(3*time.Second, 1)
	lead := Silence(100 * time.Millisecond)
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	second := 1000 * time.Millisecond
	cut := framesIn(second) * frameBytes
	tests := []struct {
		name     string
		captured []byte
		at       int
		like     bool // as a good codec leaves it
		missing  int
	}{
		{"the same", join(lead, tone, lead), framesIn(100 * time.Millisecond), true, 0},
		{"blurred", join(lead, blur(tone), lead), framesIn(100 * time.Millisecond), true, 0},
		{"at once", blur(tone), 0, true, 0},
		{"20 ms of silence in it", join(tone[:cut], Silence(20*time.Millisecond), tone[cut+framesIn(20*time.Millisecond)*frameBytes:]), 0, false, 0},
		{"one frame dropped", join(tone[:2*cut], tone[2*cut+frameBytes:], lead), 0, false, 0},
		{"the last second missing", tone[:2*cut], 0, true, framesIn(second)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := CompareLossy(tone, tt.captured)
			if got.CapturedAt != tt.at || got.Missing != tt.missing || (got.Whole >= 0.999 && got.Worst >= 0.99) != tt.like {
				t.Errorf("want it at %d, alike %v, %d missing; got %+v", tt.at, tt.like, tt.missing, got)
			}
		})
	}
	for name, captured := range map[string][]byte{"nothing": nil, "silence": lead, "other sound": Tone(3*time.Second, 2)[cut:]} {
		if got := CompareLossy(tone, captured); got.Whole > 0.5 {
			t.Errorf("%s: want no likeness, got %+v", name, got)
		}
	}
}
