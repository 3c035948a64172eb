package bridge

import (
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

func TestVolumeScales(t *testing.T) {
	cases := []struct{ db, level float64 }{
		{0, 1}, {-30, 0}, {-15, 0.5}, {-11.25, 0.625},
	}
	for _, c := range cases {
		if got := dbLevel(c.db); math.Abs(got-c.level) > 1e-9 {
			t.Errorf("%v dB: want level %v, got %v", c.db, c.level, got)
		}
		if got := levelDB(c.level); math.Abs(got-c.db) > 1e-9 {
			t.Errorf("level %v: want %v dB, got %v", c.level, c.db, got)
		}
	}
	for db, want := range map[float64]float64{-144: 0, 12: 1} {
		if got := dbLevel(db); got != want {
			t.Errorf("%v dB: want it clamped to %v, got %v", db, want, got)
		}
	}
}

// What an evented renderer tells in the second after the phone turned it may be from
// before; what it tells then is a hand's.
func TestVolumeIsHeardASecondAfterItWasSet(t *testing.T) {
	for after, want := range map[time.Duration]float64{900 * time.Millisecond: -15, 1100 * time.Millisecond: -24} {
		run(t, func(h *harness) {
			phone := &slider{bridge: h.Bridge}
			h.options.Remote = func(raop.ClientInfo) (Remote, error) { return phone, nil }
			h.begin()
			_, kitchen := h.device()
			h.reports(kitchen, renderer.Volume{Level: 0.2})
			h.after(time.Minute, player.StateConnected)
			phone.turn(-15, false)
			h.after(after, player.StateConnected)
			h.reports(kitchen, renderer.Volume{Level: 0.2})
			h.after(time.Second/2, player.StateConnected)
			_, _, told := phone.state()
			if got := h.volumeDB(); math.Abs(got-want) > 1e-9 || (told > 0) != (want == -24) {
				t.Errorf("after %v: want %v dB, got %v, and the phone told %d times", after, want, got, told)
			}
		})
	}
}

// A session turns the speaker with its first sound, not before: until then it may
// play for others. Its sender is told from the beginning.
func TestVolumeAtTheFirstSound(t *testing.T) {
	run(t, func(h *harness) {
		knob, phone := h.mixing(settings.Volume{Max: 100, Start: settings.StartVolume{Percent: 25, Set: true}})
		wants := func(when string, volume, sets int, db float64) {
			t.Helper()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if got, _, gotSets := knob.state(); got != volume || gotSets != sets {
				t.Errorf("%s: want the speaker at %d, set %d times, got %d, %d times", when, volume, sets, got, gotSets)
			}
			if got := h.volumeDB(); math.Abs(got-db) > 1e-9 {
				t.Errorf("%s: want the sender told %v dB, got %v", when, db, got)
			}
		}
		wants("with the first sound", 25, 1, -22.5)
		knob.turn(70)
		wants("a hand", 70, 1, -9)
		h.post(sessionCommand{raop: raop.Teardown{}})
		wants("without a session", 70, 1, -22.5)
		h.begin()
		wants("connected", 70, 1, -22.5)
		knob.turn(60)
		wants("connected, and a hand", 60, 1, -22.5)
		if db, _, _ := phone.state(); db != -22.5 {
			t.Errorf("want the phone told of what will be, got %v dB", db)
		}
		h.soundComes()
		wants("with the sound of the second", 25, 2, -22.5)
		h.post(sessionCommand{raop: raop.Flush{All: true}})
		phone.turn(-6, false)
		wants("turned by the phone", 80, 3, -6)
		h.soundComes()
		wants("after a pause", 80, 3, -6)
		h.begin()
		phone.turn(-12, false)
		wants("turned before the sound", 60, 4, -12)
		h.soundComes()
		wants("with the sound", 60, 4, -12)
	})
}

// A fixed volume stays, whoever wants another one, and everybody is told what it is.
func TestFixedVolume(t *testing.T) {
	run(t, func(h *harness) {
		knob, phone := h.mixing(settings.Volume{Max: 100, Fixed: true})
		if err := h.SetVolume(0.9); !errors.Is(err, ErrVolumeFixed) {
			t.Errorf("want %v, got %v", ErrVolumeFixed, err)
		}
		phone.turn(-3, false)
		phone.turn(-3, true)
		wants := func(volume int) {
			t.Helper()
			h.after(10*time.Second, player.StatePlaying)
			if got, mute, sets := knob.state(); got != volume || mute || sets != 0 {
				t.Errorf("want the speaker at %d, got %d, muted %v, set %d times", volume, got, mute, sets)
			}
			level := float64(volume) / 100
			if got := h.volumeDB(); math.Abs(got-levelDB(level)) > 1e-9 {
				t.Errorf("want the sender told %v dB, got %v", levelDB(level), got)
			}
			if got := h.kitchen().Snapshot(); got.Level != level || got.Muted {
				t.Errorf("want %v shown, got %v, muted %v", level, got.Level, got.Muted)
			}
		}
		wants(40)
		knob.turn(70)
		wants(70)
	})
}

// The fixed member of a group counts as long as there is none that can be set.
func TestFixedVolumeInAGroup(t *testing.T) {
	runGroup(t, func(h *harness) {
		fixed := &mixer{fakeDevice: &fakeDevice{state: "STOPPED"}, most: 100, volume: 90}
		t1 := newTarget(t, fixed, "uuid:1", "Fixed", "RenderingControl")
		t1.Settings.Volume.Fixed = true
		h.Attach(t1)
		h.settle()
		if got := h.volumeDB(); !h.volumeFixed() || math.Abs(got-levelDB(0.9)) > 1e-9 {
			t.Errorf("alone: want a fixed volume of 0.9, got %v dB", got)
		}
		other := &mixer{fakeDevice: &fakeDevice{state: "STOPPED"}, most: 100, volume: 30}
		h.Attach(newTarget(t, other, "uuid:2", "Other", "RenderingControl"))
		h.settle()
		if got := h.volumeDB(); h.volumeFixed() || math.Abs(got-levelDB(0.3)) > 1e-9 {
			t.Errorf("with another: want that one's volume of 0.3, got %v dB", got)
		}
		h.senderVolume(raop.Volume{DB: -12}, time.Now())
		time.Sleep(time.Second)
		h.settle()
		if got, _, _ := other.state(); got != 60 {
			t.Errorf("with another: want that one set to 60, got %d", got)
		}
		if got, _, sets := fixed.state(); got != 90 || sets != 0 {
			t.Errorf("want the fixed one left at 90, got %d, set %d times", got, sets)
		}
	})
}

// What a sender wants of a speaker that is away is done when it is back: within its
// bounds.
func TestVolumeOfASpeakerThatIsAway(t *testing.T) {
	run(t, func(h *harness) {
		knob, phone := h.mixing(settings.Volume{Max: 60})
		at := h.targets[kitchen]
		h.Detach(kitchen)
		h.after(time.Minute, player.StateRetrying)
		phone.turn(0, false)
		h.Attach(at)
		h.after(10*time.Second, player.StatePlaying)
		if got, _, _ := knob.state(); got != 60 {
			t.Errorf("want it at 60, got %d", got)
		}
	})
}

// What a sender set stays as exact as it was where the renderer's knob is coarse, and
// a hand at that is heard.
func TestVolumeOfACoarseKnob(t *testing.T) {
	for _, db := range []float64{-17.25, -9.9} {
		run(t, func(h *harness) {
			knob, phone := h.mixingOn(settings.Volume{Max: 100}, 20)
			phone.turn(db, false)
			h.after(10*time.Second, player.StatePlaying)
			set, _, _ := knob.state()
			if got, want := h.volumeDB(), db; set != int(math.Round(20*dbLevel(db))) || math.Abs(got-want) > 1e-9 {
				t.Errorf("want %v dB told as it was set, got %v, and the knob at %d", want, got, set)
			}
			knob.turn(set + 1)
			h.after(10*time.Second, player.StatePlaying)
			if got, want := h.volumeDB(), levelDB(float64(set+1)/20); math.Abs(got-want) > 1e-9 {
				t.Errorf("want %v dB after a hand at the knob, got %v", want, got)
			}
		})
	}
}
