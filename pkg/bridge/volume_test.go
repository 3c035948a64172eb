package bridge

import (
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
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
		runDesk(t, func(d *desk) {
			phone := &slider{bridge: d.Bridge}
			d.options.Remote = func(raop.ClientInfo) (Remote, error) { return phone, nil }
			d.begin()
			_, kitchen := d.device()
			d.hears(kitchen, renderer.Volume{Level: 0.2})
			d.after(time.Minute, StateConnected)
			phone.turn(-15, false)
			d.after(after, StateConnected)
			d.hears(kitchen, renderer.Volume{Level: 0.2})
			d.after(time.Second/2, StateConnected)
			_, _, told := phone.state()
			if got := d.volumeDB(); math.Abs(got-want) > 1e-9 || (told > 0) != (want == -24) {
				t.Errorf("after %v: want %v dB, got %v, and the phone told %d times", after, want, got, told)
			}
		})
	}
}

// A session turns the speaker with its first sound, not before: until then it may
// play for others. Its sender is told from the beginning.
func TestVolumeAtTheFirstSound(t *testing.T) {
	runDesk(t, func(d *desk) {
		knob, phone := d.mixing(settings.Volume{Max: 100, Start: settings.StartVolume{Percent: 25, Set: true}})
		wants := func(when string, volume, sets int, db float64) {
			t.Helper()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if got, _, gotSets := knob.state(); got != volume || gotSets != sets {
				t.Errorf("%s: want the speaker at %d, set %d times, got %d, %d times", when, volume, sets, got, gotSets)
			}
			if got := d.volumeDB(); math.Abs(got-db) > 1e-9 {
				t.Errorf("%s: want the sender told %v dB, got %v", when, db, got)
			}
		}
		wants("with the first sound", 25, 1, -22.5)
		knob.turn(70)
		wants("a hand", 70, 1, -9)
		d.post(message{raop: raop.Teardown{}})
		wants("without a session", 70, 1, -22.5)
		d.begin()
		wants("connected", 70, 1, -22.5)
		knob.turn(60)
		wants("connected, and a hand", 60, 1, -22.5)
		if db, _, _ := phone.state(); db != -22.5 {
			t.Errorf("want the phone told of what will be, got %v dB", db)
		}
		d.sound()
		wants("with the sound of the second", 25, 2, -22.5)
		d.post(message{raop: raop.Flush{All: true}})
		phone.turn(-6, false)
		wants("turned by the phone", 80, 3, -6)
		d.sound()
		wants("after a pause", 80, 3, -6)
		d.begin()
		phone.turn(-12, false)
		wants("turned before the sound", 60, 4, -12)
		d.sound()
		wants("with the sound", 60, 4, -12)
	})
}

// A fixed volume stays, whoever wants another one, and everybody is told what it is.
func TestFixedVolume(t *testing.T) {
	runDesk(t, func(d *desk) {
		knob, phone := d.mixing(settings.Volume{Max: 100, Fixed: true})
		m := NewManager(ManagerOptions{})
		m.roster[kitchen] = &entry{bridge: d.Bridge}
		if err := m.SetVolume(d.options.Receiver.ID.String(), 0.9); !errors.Is(err, ErrVolumeFixed) {
			t.Errorf("want %v, got %v", ErrVolumeFixed, err)
		}
		phone.turn(-3, false)
		phone.turn(-3, true)
		wants := func(volume int) {
			t.Helper()
			d.after(10*time.Second, StatePlaying)
			if got, mute, sets := knob.state(); got != volume || mute || sets != 0 {
				t.Errorf("want the speaker at %d, got %d, muted %v, set %d times", volume, got, mute, sets)
			}
			level := float64(volume) / 100
			if got := d.volumeDB(); math.Abs(got-levelDB(level)) > 1e-9 {
				t.Errorf("want the sender told %v dB, got %v", levelDB(level), got)
			}
			if got := d.kitchen().snapshot(time.Now()); got.Level != level || got.Muted {
				t.Errorf("want %v shown, got %v, muted %v", level, got.Level, got.Muted)
			}
		}
		wants(40)
		knob.turn(70)
		wants(70)
	})
}

// The fixed member of a group counts as long as there is none that can be turned.
func TestFixedVolumeInAGroup(t *testing.T) {
	b := newBridge(Options{Group: true})
	fixed, turned := newPlayer(b, "uuid:1"), newPlayer(b, "uuid:2")
	fixed.status.volume.Fixed = true
	now := time.Now()
	fixed.volume.heard(0.9, 0.01, settings.Volume{Max: 100}, now)
	turned.volume.heard(0.3, 0.01, settings.Volume{Max: 100}, now)
	b.players = []*player{fixed}
	if got := b.loudness(now).level; !b.volumeFixed() || got != 0.9 {
		t.Errorf("alone: want a fixed volume of 0.9, got %v", got)
	}
	b.players = []*player{fixed, turned}
	b.turn(raop.Volume{DB: -12}, now)
	if got := b.loudness(now).level; b.volumeFixed() || math.Abs(got-0.6) > 1e-9 {
		t.Errorf("with another: want that one turned to 0.6, got %v", got)
	}
	if is, _ := fixed.volume.now(now); is.level != 0.9 {
		t.Errorf("want the fixed one left at 0.9, got %v", is.level)
	}
}

