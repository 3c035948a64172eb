package rtp_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

func TestNTPFromTime(t *testing.T) {
	tests := []struct {
		name string
		in   time.Time
		want rtp.NTPTime
	}{
		{"Unix epoch", time.Unix(0, 0), 0x83aa7e80_00000000},
		{"half a second", time.Unix(1, 5e8), 0x83aa7e81_80000000},
		{"last nanosecond", time.Unix(0, 999_999_999), 0x83aa7e80_fffffffc},
		{"era 1", time.Date(2036, 2, 7, 6, 28, 16, 0, time.UTC), 0},
		{"before 1970", time.Unix(-1, 0), 0x83aa7e7f_00000000},
	}
	for _, tt := range tests {
		if got := rtp.NTPFromTime(tt.in); got != tt.want {
			t.Errorf("%s: want %#x, got %#x", tt.name, tt.want, got)
		}
	}
}

func TestNTPSub(t *testing.T) {
	tests := []struct {
		name string
		a, b rtp.NTPTime
		want time.Duration
	}{
		{"equal", 5 << 32, 5 << 32, 0},
		{"a second later", 6 << 32, 5 << 32, time.Second},
		{"half a second earlier", 5 << 32, 5<<32 + 1<<31, -500 * time.Millisecond},
		{"across the wrap", 1 << 32, ^rtp.NTPTime(0) - 1<<32 + 1, 2 * time.Second},
		{"back across the wrap", ^rtp.NTPTime(0) - 1<<32 + 1, 1 << 32, -2 * time.Second},
		{"the smallest step", 1, 0, 0},
		{"a nanosecond", 4, 0, 1},
		{"farthest", 1<<63 - 1, 0, 1 << 31 * time.Second},
	}
	for _, tt := range tests {
		if got := tt.a.Sub(tt.b); got != tt.want {
			t.Errorf("%s: want %v, got %v", tt.name, tt.want, got)
		}
	}
}

// Differences of times survive the conversion to within a nanosecond.
func TestNTPSubFromTime(t *testing.T) {
	base := time.Date(2026, 9, 1, 12, 0, 0, 123_456_789, time.UTC)
	for _, want := range []time.Duration{0, 1, -1, 999_999_999, 25 * time.Hour, -3*time.Second - 7, 20 * 365 * 24 * time.Hour} {
		got := rtp.NTPFromTime(base.Add(want)).Sub(rtp.NTPFromTime(base))
		if (got - want).Abs() > 1 {
			t.Errorf("want %v, got %v", want, got)
		}
	}
}
