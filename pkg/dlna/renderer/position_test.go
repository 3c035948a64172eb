package renderer

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
)

// The count of a device begins when it sounds; AudioStarted says how long that
// took.
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
				case len(sounding) != 1:
					t.Errorf("want one AudioStarted, got %v", sounding)
				case sounding[0].After < c.want || sounding[0].After > c.want+time.Second:
					t.Errorf("want sound after %v and less than a second, got %v", c.want, sounding[0].After)
				}
				if !c.never {
					wantPositions(t, positions, f.soundsAt)
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
