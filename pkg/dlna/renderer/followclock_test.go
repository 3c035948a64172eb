package renderer

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// travel is how long the answers of a device take whose clock is followed.
const travel = 4 * time.Millisecond

// following plays on a device that counts whole seconds, whose clock is
// followed; reported returns the events since the last call.
func following(t *testing.T, on bool, buffering time.Duration, test func(t *testing.T, f *fakeDevice, r *Renderer, reported func() []Event)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFakeDevice()
		f.counting, f.delay, f.buffering = true, travel, buffering
		eventC := make(chan Event, 10000)
		r := newRenderer(t, f, func(e Event) { eventC <- e })
		r.FollowClock(on)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		mustPlay(t, r)
		test(t, f, r, func() []Event {
			synctest.Wait()
			var all []Event
			for len(eventC) > 0 {
				all = append(all, <-eventC)
			}
			return all
		})
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// only returns the events of one kind.
func only[E Event](all []Event) (some []E) {
	for _, e := range all {
		if e, ok := e.(E); ok {
			some = append(some, e)
		}
	}
	return some
}

// usualBuffering is that of a device whose clock is followed.
const usualBuffering = 1234 * time.Millisecond

// A device is asked when its answer is most exact, and not too often.
func TestFollowClock(t *testing.T) {
	following(t, true, usualBuffering, func(t *testing.T, f *fakeDevice, _ *Renderer, reported func() []Event) {
		steps := []struct {
			name  string
			long  time.Duration
			least int // questions
			most  int
			count int // readings at least
		}{
			{"start", 15 * time.Second, 10, 20, 1},
			{"first two minutes", 105 * time.Second, 95, 115, 40},
			{"until ten minutes", 8 * time.Minute, 150, 250, 80},
			{"afterwards", 50 * time.Minute, 500, 850, 250},
		}
		for _, s := range steps {
			before := f.count("GetPositionInfo")
			time.Sleep(s.long)
			got := only[Position](reported())
			if n := f.count("GetPositionInfo") - before; n < s.least || n > s.most {
				t.Errorf("%s: want %d to %d questions, got %d", s.name, s.least, s.most, n)
			}
			if len(got) < s.count {
				t.Errorf("%s: want %d readings, got %d", s.name, s.count, len(got))
			}
			for _, p := range got {
				if off := (p.Rel - p.At.Sub(f.soundsAt)).Abs(); off > p.Uncertainty/2 || p.Uncertainty > 20*time.Millisecond {
					t.Errorf("%s: want it right within 20 ms, got %v off within %v", s.name, off, p.Uncertainty)
				}
			}
		}
	})
}

// Without FollowClock nothing is asked more often.
func TestFollowClockOff(t *testing.T) {
	following(t, false, usualBuffering, func(t *testing.T, f *fakeDevice, _ *Renderer, reported func() []Event) {
		time.Sleep(10 * time.Minute)
		if n := f.count("GetPositionInfo"); n > 10*13+5 {
			t.Errorf("want 13 questions a minute, got %d in 10", n)
		}
		for _, p := range only[Position](reported()) {
			if p.Uncertainty < time.Second {
				t.Errorf("want no reading better than a second, got %v", p.Uncertainty)
			}
		}
	})
}

// A device that does not answer, or not with a position, is not asked more often.
func TestFollowClockWithoutAnswers(t *testing.T) {
	cases := []struct {
		name   string
		change func(f *fakeDevice)
	}{
		{"refuses", func(f *fakeDevice) {
			for range 1000 {
				f.faults["GetPositionInfo"] = append(f.faults["GetPositionInfo"], 401)
			}
		}},
		{"counts no more", func(f *fakeDevice) { f.counting, f.relTime = false, "NOT_IMPLEMENTED" }},
		{"is paused", func(f *fakeDevice) { f.state = "PAUSED_PLAYBACK" }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			following(t, true, usualBuffering, func(t *testing.T, f *fakeDevice, _ *Renderer, reported func() []Event) {
				time.Sleep(30 * time.Second)
				f.with(func() { c.change(f) })
				time.Sleep(5 * time.Second) // until it is seen
				reported()
				asked := func() (n int) {
					f.with(func() { n = f.gets["GetPositionInfo"] - len(f.faults["GetPositionInfo"]) })
					return n
				}
				before := asked()
				time.Sleep(time.Minute)
				if n := asked() - before; n > 14 {
					t.Errorf("want at most 14 questions a minute, got %d", n)
				}
				if got := only[Position](reported()); len(got) != 0 {
					t.Errorf("want no readings, got %v", got)
				}
			})
		})
	}
}

// After a pause its clock is measured anew: it has stood still.
func TestFollowClockAfterAPause(t *testing.T) {
	following(t, true, usualBuffering, func(t *testing.T, f *fakeDevice, _ *Renderer, reported func() []Event) {
		time.Sleep(time.Minute)
		f.with(func() { f.state = "PAUSED_PLAYBACK" })
		time.Sleep(20 * time.Second)
		f.with(func() { f.state, f.soundsAt = "PLAYING", f.soundsAt.Add(20300*time.Millisecond) })
		time.Sleep(5 * time.Second)
		reported()
		time.Sleep(time.Minute)
		got := only[Position](reported())
		if len(got) < 20 {
			t.Errorf("want a reading each two seconds or so, got %d in a minute", len(got))
		}
		for _, p := range got {
			if off := (p.Rel - p.At.Sub(f.soundsAt)).Abs(); off > p.Uncertainty/2 || p.Uncertainty > 30*time.Millisecond {
				t.Errorf("want it right within 30 ms, got %v off within %v", off, p.Uncertainty)
			}
		}
	})
}
