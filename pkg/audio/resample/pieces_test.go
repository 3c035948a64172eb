package resample_test

import (
	"math"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/resample/simrenderer"
)

// TestMeasureInPieces: a measure in units of a block is the same most of the time
// and one unit more or less now and then. Those are no outliers: how often they come
// is all that shows the drift.
func TestMeasureInPieces(t *testing.T) {
	const piece = 0.093 // seconds: 4096 frames, a block of FLAC
	m := simrenderer.Method{Name: "pieces", Every: simrenderer.Always(1062 * time.Millisecond), Delay: func(r *simrenderer.Renderer) float64 {
		return math.Floor((r.Delay+math.Mod(r.Played, piece))/piece) * piece
	}}
	for _, skew := range []float64{-300, -20, 20, 100, 300} {
		r := simrenderer.New(1)
		r.Run(m, 10*time.Minute, simrenderer.Steady(skew), func() {})
		held, lowest, highest := r.Delay, math.Inf(1), math.Inf(-1)
		r.Run(m, 2*time.Hour, simrenderer.Steady(skew), func() {
			lowest, highest = min(lowest, r.Delay-held), max(highest, r.Delay-held)
		})
		s := r.Governor.Stats()
		if !s.Learned || math.Abs(s.SkewPPM-skew) > 5 || max(-lowest, highest) > 0.03 {
			t.Errorf("%v ppm: delay moved from %.1f to %.1f ms, %+v", skew, 1e3*lowest, 1e3*highest, s)
		}
	}
}

// TestDelayThatMovesForMinutes by more than any clock moves it, as beside a buffer
// that grows: what was seen meanwhile does not stay.
func TestDelayThatMovesForMinutes(t *testing.T) {
	for _, skew := range []float64{-300, 0, 100, 300} {
		r := simrenderer.New(2)
		r.Run(simrenderer.SecondEdges, 6*time.Minute, simrenderer.Steady(skew), func() {})
		for range 120 {
			r.Delay -= 2.5 / 120
			r.Run(simrenderer.SecondEdges, time.Second, simrenderer.Steady(skew), func() {})
		}
		r.Run(simrenderer.SecondEdges, 4*time.Minute, simrenderer.Steady(skew), func() {})
		s := r.Governor.Stats()
		if !s.Learned || math.Abs(s.SkewPPM-skew) > 40 || math.Abs(s.PPM+skew) > 40 {
			t.Errorf("%v ppm: want the clock known four minutes later, got %+v", skew, s)
		}
		held := r.Delay
		r.Run(simrenderer.SecondEdges, time.Hour, simrenderer.Steady(skew), func() {})
		if off := math.Abs(r.Delay - held); off > 0.02 {
			t.Errorf("%v ppm: delay moved by %.1f ms", skew, 1e3*off)
		}
	}
}
