package player

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

// What a renderer has to play is known by its last measure, for a while.
func TestWhatARendererHolds(t *testing.T) {
	d, at := newClock(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	tell := func(held time.Duration) {
		at = at.Add(2 * time.Second)
		d.position(time.Hour, renderer.Position{At: at, Rel: time.Hour - held, Uncertainty: 10 * time.Millisecond, EdgeDetected: true})
	}
	for range 60 {
		tell(2 * time.Second)
	}
	wants := func(what string, after, want time.Duration) {
		t.Helper()
		if got := d.buffered(at.Add(after)); (got - want).Abs() > 20*time.Millisecond {
			t.Errorf("%s: want %v, got %v", what, want, got)
		}
	}
	wants("at rest", time.Second, 2*time.Second)
	wants("nothing told for long", staleAfter+time.Second, 0)
	tell(500 * time.Millisecond)
	wants("less at once", time.Second, 500*time.Millisecond)
	d.overran(1)
	wants("sound left out", time.Second, 0)
}

// A position whose second turns by another clock than the sound's is not gone by
// when that shows.
func TestPositionThatWasNoClock(t *testing.T) {
	d, at := newClock(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	held := 2 * time.Second
	for range 300 {
		at, held = at.Add(2*time.Second), held+500*time.Microsecond
		d.position(time.Hour, renderer.Position{At: at, Rel: time.Hour - held, Uncertainty: 10 * time.Millisecond, EdgeDetected: true})
	}
	if d.governor.PPM() == 0 {
		t.Fatal("want what looks like a clock followed")
	}
	d.position(time.Hour, renderer.Position{At: at.Add(2 * time.Second), Rel: time.Hour - held, Uncertainty: 1500 * time.Millisecond})
	if got := d.governor.PPM(); got != 0 {
		t.Errorf("want nothing corrected, got %v ppm", got)
	}
}
