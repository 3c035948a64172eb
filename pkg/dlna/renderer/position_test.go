package renderer

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
)

// The count of a device begins when it sounds; AudioStarted says how long that
// took, more exactly each time.
func TestAudioStartedAndPosition(t *testing.T) {
	cases := []struct {
		name      string
		buffering time.Duration
		prepare   func(f *fakeDevice)
		want      time.Duration
		never     bool
	}{
		{name: "sounds at once"},
		{name: "buffers", buffering: 3 * time.Second, want: 3 * time.Second},
		{name: "buffers long", buffering: 17 * time.Second, want: 17 * time.Second},
		{name: "does not count", prepare: func(f *fakeDevice) { f.counting, f.relTime = false, "NOT_IMPLEMENTED" }, never: true},
		{name: "stands at zero", prepare: func(f *fakeDevice) { f.counting, f.relTime = false, "0:00:00" }, never: true},
		{name: "shows what was before", prepare: func(f *fakeDevice) { f.counting, f.relTime = false, "1:00:00" }, never: true},
		{name: "refuses", prepare: func(f *fakeDevice) {
			for range 100 {
				f.faults["GetPositionInfo"] = append(f.faults["GetPositionInfo"], 401)
			}
		}, never: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeDevice()
				f.counting, f.buffering = true, c.buffering
				if c.prepare != nil {
					c.prepare(f)
				}
				var sounding []AudioStarted
				var positions []Position
				r := newRenderer(t, f, func(e Event) {
					switch e := e.(type) {
					case AudioStarted:
						sounding = append(sounding, e)
					case Position:
						positions = append(positions, e)
					}
				})
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- r.Run(ctx) }()
				mustPlay(t, r)
				time.Sleep(time.Minute)
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				switch {
				case c.never:
					if len(sounding) != 0 {
						t.Errorf("want no AudioStarted, got %v", sounding)
					}
				default:
					wantStarted(t, sounding, c.want, time.Second)
				}
				if !c.never {
					wantPositions(t, positions, f.soundsAt)
				}
			})
		})
	}
}

// wantStarted wants each to be right, and the first to be no more uncertain than
// most, and each much more exact than the one before.
func wantStarted(t *testing.T, got []AudioStarted, want, most time.Duration) {
	t.Helper()
	if len(got) == 0 {
		t.Error("want AudioStarted, got none")
	}
	for _, s := range got {
		if (s.After-want).Abs() > s.Uncertainty/2 || s.Uncertainty > most+initialTolerance {
			t.Errorf("want sound after %v, known within %v, got %v", want, most, got)
		}
		most = s.Uncertainty / 2
	}
}

// Where the first look at a new second comes late, AudioStarted says so, and the
// looks at the next seconds find when it began.
func TestAudioStartedLookedAtLate(t *testing.T) {
	const exact = 20 * time.Millisecond
	cases := []struct {
		name      string
		buffering time.Duration
		follow    bool
		first     time.Duration // uncertainty of the first AudioStarted at most
		last      time.Duration
		count     int // least
	}{
		{"looked at just in time", 0, true, exact, exact, 1},
		{"looked at just too early", exact, true, 500 * time.Millisecond, exact, 4},
		{"looked at in between", 234 * time.Millisecond, true, 500 * time.Millisecond, exact, 4},
		{"buffers", 4321 * time.Millisecond, true, 500 * time.Millisecond, exact, 4},
		{"buffers longer than it is asked often", 17 * time.Second, true, time.Second, exact, 4},
		{"without more looks", exact, false, 500 * time.Millisecond, 130 * time.Millisecond, 2},
		{"buffers, without more looks", 4321 * time.Millisecond, false, 500 * time.Millisecond, 130 * time.Millisecond, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			following(t, c.follow, c.buffering, func(t *testing.T, _ *fakeDevice, _ *Renderer, reported func() []Event) {
				time.Sleep(c.buffering + time.Minute)
				got := only[AudioStarted](reported())
				wantStarted(t, got, c.buffering, c.first+travel)
				if last := got[len(got)-1].Uncertainty; len(got) < c.count || last > c.last {
					t.Errorf("want at least %d reports, the last within %v, got %v", c.count, c.last, got)
				}
			})
		})
	}
}

// initialTolerance is what the clock of a renderer begins with.
const initialTolerance = 5 * time.Millisecond

// wantPositions wants them to be as wide as a second, and right within that.
func wantPositions(t *testing.T, got []Position, sounds time.Time) {
	t.Helper()
	if len(got) < 9 {
		t.Errorf("want a position about every 5 s, got %d in most of a minute", len(got))
	}
	for _, p := range got {
		if off := (p.Rel - p.At.Sub(sounds)).Abs(); off > p.Uncertainty/2 || p.Uncertainty < time.Second || p.Uncertainty > time.Second+initialTolerance {
			t.Errorf("want it right within a second, got %v off within %v", off, p.Uncertainty)
		}
	}
}

// The moment of a position lies between question and answer.
func TestPositionOfASlowDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeDevice()
		f.relTime, f.delay = "0:00:01", time.Second
		var got Position
		r := newRenderer(t, f, func(e Event) {
			if p, ok := e.(Position); ok {
				got = p
			}
		})
		begin := time.Now()
		r.commanded(transport.PlayRequested)
		r.commanded(transport.PlayAccepted)
		r.observe(r.commands(), transport.SawPlaying)
		if err := r.pollPosition(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want, at := 500*time.Millisecond, got.At.Sub(begin); at != want {
			t.Errorf("want it after %v, got %v", want, at)
		}
		if want := 2*time.Second + initialTolerance; got.Uncertainty != want || got.Rel != 1500*time.Millisecond {
			t.Errorf("want 1.5 s within %v, got %v within %v", want, got.Rel, got.Uncertainty)
		}
	})
}
