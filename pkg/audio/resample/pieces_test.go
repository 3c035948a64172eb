package resample_test

import (
	"math"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/resample/house"
)

// TestMeasureInPieces: what is written and fetched in pieces is now one more,
// now one less, most of the time the same. The rest is no outlier: it is all
// that tells the drift.
func TestMeasureInPieces(t *testing.T) {
	const piece = 0.093 // seconds: 4096 frames, a block of FLAC
	m := house.Measure{Name: "pieces", Every: house.Always(1062 * time.Millisecond), Look: func(h *house.House) float64 {
		return math.Floor((h.Delay+math.Mod(h.Played, piece))/piece) * piece
	}}
	for _, skew := range []float64{-300, -20, 20, 100, 300} {
		h := house.New(1)
		h.Run(m, 10*time.Minute, house.Steady(skew), func() {})
		held, lowest, highest := h.Delay, math.Inf(1), math.Inf(-1)
		h.Run(m, 2*time.Hour, house.Steady(skew), func() {
			lowest, highest = min(lowest, h.Delay-held), max(highest, h.Delay-held)
		})
		s := h.Governor.Stats()
		if !s.Learned || math.Abs(s.SkewPPM-skew) > 5 || max(-lowest, highest) > 0.03 {
			t.Errorf("%v ppm: delay moved from %.1f to %.1f ms, %+v", skew, 1e3*lowest, 1e3*highest, s)
		}
	}
}

// TestBufferThatGrows by seconds within two minutes, as that of a system does
// that finds its network fast: what was seen meanwhile does not stay.
func TestBufferThatGrows(t *testing.T) {
	for _, skew := range []float64{-300, 0, 100, 300} {
		h := house.New(2)
		h.Run(house.Fetched, 6*time.Minute, house.Steady(skew), func() {})
		for range 120 {
			h.Delay -= 2.5 / 120
			h.Run(house.Fetched, time.Second, house.Steady(skew), func() {})
		}
		h.Run(house.Fetched, 4*time.Minute, house.Steady(skew), func() {})
		s := h.Governor.Stats()
		if !s.Learned || math.Abs(s.SkewPPM-skew) > 40 || math.Abs(s.PPM+skew) > 40 {
			t.Errorf("%v ppm: want the clock known four minutes later, got %+v", skew, s)
		}
		held := h.Delay
		h.Run(house.Fetched, time.Hour, house.Steady(skew), func() {})
		if off := math.Abs(h.Delay - held); off > 0.02 {
			t.Errorf("%v ppm: delay moved by %.1f ms", skew, 1e3*off)
		}
	}
}
