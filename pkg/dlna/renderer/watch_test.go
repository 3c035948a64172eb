package renderer

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// withoutEvents runs a Renderer on a fake device that sends no events, in a synctest
// bubble, after the first poll. events returns what was reported since the last
// call.
func withoutEvents(t *testing.T, test func(t *testing.T, f *fakeDevice, r *Renderer, events func() []string)) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeDevice()
		eventC := make(chan Event, 1000)
		r := newRenderer(t, f, func(e Event) { eventC <- e })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		events := func() []string {
			synctest.Wait()
			var all []string
			for len(eventC) > 0 {
				e := <-eventC
				all = append(all, fmt.Sprintf("%T%+v", e, e)[len("renderer."):])
			}
			return all
		}
		wantEvents(t, events(), "Volume{Level:0.4}", "Mute{On:false}")
		test(t, f, r, events)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func wantEvents(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("want events %q, got %q", want, got)
	}
}

func mustPlay(t *testing.T, r *Renderer) {
	t.Helper()
	if err := r.Play(t.Context(), song); err != nil {
		t.Fatal(err)
	}
}

func TestEventsOfAPlayThatIsStoppedAtTheSpeaker(t *testing.T) {
	withoutEvents(t, func(t *testing.T, f *fakeDevice, r *Renderer, events func() []string) {
		mustPlay(t, r)
		wantEvents(t, events(), "Transport{State:playing}")
		time.Sleep(time.Minute)
		wantEvents(t, events())
		f.with(func() { f.state = "PAUSED_PLAYBACK" })
		time.Sleep(5 * time.Second)
		wantEvents(t, events(), "Transport{State:paused}")
		f.with(func() { f.state = "PLAYING" })
		time.Sleep(5 * time.Second)
		f.with(func() { f.state = "STOPPED" })
		time.Sleep(5 * time.Second)
		wantEvents(t, events(), "Transport{State:playing}", "Transport{State:stopped}")
		f.with(func() { f.state, f.uri = "PLAYING", "http://radio" })
		time.Sleep(5 * time.Minute)
		wantEvents(t, events())
	})
}

func TestOwnStopIsNoEvent(t *testing.T) {
	withoutEvents(t, func(t *testing.T, f *fakeDevice, r *Renderer, events func() []string) {
		mustPlay(t, r)
		time.Sleep(time.Minute)
		wantEvents(t, events(), "Transport{State:playing}")
		if err := r.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		mustPlay(t, r)
		wantEvents(t, events(), "Transport{State:playing}")
	})
}

// Some devices say STOPPED between SetAVTransportURI and their first sound.
func TestEarlyStoppedIsNotBelieved(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration // until it plays
		want  []string
	}{
		{"plays after all", 4 * time.Second, []string{"Transport{State:playing}"}},
		{"never plays", time.Hour, []string{"Transport{State:stopped}"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			withoutEvents(t, func(t *testing.T, f *fakeDevice, r *Renderer, events func() []string) {
				mustPlayAs(t, f, r, "STOPPED")
				time.Sleep(c.after)
				f.with(func() { f.state = "PLAYING" })
				time.Sleep(2 * time.Second)
				wantEvents(t, events(), c.want...)
			})
		})
	}
}

// mustPlayAs has the device say state from Play on.
func mustPlayAs(t *testing.T, f *fakeDevice, r *Renderer, state string) {
	t.Helper()
	f.with(func() { f.onPlay = state })
	mustPlay(t, r)
}

func TestTakenOver(t *testing.T) {
	withoutEvents(t, func(t *testing.T, f *fakeDevice, r *Renderer, events func() []string) {
		f.with(func() { f.trackURI = "http://127.0.0.1/internal" })
		mustPlay(t, r)
		time.Sleep(time.Minute)
		wantEvents(t, events(), "Transport{State:playing}") // it never reported ours: ignored
		f.with(func() { f.trackURI = "" })
		time.Sleep(10 * time.Second)
		f.with(func() { f.trackURI = "http://radio" })
		time.Sleep(10 * time.Second)
		wantEvents(t, events(), "TakenOver{URI:http://radio}")
		f.with(func() { f.log = nil })
		if err := r.Stop(t.Context()); err != nil || f.calls() != "" {
			t.Errorf("the other's sound was stopped: %v, %s", err, f.calls())
		}
	})
}

