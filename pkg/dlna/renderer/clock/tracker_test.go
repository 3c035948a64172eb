package clock

import (
	"testing"
	"time"
)

// Positions after an accepted Play, and which one is the first sound.
func TestFirstSound(t *testing.T) {
	play := time.Unix(1000, 0)
	type report struct {
		after time.Duration // since Play; answered at once
		rel   time.Duration
		sound bool
		delay time.Duration // of the sound, if it is the first
	}
	cases := []struct {
		name    string
		reports []report
	}{
		{"at once", []report{{second, second, true, 0}, {2 * second, 2 * second, false, 0}}},
		{"after buffering", []report{{second, 0, false, 0}, {5 * second, 0, false, 0}, {6 * second, second, true, 5 * second}}},
		{"rounded up", []report{{second / 2, second, true, 0}}},
		{"stands at zero", []report{{second, 0, false, 0}, {time.Hour, 0, false, 0}}},
		{"shows the track before", []report{{second, time.Hour, false, 0}, {2 * second, time.Hour, false, 0}}},
		{"shows the track before, then moves", []report{{second, time.Hour, false, 0}, {3 * second, time.Hour + second, true, 0}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var tracker Tracker
			tracker.PlayAccepted(play)
			for i, r := range c.reports {
				at := play.Add(r.after)
				delay, sound := tracker.FirstSound(Sample{Asked: at, Answered: at, Rel: r.rel})
				if sound != r.sound || delay != r.delay {
					t.Errorf("report %d: want sound %v after %v, got %v after %v", i, r.sound, r.delay, sound, delay)
				}
			}
		})
	}
}

// There is a plan for the next question only while the position moves, is
// reported and its edge looked for, and not after a question without an answer.
func TestPlanned(t *testing.T) {
	play := time.Unix(1000, 0)
	moving := func() *Tracker {
		var tracker Tracker
		tracker.SeekEdge(true)
		tracker.PlayAccepted(play)
		at := play.Add(second)
		tracker.FirstSound(Sample{Asked: at, Answered: at, Rel: second})
		return &tracker
	}
	cases := []struct {
		name   string
		change func(*Tracker)
		asked  time.Time
		want   bool
	}{
		{"moving", func(*Tracker) {}, play.Add(second), true},
		{"edge not looked for", func(t *Tracker) { t.SeekEdge(false) }, play.Add(second), false},
		{"no position any more", func(t *Tracker) { t.NoPosition() }, play.Add(second), false},
		{"another Play", func(t *Tracker) { t.PlayAccepted(play.Add(time.Minute)) }, play.Add(second), false},
		{"asked without an answer", func(*Tracker) {}, play.Add(2 * second), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tracker := moving()
			c.change(tracker)
			if _, ok := tracker.Planned(c.asked); ok != c.want {
				t.Errorf("want a plan %v, got %v", c.want, ok)
			}
		})
	}
}
