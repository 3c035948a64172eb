package renderer

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

func TestWatchTellsHandsFromEchoes(t *testing.T) {
	t0 := time.Unix(1000, 0)
	type step struct {
		after time.Duration
		set   bool
		raw   int
		news  bool
	}
	cases := []struct {
		name  string
		steps []step
	}{
		{"first sight is news, the same again is not", []step{{0, false, 20, true}, {time.Second, false, 20, false}}},
		{"turned by hand", []step{{0, false, 20, true}, {1, false, 23, true}, {2, false, 20, true}}},
		{"our own value", []step{{0, true, 50, false}, {time.Millisecond, false, 50, false}, {2 * time.Second, false, 50, false}}},
		{"on its way to our value", []step{{0, true, 50, false}, {500 * time.Millisecond, false, 35, false}, {2 * time.Second, false, 50, false}}},
		{"rounded by the device", []step{{0, true, 50, false}, {2 * time.Second, false, 49, false}, {3 * time.Second, false, 49, false}}},
		{"turned by one after it was heard", []step{{0, true, 50, false}, {2 * time.Second, false, 50, false}, {3 * time.Second, false, 49, true}}},
		{"turned soon after our command", []step{{0, true, 50, false}, {900 * time.Millisecond, false, 20, false}, {2 * time.Second, false, 20, true}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var w watch
			for i, s := range c.steps {
				if s.set {
					w.set(s.raw, t0.Add(s.after))
					continue
				}
				if news := w.heard(s.raw, 1, t0.Add(s.after)); news != s.news {
					t.Errorf("step %d: want news %v, got %v", i, s.news, news)
				}
			}
		})
	}
}

var timeCases = []struct {
	text string
	want time.Duration
	ok   bool
}{
	{"0:00:00", 0, true},
	{"00:01:02", 62 * time.Second, true},
	{" 123:59:59 ", 123*time.Hour + 59*time.Minute + 59*time.Second, true},
	{"0:00:01.5", 1500 * time.Millisecond, true},
	{"0:00:01.123456", 1123 * time.Millisecond, true},
	{"0:00:01.1/4", 1250 * time.Millisecond, true},
	{"0:00:01.4/4", time.Second, true},
	{"0:00:01.1/0", time.Second, true},
	{"0:00:01.x", time.Second, true},
	{"", 0, false},
	{"NOT_IMPLEMENTED", 0, false},
	{"01:02", 0, false},
	{"0:60:00", 0, false},
	{"0:00:60", 0, false},
	{"-1:00:00", 0, false},
	{"2147483647:00:00", 0, false},
}

func TestParseTime(t *testing.T) {
	for _, c := range timeCases {
		if got, ok := parseTime(c.text); got != c.want || ok != c.ok {
			t.Errorf("%q: want %v %v, got %v %v", c.text, c.want, c.ok, got, ok)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, c := range timeCases {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, ok := parseTime(text); got < 0 || got > (maxHours+1)*time.Hour || !ok && got != 0 {
			t.Fatalf("%q: %v %v", text, got, ok)
		}
	})
}
