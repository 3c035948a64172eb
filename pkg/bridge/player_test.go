package bridge

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

func TestPlayerPlaysAndStops(t *testing.T) {
	run(t, func(h *harness) {
		f, _ := h.device()
		h.after(time.Second, player.StateConnected)
		h.soundComes()
		h.after(time.Second, player.StatePlaying)
		h.wantActions(f, "Play")
		h.post(sessionCommand{raop: raop.Teardown{Reason: "the sender ended it"}})
		h.after(time.Second, player.StateIdle)
		h.wantActions(f, "Play", "Stop")
	})
}

func TestPlayerHoldsAFlush(t *testing.T) {
	run(t, func(h *harness) {
		f, _ := h.device()
		h.soundComes()
		h.after(time.Second, player.StatePlaying)
		h.post(sessionCommand{raop: raop.Flush{All: true}})
		h.after(seekWithin-time.Millisecond, player.StatePaused)
		h.soundComes()
		h.after(time.Minute, player.StatePlaying)
		h.wantActions(f, "Play")
		h.post(sessionCommand{raop: raop.Pause{}})
		h.after(seekWithin+time.Millisecond, player.StateConnected)
		h.wantActions(f, "Play", "Stop")
		h.send() // the next sound is listened for
		h.after(0, player.StatePlaying)
	})
}

// Some senders flush twice.
func TestPlayerHoldsOnceForTwoFlushes(t *testing.T) {
	run(t, func(h *harness) {
		f, _ := h.device()
		h.soundComes()
		h.after(time.Second, player.StatePlaying)
		h.post(sessionCommand{raop: raop.Flush{All: true}})
		h.after(seekWithin/2, player.StatePaused)
		h.post(sessionCommand{raop: raop.Flush{All: true}})
		h.after(0, player.StatePaused)
		h.after(seekWithin, player.StateConnected)
		h.wantActions(f, "Play", "Stop")
	})
}

func TestPlayerRetriesARefusal(t *testing.T) {
	run(t, func(h *harness) {
		f, _ := h.device()
		f.refuses, f.refusal = 7, upnp.ErrMalformed
		h.soundComes()
		h.after(2*time.Minute, player.StatePlaying)
		var pauses []time.Duration
		for i := range f.ordered[1:] {
			pauses = append(pauses, f.ordered[i+1].at.Sub(f.ordered[i].at))
		}
		s := time.Second
		if want := []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 30 * s, 30 * s}; !slices.Equal(want, pauses) {
			t.Errorf("want tries after %v, got %v", want, pauses)
		}
		if h.lost != 7 {
			t.Errorf("want the renderer looked for after each refusal, got %d", h.lost)
		}

		f.refuses = 1
		h.begin() // another session has patience of its own
		h.soundComes()
		h.after(2*time.Second, player.StatePlaying)
	})
}

// What a renderer refuses, or accepts and does not fetch, it is offered in
// another way at once.
func TestPlayerFindsAWay(t *testing.T) {
	cases := []struct {
		name   string
		device func(f *fakeDevice)
		within time.Duration
	}{
		{"another class", func(f *fakeDevice) { f.likes = quirk.ClassTrack }, time.Second},
		{"another MIME type", func(f *fakeDevice) { f.likes = "audio/wav" }, time.Second},
		{"an error that says nothing, again and again", func(f *fakeDevice) { f.refuses = 4 }, 4 * time.Second},
		{"no fetch at first", func(f *fakeDevice) {
			fetch := f.fetch
			f.fetch = func(string) { f.fetch = fetch }
		}, noGETFirst + time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			run(t, func(h *harness) {
				f, kitchen := h.device()
				kitchen.Settings.Codec = audio.CodecUnknown
				setFormats(kitchen)
				c.device(f)
				h.soundComes()
				h.after(c.within, player.StatePlaying)
				h.after(readsFor+2*time.Second, player.StatePlaying)
				got := h.kitchen().Snapshot()
				if !got.Verified || got.Stream.Readers != 1 {
					t.Errorf("want a stream that is read and proven, got %+v", got)
				}
				before := f.actions()
				h.after(time.Hour, player.StatePlaying)
				if after := f.actions(); after != before {
					t.Errorf("want it left in peace, got %q after %q", after, before)
				}
				format, known := h.options.Memory.Format(kitchen.UDN)
				format.Scheme = quirk.SchemeHTTP // that is not remembered
				if !known || format != kitchen.Formats.Current() {
					t.Errorf("want the format remembered that plays, got %v", format)
				}
			})
		})
	}
}

