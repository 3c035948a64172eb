package transport

import (
	"testing"
	"time"
)

// newPlaying is a Playback of "ours" that plays since start.
func newPlaying(start time.Time) *Playback {
	p := NewPlayback(func(Move) {})
	p.Command(PlayRequested, start)
	p.Expect("ours")
	p.Command(PlayAccepted, start)
	p.Observe(p.Commands(), SawPlaying, start)
	return &p
}

// Only a source that has reported our URI counts when it reports another.
func TestIsForeign(t *testing.T) {
	cases := []struct {
		name string
		uris []string // reported by one source
		want bool     // of the last
	}{
		{"ours", []string{"ours"}, false},
		{"another, never ours", []string{"http://127.0.0.1/internal"}, false},
		{"another after ours", []string{"ours", "http://radio"}, true},
		{"ours again", []string{"ours", "http://radio", "ours"}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, got := newPlaying(time.Unix(1000, 0)), false
			for _, uri := range c.uris {
				got = p.IsForeign(uri, PolledTrackURI)
			}
			if got != c.want {
				t.Errorf("want foreign %v, got %v", c.want, got)
			}
			if p.IsForeign("http://radio", EventedTrackURI) {
				t.Error("want another source not counted before it has reported ours")
			}
		})
	}
	p := newPlaying(time.Unix(1000, 0))
	p.IsForeign("ours", PolledTrackURI)
	p.Expect("next")
	if p.IsForeign("ours", PolledTrackURI) {
		t.Error("want no source counted for a stream that it has not reported yet")
	}
}

// What was seen before our last command does not count.
func TestOutdatedObservation(t *testing.T) {
	start := time.Unix(1000, 0)
	p := newPlaying(start)
	before := p.Commands()
	p.Command(StopAccepted, start)
	if do := p.Observe(before, SawForeignURI, start); do != ActionNone {
		t.Errorf("want no action, got %v", do)
	}
	if phase, _ := p.Phase(); phase != PhaseStopping {
		t.Errorf("want %v, got %v", PhaseStopping, phase)
	}
}

// How long a renderer has to be at rest before playing counts as a press.
func TestRest(t *testing.T) {
	start := time.Unix(1000, 0)
	cases := []struct {
		name string
		end  func(p *Playback)
		rest time.Duration
	}{
		{"we stopped it", func(p *Playback) {
			p.Command(StopAccepted, start)
			p.Observe(p.Commands(), SawStopped, start)
		}, StopRest},
		{"it stopped by itself", func(p *Playback) {
			p.Observe(p.Commands(), SawStopped, start.Add(-EndGrace))
			p.Observe(p.Commands(), SawStopped, start)
		}, RetryRest},
		{"it did not answer", func(p *Playback) {
			p.Command(StopAccepted, start)
			p.Observe(p.Commands(), SawStopped, start)
			p.MissedAnswer(start)
			p.Observe(p.Commands(), SawStopped, start)
		}, RetryRest},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := newPlaying(start.Add(-time.Minute))
			c.end(p)
			if _, ok := p.AwaitsPress(start.Add(c.rest - 1)); ok {
				t.Errorf("want no press before %v", c.rest)
			}
			uri, ok := p.AwaitsPress(start.Add(c.rest))
			if uri != "ours" || !ok {
				t.Errorf("want a press of ours after %v, got %q, %v", c.rest, uri, ok)
			}
			if got := p.MayResume(start.Add(StopRest)); got != (c.rest == RetryRest) {
				t.Errorf("want it may resume %v, got %v", c.rest == RetryRest, got)
			}
		})
	}
}
