package bridge

import (
	"math"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

// A flacMusic takes now more bytes a second, now fewer.
type flacMusic struct{}

// bytesAt is how many bytes lie before a moment of the music.
func (flacMusic) bytesAt(at time.Duration) int64 {
	s := at.Seconds()
	return int64(85e3*s + 25e3*40/(2*math.Pi)*math.Sin(2*math.Pi*s/40))
}

// at is the moment before which so many bytes lie.
func (m flacMusic) at(bytes int64) time.Duration {
	low, high := time.Duration(0), time.Hour
	for high-low > 10*time.Microsecond {
		if mid := (low + high) / 2; m.bytesAt(mid) < bytes {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// A renderer that fetches FLAC as it plays holds so many bytes, not so much sound:
// its clock is found by the right guess of how many.
func TestClockByFetchedFLAC(t *testing.T) {
	const holds = 100 << 10
	var music flacMusic
	d, at := newDrift(audio.FLAC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	due, ppm := 5*time.Second, 0.0
	for second := range 15 * 60 {
		at = at.Add(time.Second)
		ppm += min(max(d.governor.PPM()-ppm, -25), 25) // as a Resampler does
		due += time.Second + time.Duration(ppm*1e3)
		played := time.Duration(float64(second) * (1 + 200e-6) * float64(time.Second))
		fetched := music.bytesAt(played) + holds
		d.fetched(at, due, music.at(fetched), func(held int64) (time.Duration, bool) {
			return music.at(fetched - held), true
		})
	}
	s := d.governor.Stats()
	held := d.held[s.Gauge-gaugeFetched]
	if held < holds*4/5 || held > holds*6/5 || math.Abs(s.SkewPPM+200) > 20 {
		t.Errorf("want 200 ppm by the guess of %d bytes, got %.0f by that of %d", holds, -s.SkewPPM, held)
	}
}

// What a renderer has to play is known by its last measure, for a while.
func TestWhatARendererHolds(t *testing.T) {
	d, at := newDrift(audio.L16), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	tell := func(held time.Duration) {
		at = at.Add(2 * time.Second)
		d.position(time.Hour, renderer.Position{At: at, Rel: time.Hour - held, Uncertainty: 10 * time.Millisecond, EdgeDetected: true})
	}
	for range 60 {
		tell(2 * time.Second)
	}
	wants := func(what string, after, want time.Duration) {
		t.Helper()
		if got := d.holds(at.Add(after)); (got - want).Abs() > 20*time.Millisecond {
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
	d, at := newDrift(audio.L16), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
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

// A renderer that looks at its count by a timer of its own is not asked for the turn
// of its second; nor is one whose clock is not followed.
func TestWhoIsAskedForItsSecond(t *testing.T) {
	for _, c := range []struct {
		name          string
		drift, rarely bool
		asked         bool
	}{
		{"a renderer", true, false, true},
		{"one that counts rarely", true, true, false},
		{"one whose clock is not followed", false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			runDesk(t, func(d *desk) {
				works := newClockwork(large, 0)
				works.state = "STOPPED"
				d.pipeline = d.slowPipeline()
				d.attachWorks(works)
				target := d.kitchen().target
				target.settings.Drift, target.traits.CoarsePosition = c.drift, c.rarely
				works.began, works.got = time.Now(), 1<<40
				d.sound()
				time.Sleep(time.Minute)
				if asked := works.asked.Load() > 30; asked != c.asked {
					t.Errorf("want it asked often %v, got %d times a minute", c.asked, works.asked.Load())
				}
			})
		})
	}
}