// What a start that is over led to, and what a renderer says that was replaced,
// is of no interest.
func TestPlayerIgnoresWhatIsOver(t *testing.T) {
	run(t, func(h *harness) {
		_, old := h.device()
		h.soundComes()
		h.after(time.Second, player.StatePlaying)
		h.device()
		h.after(time.Second, player.StatePlaying)
		h.reports(old, renderer.Lost{Reason: "gone"})
		h.after(0, player.StatePlaying)
	})
}

// The first stop by the speaker itself may be a hiccup, the second is meant.
func TestPlayerYields(t *testing.T) {
	run(t, func(h *harness) {
		f, _ := h.device()
		h.soundComes()
		h.after(6*time.Second, player.StatePlaying)
		f.setState("STOPPED")
		h.after(10*time.Second, player.StatePlaying)
		h.wantActions(f, "Play", "Play")
		f.setState("STOPPED")
		h.after(10*time.Second, player.StateReleased)
		h.after(time.Hour, player.StateReleased)
		h.wantActions(f, "Play", "Play")

		h.post(sessionCommand{raop: raop.Pause{}})
		h.after(0, player.StateConnected)
		h.soundComes()
		h.after(time.Second, player.StatePlaying)
		h.wantActions(f, "Play", "Play", "Play")
	})
}

func TestPlayerYieldsToAnotherController(t *testing.T) {
	run(t, func(h *harness) {
		f, kitchen := h.device()
		h.soundComes()
		h.after(time.Second, player.StatePlaying)
		h.reports(kitchen, renderer.TakenOver{URI: "http://192.0.2.9/radio"})
		h.after(time.Minute, player.StateReleased)
		h.wantActions(f, "Play") // no Stop: that would end what the other plays
	})
}

func TestPlayerWaitsForASpeaker(t *testing.T) {
	run(t, func(h *harness) {
		_, first := h.device()
		h.Detach(first.UDN)
		h.soundComes()
		h.after(time.Minute, player.StateRetrying)
		f, _ := h.device()
		h.after(time.Second, player.StatePlaying)
		h.Detach(kitchen)
		h.after(time.Minute, player.StateRetrying)
		h.wantActions(f, "Play")
		again, _ := h.device()
		h.after(time.Second, player.StatePlaying)
		h.wantActions(again, "Play")
	})
}

func TestPlayerTakesTheNextSession(t *testing.T) {
	run(t, func(h *harness) {
		f, _ := h.device()
		h.soundComes()
		h.after(time.Second, player.StatePlaying)
		h.begin() // without a Teardown before
		h.after(time.Second, player.StateConnected)
		h.wantActions(f, "Play", "Stop")
		h.soundComes()
		h.after(time.Second, player.StatePlaying)
		h.post(sessionCommand{senderSilent: true})
		h.after(time.Second, player.StateConnected)
		h.wantActions(f, "Play", "Stop", "Play", "Stop")
	})
}

func TestPlayerKeepsTheVolume(t *testing.T) {
	run(t, func(h *harness) {
		_, kitchen := h.device()
		wantDB := func(want float64) {
			t.Helper()
			synctest.Wait()
			if got := h.volumeDB(); got != want {
				t.Errorf("want %v dB, got %v", want, got)
			}
		}
		wantDB(levelDB(player.DefaultLevel)) // it has no RenderingControl
		h.reports(kitchen, renderer.Volume{Level: 0.5})
		wantDB(-15)
		h.post(sessionCommand{raop: raop.Volume{DB: -30, Mute: true}})
		wantDB(muteDB)
		h.post(sessionCommand{raop: raop.Volume{DB: -6}})
		wantDB(-6)
		time.Sleep(levelEcho)
		h.reports(kitchen, renderer.Mute{On: true})
		wantDB(muteDB)
		h.reports(kitchen, renderer.Mute{On: false})
		wantDB(-6)
	})
}

// A sender that asks before the renderer reported its volume gets the renderer's
// answer.
func TestVolumeIsAskedFor(t *testing.T) {
	runGroup(t, func(h *harness) { // whose members are not polled before they play
		knob := &mixer{fakeDevice: &fakeDevice{state: "STOPPED"}, most: 100, volume: 40}
		h.Attach(newTarget(t, knob, kitchen, "Kitchen", "RenderingControl"))
		h.settle()
		if want, got := levelDB(0.4), h.volumeDB(); math.Abs(got-want) > 1e-9 {
			t.Errorf("want the renderer's %v dB, got %v", want, got)
		}
	})
}
