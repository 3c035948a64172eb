package audio_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

func TestTicksLieOnOneGrid(t *testing.T) {
	now := time.Now()
	first := now.Add(audio.UntilTick(now, now))
	for _, ahead := range []time.Duration{0, time.Millisecond, 19 * time.Millisecond, 20 * time.Millisecond, 333 * time.Millisecond} {
		at := now.Add(ahead)
		wait := audio.UntilTick(now, at)
		tick := now.Add(wait)
		if tick.Before(at) || tick.Sub(at) >= audio.Tick {
			t.Errorf("%v ahead: want the next tick, got one %v after it", ahead, tick.Sub(at))
		}
		if tick.Sub(first)%audio.Tick != 0 {
			t.Errorf("%v ahead: want a tick on the grid, got one off by %v", ahead, tick.Sub(first)%audio.Tick)
		}
	}
	if wait := audio.UntilTick(now, now.Add(-time.Hour)); wait < 0 || wait >= audio.Tick {
		t.Errorf("want the past due at the next tick, got in %v", wait)
	}
}
