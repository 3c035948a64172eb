package player

import (
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// newTestVolume is the volume of a renderer that is away.
func newTestVolume(o settings.Volume) *Volume {
	v := newVolume(newDriver(zerolog.Nop(), nil))
	v.setOptions(o)
	return v
}

// A hand may turn the speaker beyond what senders may; they hear of that once.
func TestVolumeBeyondItsBounds(t *testing.T) {
	now, bounded := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), settings.Volume{Max: 60}
	v := newTestVolume(bounded)
	v.take(0.3, 0.01, now)
	if !v.take(0.7, 0.01, now) || v.take(0.8, 0.01, now) {
		t.Error("want the first turn beyond the bounds told alone")
	}
	if !v.take(0.54, 0.01, now) {
		t.Error("want the way back told")
	}
}

func TestVolumeKnown(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cases := []struct {
		name   string
		report func(v *Volume)
		want   Loudness
		fresh  bool
	}{
		{"nothing", func(*Volume) {}, Loudness{DefaultLevel, false}, false},
		{"heard", func(v *Volume) { v.take(0.7, 0.01, now) }, Loudness{0.7, false}, true},
		{"heard long ago", func(v *Volume) { v.take(0.7, 0.01, now.Add(-levelFresh)) }, Loudness{0.7, false}, false},
		{"set", func(v *Volume) { v.Set(Loudness{Level: 0.2}, now) }, Loudness{0.2, false}, true},
		{"what was heard before it was set does not count", func(v *Volume) {
			v.Set(Loudness{Level: 0.2}, now)
			v.take(0.7, 0.01, now.Add(levelEcho-1))
			v.reportedMute(true, now.Add(levelEcho-1))
		}, Loudness{0.2, false}, true},
		{"a hand at the speaker later on", func(v *Volume) {
			v.Set(Loudness{Level: 0.2}, now.Add(-levelEcho))
			v.take(0.7, 0.01, now)
			v.reportedMute(true, now)
		}, Loudness{0.7, true}, true},
		{"the renderer's nearest step is what was set", func(v *Volume) {
			v.Set(Loudness{Level: 0.4375}, now.Add(-levelEcho))
			v.take(0.44, 0.01, now)
		}, Loudness{0.4375, false}, true},
		{"the smallest turn of a hand is not", func(v *Volume) {
			v.Set(Loudness{Level: 0.44}, now.Add(-levelEcho))
			v.take(0.45, 0.01, now)
		}, Loudness{0.45, false}, true},
		{"on the renderer's scale", func(v *Volume) {
			v.Set(Loudness{Level: 0.4375}, now.Add(-levelEcho))
			v.setOptions(settings.Volume{Min: 20, Max: 70})
			v.take(0.42, 0.01, now)
		}, Loudness{0.4375, false}, true},
		{"a mute leaves the level", func(v *Volume) {
			v.take(0.7, 0.01, now)
			v.Set(Loudness{Mute: true}, now)
		}, Loudness{0.7, true}, true},
		{"a level takes the mute off", func(v *Volume) {
			v.Set(Loudness{Mute: true}, now)
			v.Set(Loudness{Level: 0.5}, now)
		}, Loudness{0.5, false}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := newTestVolume(settings.Volume{Max: 100})
			c.report(v)
			level, muted := v.Level()
			if got, fresh := (Loudness{level, muted}), v.Fresh(now); got != c.want || fresh != c.fresh {
				t.Errorf("want %+v, fresh %v, got %+v, fresh %v", c.want, c.fresh, got, fresh)
			}
		})
	}
}
