package bridge

import (
	"math"
	"testing"
	"time"
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

func TestVolumeKnown(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cases := []struct {
		name  string
		tell  func(v *volume)
		want  loudness
		fresh bool
	}{
		{"nothing", func(*volume) {}, loudness{defaultLevel, false}, false},
		{"heard", func(v *volume) { v.heard(0.7, now) }, loudness{0.7, false}, true},
		{"heard long ago", func(v *volume) { v.heard(0.7, now.Add(-levelFresh)) }, loudness{0.7, false}, false},
		{"set", func(v *volume) { v.turned(loudness{level: 0.2}, now) }, loudness{0.2, false}, true},
		{"what was heard before it was set does not count", func(v *volume) {
			v.turned(loudness{level: 0.2}, now)
			v.heard(0.7, now.Add(levelEcho-1))
			v.heardMute(true, now.Add(levelEcho-1))
		}, loudness{0.2, false}, true},
		{"a hand at the speaker later on", func(v *volume) {
			v.turned(loudness{level: 0.2}, now.Add(-levelEcho))
			v.heard(0.7, now)
			v.heardMute(true, now)
		}, loudness{0.7, true}, true},
		{"a mute leaves the level", func(v *volume) {
			v.heard(0.7, now)
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
