package bridge

import (
	"math"
	"testing"
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
