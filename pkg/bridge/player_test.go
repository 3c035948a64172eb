package bridge

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

func TestPlayerPlaysAndStops(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		d.after(time.Second, StateConnected)
		d.sound()
		d.after(time.Second, StatePlaying)
		d.wantActions(f, "Play")
		d.post(message{raop: raop.Teardown{Reason: "the sender ended it"}})
		d.after(time.Second, StateIdle)
		d.wantActions(f, "Play", "Stop")
	})
}

func TestPlayerHoldsAFlush(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		d.sound()
		d.after(time.Second, StatePlaying)
		d.post(message{raop: raop.Flush{All: true}})
		d.after(holdFor-time.Millisecond, StatePaused)
		d.sound()
		d.after(time.Minute, StatePlaying)
		d.wantActions(f, "Play")
		d.post(message{raop: raop.Pause{}})
		d.after(holdFor+time.Millisecond, StateConnected)
		d.wantActions(f, "Play", "Stop")
		if !d.pipeline.listening.Load() {
			t.Error("want the next sound listened for")
		}
	})
}

// Some senders flush twice.
func TestPlayerHoldsOnceForTwoFlushes(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		d.sound()
		d.after(time.Second, StatePlaying)
		d.post(message{raop: raop.Flush{All: true}})
		d.after(holdFor/2, StatePaused)
		d.post(message{raop: raop.Flush{All: true}})
		d.after(0, StatePaused)
		d.after(holdFor, StateConnected)
		d.wantActions(f, "Play", "Stop")
	})
}

func TestPlayerRetriesARefusal(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		f.refuses, f.refusal = 7, upnp.ErrMalformed
		d.sound()
		d.after(2*time.Minute, StatePlaying)
		var pauses []time.Duration
		for i := range f.told[1:] {
			pauses = append(pauses, f.told[i+1].at.Sub(f.told[i].at))
		}
		s := time.Second
		if want := []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 30 * s, 30 * s}; !slices.Equal(want, pauses) {
			t.Errorf("want tries after %v, got %v", want, pauses)
		}
		if d.lost != 7 {
			t.Errorf("want the renderer looked for after each refusal, got %d", d.lost)
		}

		f.refuses = 1
		d.begin() // another session has patience of its own
		d.sound()
		d.after(2*time.Second, StatePlaying)
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
			runDesk(t, func(d *desk) {
				f, kitchen := d.device()
				kitchen.settings.Codec = audio.CodecUnknown
				kitchen.initFormats()
				c.device(f)
				d.sound()
				d.after(c.within, StatePlaying)
				d.after(readsFor+2*time.Second, StatePlaying)
				got := d.kitchen().snapshot(time.Now())
				if !got.Proven || got.Stream.Readers != 1 {
					t.Errorf("want a stream that is read and proven, got %+v", got)
				}
				before := f.actions()
				d.after(time.Hour, StatePlaying)
				if after := f.actions(); after != before {
					t.Errorf("want it left in peace, got %q after %q", after, before)
				}
				way, known := d.options.Memory.Format(kitchen.udn)
				way.Scheme = quirk.SchemeHTTP // that is not remembered
				if !known || way != kitchen.formats.Current() {
					t.Errorf("want the way remembered that plays, got %v", way)
				}
			})
		})
	}
}

// What a start that is over led to, and what a renderer says that was replaced,
// is of no interest.
func TestPlayerIgnoresWhatIsOver(t *testing.T) {
	runDesk(t, func(d *desk) {
		_, old := d.device()
		d.sound()
		d.after(time.Second, StatePlaying)
		d.device()
		d.after(time.Second, StatePlaying)
		d.kitchen().tell(note{started: 1, err: errAbsent})
		d.after(0, StatePlaying)
		d.hears(old, renderer.Lost{Reason: "gone"})
		d.after(0, StatePlaying)
	})
}

// The first stop by the speaker itself may be a hiccup, the second is meant.
func TestPlayerYields(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		d.sound()
		d.after(6*time.Second, StatePlaying)
		f.is("STOPPED")
		d.after(10*time.Second, StatePlaying)
		d.wantActions(f, "Play", "Play")
		f.is("STOPPED")
		d.after(10*time.Second, StateReleased)
		d.after(time.Hour, StateReleased)
		d.wantActions(f, "Play", "Play")

		d.post(message{raop: raop.Pause{}})
		d.after(0, StateConnected)
		d.sound()
		d.after(time.Second, StatePlaying)
		d.wantActions(f, "Play", "Play", "Play")
	})
}

func TestPlayerYieldsToAnotherController(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, kitchen := d.device()
		d.sound()
		d.after(time.Second, StatePlaying)
		d.hears(kitchen, renderer.TakenOver{URI: "http://192.0.2.9/radio"})
		d.after(time.Minute, StateReleased)
		d.wantActions(f, "Play") // no Stop: that would end what the other plays
	})
}

func TestPlayerWaitsForASpeaker(t *testing.T) {
	runDesk(t, func(d *desk) {
		_, first := d.device()
		d.detach(first.udn)
		d.sound()
		d.after(time.Minute, StateRetrying)
		f, _ := d.device()
		d.after(time.Second, StatePlaying)
		d.detach(kitchen)
		d.after(time.Minute, StateRetrying)
		d.wantActions(f, "Play")
		again, _ := d.device()
		d.after(time.Second, StatePlaying)
		d.wantActions(again, "Play")
	})
}

func TestPlayerTakesTheNextSession(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		d.sound()
		d.after(time.Second, StatePlaying)
		d.begin() // without a Teardown before
		d.after(time.Second, StateConnected)
		d.wantActions(f, "Play", "Stop")
		d.sound()
		d.after(time.Second, StatePlaying)
		d.post(message{event: eventSenderSilent})
		d.after(time.Second, StateConnected)
		d.wantActions(f, "Play", "Stop", "Play", "Stop")
	})
}

func TestPlayerKeepsTheVolume(t *testing.T) {
	runDesk(t, func(d *desk) {
		_, kitchen := d.device()
		wantDB := func(want float64) {
			t.Helper()
			synctest.Wait()
			if got := d.volumeDB(); got != want {
				t.Errorf("want %v dB, got %v", want, got)
			}
		}
		wantDB(levelDB(defaultLevel)) // it has no RenderingControl
		d.hears(kitchen, renderer.Volume{Level: 0.5})
		wantDB(-15)
		d.post(message{raop: raop.Volume{DB: -30, Mute: true}})
		wantDB(muteDB)
		d.post(message{raop: raop.Volume{DB: -6}})
		wantDB(-6)
		time.Sleep(levelEcho)
		d.hears(kitchen, renderer.Mute{On: true})
		wantDB(muteDB)
		d.hears(kitchen, renderer.Mute{On: false})
		wantDB(-6)
	})
}

// A sender that asks before the renderer was heard gets the renderer's answer.
func TestVolumeIsAskedFor(t *testing.T) {
	b := newBridge(Options{})
	p := newPlayer(b, kitchen)
	p.driver.attach(&fakeSpeaker{})
	b.players = []*player{p}
	if want, got := levelDB(0.4), b.volumeDB(); math.Abs(got-want) > 1e-9 {
		t.Errorf("want the renderer's %v dB, got %v", want, got)
	}
}