func TestVolumeTurnedAtTheSpeaker(t *testing.T) {
	withoutEvents(t, func(t *testing.T, f *fakeDevice, r *Renderer, events func() []string) {
		f.with(func() { f.volume, f.mute = "30", "true" })
		time.Sleep(31 * time.Second)
		wantEvents(t, events(), "Volume{Level:0.6}", "Mute{On:true}")
		if err := r.SetVolume(t.Context(), 0.5); err != nil {
			t.Fatal(err)
		}
		if err := r.SetMute(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		wantEvents(t, events())
		mustPlay(t, r)
		f.with(func() { f.volume = "10" })
		time.Sleep(5 * time.Second)
		wantEvents(t, events(), "Transport{State:playing}", "Volume{Level:0.2}")
	})
}

func TestLostAndBack(t *testing.T) {
	hung := func(f *fakeDevice) { f.delay = time.Hour }
	refused := func(f *fakeDevice) { f.down = errDown }
	for name, fail := range map[string]func(*fakeDevice){"hung": hung, "refused": refused} {
		t.Run(name, func(t *testing.T) {
			withoutEvents(t, func(t *testing.T, f *fakeDevice, r *Renderer, events func() []string) {
				mustPlay(t, r)
				time.Sleep(20 * time.Second)
				events()
				f.with(func() { fail(f) })
				time.Sleep(25 * time.Second)
				got := events()
				if len(got) != 1 || got[0][:4] != "Lost" {
					t.Fatalf("want one Lost, got %q", got)
				}
				time.Sleep(time.Minute)
				wantEvents(t, events())
				f.with(func() { f.delay, f.down = 0, nil })
				time.Sleep(15 * time.Second)
				wantEvents(t, events(), "Back{}")
			})
		})
	}
}

// Refusals are answers: a device that cannot report its state is not lost.
func TestFaultsAreAnswers(t *testing.T) {
	withoutEvents(t, func(t *testing.T, f *fakeDevice, r *Renderer, events func() []string) {
		f.with(func() {
			for range 1000 {
				f.faults["GetTransportInfo"] = append(f.faults["GetTransportInfo"], 501)
			}
		})
		time.Sleep(10 * time.Minute)
		wantEvents(t, events())
		if got := r.Stats(); got.Failed != 0 || got.Refused == 0 {
			t.Errorf("stats: %+v", got)
		}
	})
}

func TestCancelledCallsAreNoFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeDevice()
		f.delay = time.Second
		r := newRenderer(t, f, nil)
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			if _, err := r.transport.Position(ctx); err == nil {
				t.Error("want an error")
			}
		}
		if got := r.Stats(); got.Failed != 0 || got.Requests != 5 {
			t.Errorf("stats: %+v", got)
		}
	})
}

func TestPollingPace(t *testing.T) {
	withoutEvents(t, func(t *testing.T, f *fakeDevice, r *Renderer, events func() []string) {
		const info = "GetTransportInfo"
		asked := func(d time.Duration) int {
			before := f.count(info)
			time.Sleep(d)
			synctest.Wait()
			return f.count(info) - before
		}
		if got := f.count("GetPositionInfo"); got != 0 {
			t.Errorf("idle: want no look at the position, got %d", got)
		}
		if got := asked(10 * time.Minute); got != 20 {
			t.Errorf("idle: want 20 in 10 min, got %d", got)
		}
		mustPlay(t, r)
		if got := asked(9500 * time.Millisecond); got < 9 || got > 11 {
			t.Errorf("after Play: want 10 in 9.5 s, got %d", got)
		}
		asked(time.Second)
		if got := asked(time.Minute); got != 15 {
			t.Errorf("playing: want 15 in a minute, got %d", got)
		}
	})
}
