package volume

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

func TestScale(t *testing.T) {
	percent := upnp.Range{Min: 0, Max: 100, Step: 1}
	cases := []struct {
		name  string
		in    upnp.Range
		level float64
		raw   int
		back  float64
	}{
		{"silent", percent, 0, 0, 0},
		{"half", percent, 0.5, 50, 0.5},
		{"full", percent, 1, 100, 1},
		{"rounded", percent, 0.666, 67, 0.67},
		{"too low", percent, -3, 0, 0},
		{"too high", percent, 7, 100, 1},
		{"other range", upnp.Range{Min: 0, Max: 30, Step: 1}, 0.5, 15, 0.5},
		{"not from zero", upnp.Range{Min: 10, Max: 60, Step: 1}, 0.5, 35, 0.5},
		{"steps", upnp.Range{Min: 0, Max: 50, Step: 5}, 0.55, 30, 0.6},
		{"steps that do not fit", upnp.Range{Min: 0, Max: 10, Step: 4}, 1, 10, 1},
		{"step larger than the range", upnp.Range{Min: 0, Max: 10, Step: 50}, 1, 10, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := scale{Range: c.in}
			raw := s.raw(c.level)
			if raw != c.raw || s.level(raw) != c.back {
				t.Errorf("want %d = %v, got %d = %v", c.raw, c.back, raw, s.level(raw))
			}
		})
	}
	for _, in := range []upnp.Range{percent, {Min: 0, Max: 20, Step: 1}, {Min: 10, Max: 60, Step: 5}, {Min: 0, Max: 10, Step: 50}} {
		s := scale{Range: in}
		if want, got := s.level(s.raw(s.step())), s.step(); got != want {
			t.Errorf("%+v: want a step of %v, got %v", in, want, got)
		}
	}
	if got := (scale{Range: percent}).level(200); got != 1 {
		t.Errorf("number off the scale: want level 1, got %v", got)
	}
}

func TestChangeAtTheDeviceOrEcho(t *testing.T) {
	t0 := time.Unix(1000, 0)
	type step struct {
		after time.Duration
		set   bool
		raw   int
		isNew bool
	}
	cases := []struct {
		name  string
		steps []step
	}{
		{"first sight is new, the same again is not", []step{{0, false, 20, true}, {time.Second, false, 20, false}}},
		{"turned at the device", []step{{0, false, 20, true}, {1, false, 23, true}, {2, false, 20, true}}},
		{"our own value", []step{{0, true, 50, false}, {time.Millisecond, false, 50, false}, {2 * time.Second, false, 50, false}}},
		{"on its way to our value", []step{{0, true, 50, false}, {500 * time.Millisecond, false, 35, false}, {2 * time.Second, false, 50, false}}},
		{"rounded by the device", []step{{0, true, 50, false}, {2 * time.Second, false, 49, false}, {3 * time.Second, false, 49, false}}},
		{"turned by one after it was confirmed", []step{{0, true, 50, false}, {2 * time.Second, false, 50, false}, {3 * time.Second, false, 49, true}}},
		{"turned soon after our command", []step{{0, true, 50, false}, {900 * time.Millisecond, false, 20, false}, {2 * time.Second, false, 20, true}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var v tracked
			for i, s := range c.steps {
				if s.set {
					v.set(s.raw, t0.Add(s.after))
					continue
				}
				if isNew := v.reported(s.raw, 1, t0.Add(s.after)); isNew != s.isNew {
					t.Errorf("step %d: want isNew %v, got %v", i, s.isNew, isNew)
				}
			}
		})
	}
}
