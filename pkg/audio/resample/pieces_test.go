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
	m := house.Measure{Name: "pieces", Every: 1062 * time.Millisecond, Look: func(h *house.House) float64 {
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
