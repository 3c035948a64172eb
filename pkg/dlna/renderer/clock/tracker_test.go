package clock

import (
	"testing"
	"time"
)

// Positions after an accepted Play, and what is known by them of the time to the first
// sound.
func TestStarted(t *testing.T) {
	play := time.Unix(1000, 0)
	type report struct {
		after time.Duration // since Play; answered at once
		rel   time.Duration
		want  *Startup // nil: nothing new
	}
	started := func(after, uncertainty time.Duration) *Startup { return &Startup{after, uncertainty} }
	cases := []struct {
		name    string
		reports []report
	}{
		{"at once", []report{{second, second, started(0, minTolerance)}, {2 * second, 2 * second, nil}}},
		{"just before Play is answered", []report{{998 * ms, second, started(0, minTolerance)}}},
		{"first asked late", []report{{1900 * ms, second, started(450*ms, 900*ms)}}},
		{"after buffering", []report{{second, 0, nil}, {5 * second, 0, nil}, {6 * second, second, started(4500*ms, second)}}},
		{"looked at just too early, then half a second too late", []report{{500 * ms, 0, nil}, {second, 0, nil}, {1500 * ms, second, started(250*ms, 500*ms)}}},
		{"found by the looks that follow", []report{
			{second, 0, nil},
			{1500 * ms, second, started(250*ms, 500*ms)}, // 0 to 500 ms
			{2400 * ms, 2 * second, nil},                 // 0 to 400 ms: little more is known
			{3250 * ms, 3 * second, started(125*ms, 250*ms)},
			{4125 * ms, 3 * second, started(187500*time.Microsecond, 125*ms)}, // 125 to 250 ms
			{5140 * ms, 5 * second, started(132500*time.Microsecond, 15*ms)},
			{6130 * ms, 6 * second, nil}, // exact enough
		}},
		{"positions in tenths of a second", []report{{second, 0, nil}, {1500 * ms, 300 * ms, started(1150*ms, 100*ms)}}},
		{"stops after its first sound", []report{
			{second, 0, nil},
			{1500 * ms, second, started(250*ms, 500*ms)},
			{5 * second, second, nil}, // does not fit
			{8400 * ms, 8 * second, nil},
			{9100 * ms, 9 * second, nil},
		}},
		{"a look that fits a minute later", []report{{second, 0, nil}, {1500 * ms, second, started(250*ms, 500*ms)}, {62100 * ms, 62 * second, nil}}},
		{"jumps ahead", []report{{3 * second, 0, nil}, {4 * second, 3 * second, started(2*second, 4*second)}, {5 * second, 4 * second, nil}}},
		{"rounded up", []report{{second / 2, second, started(0, minTolerance)}}},
		{"stands at zero", []report{{second, 0, nil}, {time.Hour, 0, nil}}},
		{"shows the track before", []report{{second, time.Hour, nil}, {2 * second, time.Hour, nil}}},
		{"shows the track before, then moves", []report{{second, time.Hour, nil}, {3 * second, time.Hour + second, started(1500*ms, 3*second)}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var tracker Tracker
			tracker.PlayAccepted(play)
			for i, r := range c.reports {
				at := play.Add(r.after)
				got, ok := tracker.Started(Sample{Asked: at, Answered: at, Rel: r.rel})
				switch {
				case ok != (r.want != nil):
					t.Errorf("report %d: want news %v, got %v", i, r.want != nil, got)
				case ok && got != *r.want:
					t.Errorf("report %d: want %v, got %v", i, *r.want, got)
				}
			}
		})
	}
}

// A slow answer leaves the startup uncertain by as long as it took.
func TestStartedBySlowAnswers(t *testing.T) {
	play := time.Unix(1000, 0)
	var tracker Tracker
	tracker.PlayAccepted(play)
	sample := func(asked, answered, rel time.Duration) Sample {
		return Sample{Asked: play.Add(asked), Answered: play.Add(answered), Rel: rel}
	}
	tracker.Started(sample(1500*ms, 1700*ms, 0)) // it began after 500 ms
	got, ok := tracker.Started(sample(1600*ms, 1800*ms, second))
	if want := (Startup{After: 650 * ms, Uncertainty: 300 * ms}); !ok || got != want {
		t.Errorf("want %v, got %v, %v", want, got, ok)
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
		tracker.Started(Sample{Asked: at, Answered: at, Rel: second})
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
