package transport

import (
	"testing"
	"time"
)

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