// What a sender wants of a speaker that is away is done when it is back: within its
// bounds.
func TestVolumeOfASpeakerThatIsAway(t *testing.T) {
	runDesk(t, func(d *desk) {
		knob, phone := d.mixing(settings.Volume{Max: 60})
		at := d.kitchen().target
		d.detach(kitchen)
		d.after(time.Minute, StateRetrying)
		phone.turn(0, false)
		d.attach(at)
		d.after(10*time.Second, StatePlaying)
		if got, _, _ := knob.state(); got != 60 {
			t.Errorf("want it at 60, got %d", got)
		}
	})
}

// A hand may turn the speaker beyond what senders may; they hear of that once.
func TestVolumeBeyondItsBounds(t *testing.T) {
	now, bounded := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), settings.Volume{Max: 60}
	var v volume
	v.heard(0.3, 0.01, bounded, now)
	if !v.heard(0.7, 0.01, bounded, now) || v.heard(0.8, 0.01, bounded, now) {
		t.Error("want the first turn beyond the bounds told alone")
	}
	if !v.heard(0.54, 0.01, bounded, now) {
		t.Error("want the way back told")
	}
}

func TestVolumeKnown(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cases := []struct {
		name  string
		tell  func(v *volume)
		want  loudness
		fresh bool
	}{
		{"nothing", func(*volume) {}, loudness{defaultLevel, false}, false},
		{"heard", func(v *volume) { v.heard(0.7, 0.01, settings.Volume{Max: 100}, now) }, loudness{0.7, false}, true},
		{"heard long ago", func(v *volume) { v.heard(0.7, 0.01, settings.Volume{Max: 100}, now.Add(-levelFresh)) }, loudness{0.7, false}, false},
		{"set", func(v *volume) { v.turned(loudness{level: 0.2}, now) }, loudness{0.2, false}, true},
		{"what was heard before it was set does not count", func(v *volume) {
			v.turned(loudness{level: 0.2}, now)
			v.heard(0.7, 0.01, settings.Volume{Max: 100}, now.Add(levelEcho-1))
			v.heardMute(true, now.Add(levelEcho-1))
		}, loudness{0.2, false}, true},
		{"a hand at the speaker later on", func(v *volume) {
			v.turned(loudness{level: 0.2}, now.Add(-levelEcho))
			v.heard(0.7, 0.01, settings.Volume{Max: 100}, now)
			v.heardMute(true, now)
		}, loudness{0.7, true}, true},
		{"the renderer's nearest step is what was set", func(v *volume) {
			v.turned(loudness{level: 0.4375}, now.Add(-levelEcho))
			v.heard(0.44, 0.01, settings.Volume{Max: 100}, now)
		}, loudness{0.4375, false}, true},
		{"the smallest turn of a hand is not", func(v *volume) {
			v.turned(loudness{level: 0.44}, now.Add(-levelEcho))
			v.heard(0.45, 0.01, settings.Volume{Max: 100}, now)
		}, loudness{0.45, false}, true},
		{"on the renderer's scale", func(v *volume) {
			v.turned(loudness{level: 0.4375}, now.Add(-levelEcho))
			v.heard(0.42, 0.01, settings.Volume{Min: 20, Max: 70}, now)
		}, loudness{0.4375, false}, true},
		{"a mute leaves the level", func(v *volume) {
			v.heard(0.7, 0.01, settings.Volume{Max: 100}, now)
			v.turned(loudness{mute: true}, now)
		}, loudness{0.7, true}, true},
		{"a level takes the mute off", func(v *volume) {
			v.turned(loudness{mute: true}, now)
			v.turned(loudness{level: 0.5}, now)
		}, loudness{0.5, false}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var v volume
			c.tell(&v)
			if got, fresh := v.now(now); got != c.want || fresh != c.fresh {
				t.Errorf("want %+v, fresh %v, got %+v, fresh %v", c.want, c.fresh, got, fresh)
			}
		})
	}
}

// What a sender set stays as exact as it was where the renderer's knob is coarse, and
// a hand at that is heard.
func TestVolumeOfACoarseKnob(t *testing.T) {
	for _, db := range []float64{-17.25, -9.9} {
		runDesk(t, func(d *desk) {
			knob, phone := d.mixingOn(settings.Volume{Max: 100}, 20)
			phone.turn(db, false)
			d.after(10*time.Second, StatePlaying)
			set, _, _ := knob.state()
			if got, want := d.volumeDB(), db; set != int(math.Round(20*dbLevel(db))) || math.Abs(got-want) > 1e-9 {
				t.Errorf("want %v dB told as it was set, got %v, and the knob at %d", want, got, set)
			}
			knob.turn(set + 1)
			d.after(10*time.Second, StatePlaying)
			if got, want := d.volumeDB(), levelDB(float64(set+1)/20); math.Abs(got-want) > 1e-9 {
				t.Errorf("want %v dB after a hand at the knob, got %v", want, got)
			}
		})
	}
}
