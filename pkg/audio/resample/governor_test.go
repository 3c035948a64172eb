package resample_test

import (
	"math"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample/simrenderer"
)

var methods = []simrenderer.Method{simrenderer.SecondEdges, simrenderer.WholeSeconds}

// A held delay is how it was held.
type held struct {
	moved           float64 // since the start, at most, in seconds
	off             float64 // from its target, at most, in the second half
	lowest, highest float64 // corrections of the second half, in ppm
}

// hold runs for a time.
func hold(r *simrenderer.Renderer, m simrenderer.Method, d time.Duration, skew simrenderer.Skew) held {
	begin, first := r.Now, r.Delay
	w := held{lowest: math.Inf(1), highest: math.Inf(-1)}
	r.Run(m, d, skew, func() {
		s := r.Governor.Stats()
		w.moved = max(w.moved, math.Abs(r.Delay-first))
		if r.Now.Sub(begin) > d/2 {
			w.off = max(w.off, math.Abs(r.Delay+m.Bias-s.Target.Seconds()))
			w.lowest, w.highest = min(w.lowest, s.PPM), max(w.highest, s.PPM)
		}
	})
	return w
}

// TestDelayIsHeld for four hours, without oscillating: from the first second on, and
// more closely once the clock is known.
func TestDelayIsHeld(t *testing.T) {
	bounds := map[string]struct{ moved, off, swing float64 }{
		"second edges":  {0.025, 0.015, 25},
		"whole seconds": {0.350, 0.065, 75},
	}
	for _, m := range methods {
		for _, skew := range []float64{0, 10, -20, 100, -100, 300, -300} {
			for seed := range uint64(4) {
				r := simrenderer.New(seed)
				w := hold(r, m, 4*time.Hour, simrenderer.Steady(skew))
				s, bound := r.Governor.Stats(), bounds[m.Name]
				switch {
				case !s.Learned || s.Steps != 0:
					t.Errorf("%s, %v ppm: want one target, got %+v", m.Name, skew, s)
				case w.off > bound.off || w.moved > bound.moved:
					t.Errorf("%s, %v ppm: delay moved by %.1f ms, and was off its target by %.1f ms", m.Name, skew, 1e3*w.moved, 1e3*w.off)
				case w.highest-w.lowest > bound.swing || math.Abs((w.highest+w.lowest)/2+skew) > bound.swing/2:
					t.Errorf("%s, %v ppm: corrections from %.1f to %.1f ppm", m.Name, skew, w.lowest, w.highest)
				case math.Abs(s.SkewPPM-skew) > 15:
					t.Errorf("%s: want a skew of %v ppm, got %.1f", m.Name, skew, s.SkewPPM)
				}
			}
		}
	}
}

// TestGovernorAndResampler: together they hold the delay, counted in frames.
func TestGovernorAndResampler(t *testing.T) {
	for _, skew := range []float64{300, -300} {
		g, r := resample.NewGovernor(), resample.New(audio.CD)
		now, packet := time.Unix(0, 0), make([]int32, 2*441)
		var out []int32
		held := 2 * float64(second) // frames
		for i := range 100 * 8 * 60 {
			r.SetPPM(g.PPM())
			out = r.Process(out[:0], packet)
			held += float64(len(out)/2) - 441/(1+skew*1e-6)
			now = now.Add(10 * time.Millisecond)
			if i%100 == 0 {
				g.Observe(resample.Measure{At: now, Delay: time.Duration(held / float64(second) * float64(time.Second))})
			}
		}
		s := g.Stats()
		off := held/float64(second) - s.Target.Seconds()
		if !s.Learned || math.Abs(off) > 0.005 || math.Abs(r.PPM()+skew) > 10 {
			t.Errorf("%v ppm: delay is off by %.1f ms at %.1f ppm, %+v", skew, 1e3*off, r.PPM(), s)
		}
	}
}

// TestEqualClocksAreLeftAlone: no correction at all, for all of four hours.
func TestEqualClocksAreLeftAlone(t *testing.T) {
	for _, m := range methods {
		for seed := range uint64(12) {
			r := simrenderer.New(seed)
			r.Run(m, 4*time.Hour, simrenderer.Steady(0), func() {
				if ppm := r.Governor.PPM(); ppm != 0 {
					t.Fatalf("%s: want none, got %v ppm; %+v", m.Name, ppm, r.Governor.Stats())
				}
			})
		}
	}
}

// TestClocksThatWander, as they do with the temperature of the room.
func TestClocksThatWander(t *testing.T) {
	for _, m := range methods {
		r := simrenderer.New(3)
		w := hold(r, m, 8*time.Hour, func(since time.Duration) float64 {
			return 80 + 10*math.Sin(2*math.Pi*since.Hours()/2)
		})
		if w.off > 0.035 {
			t.Errorf("%s: delay was off by %.1f ms", m.Name, 1e3*w.off)
		}
	}
}

// TestRebufferingIsNotChased: the delay after a jump is as good as the one before.
// A jump of less than the noise looks like drift for a while.
func TestRebufferingIsNotChased(t *testing.T) {
	for _, m := range methods {
		for _, jump := range []float64{0.7, -0.6, 3, -2} {
			if math.Abs(jump) < m.Uncertainty.Seconds() {
				continue
			}
			r := simrenderer.New(5)
			hold(r, m, time.Hour, simrenderer.Steady(120))
			r.Delay += jump
			r.Run(m, time.Hour, simrenderer.Steady(120), func() {
				if ppm := r.Governor.PPM(); math.Abs(ppm+120) > 75 {
					t.Fatalf("%s: %.0f ppm after a jump of %v s", m.Name, ppm, jump)
				}
			})
			s := r.Governor.Stats()
			if off := r.Delay + m.Bias - s.Target.Seconds(); !s.Learned || s.Steps != 1 || math.Abs(off) > 0.020 {
				t.Errorf("%s, jump of %v s: want a new target near %.3f s, got %+v", m.Name, jump, r.Delay+m.Bias, s)
			}
		}
	}
}

// TestBadMeasures, one in twenty: seconds off, or absurd.
func TestBadMeasures(t *testing.T) {
	for _, m := range methods {
		r := simrenderer.New(11)
		bad := m
		bad.Delay = func(r *simrenderer.Renderer) float64 {
			switch r.Random.IntN(60) {
			case 0:
				return m.Delay(r) + 5
			case 1:
				return m.Delay(r) - 5
			case 2:
				return 1e9
			}
			return m.Delay(r)
		}
		w := hold(r, bad, 4*time.Hour, simrenderer.Steady(-150))
		if s := r.Governor.Stats(); w.off > 0.035 || s.Steps != 0 {
			t.Errorf("%s: delay was off by %.1f ms, %+v", m.Name, 1e3*w.off, s)
		}
	}
}

// TestNoiseAloneMovesNothing: measures without information correct next to nothing.
func TestNoiseAloneMovesNothing(t *testing.T) {
	r := simrenderer.New(2)
	noise := simrenderer.Method{
		Name: "noise", Every: simrenderer.Always(5 * time.Second),
		Delay: func(r *simrenderer.Renderer) float64 { return 4 + 4*r.Random.Float64() },
	}
	r.Run(noise, 4*time.Hour, simrenderer.Steady(0), func() {
		if ppm := r.Governor.PPM(); math.Abs(ppm) > 100 {
			t.Fatalf("%.0f ppm, %+v", ppm, r.Governor.Stats())
		}
	})
}

func TestGapsAndDisorder(t *testing.T) {
	r := simrenderer.New(4)
	m := methods[0]
	hold(r, m, time.Hour, simrenderer.Steady(200))
	r.Pass(10*time.Minute, 200)
	before := r.Governor.Stats()
	r.Governor.Observe(resample.Measure{At: r.Now.Add(-time.Hour)})
	if got := r.Governor.Stats(); got != before {
		t.Errorf("an observation from the past: want %+v, got %+v", before, got)
	}
	if w := hold(r, m, time.Hour, simrenderer.Steady(200)); w.off > 0.015 {
		t.Errorf("after a gap the delay was off by %.1f ms", 1e3*w.off)
	}
}

// TestClockThatIsBroken: beyond the bound no more is corrected than the bound.
func TestClockThatIsBroken(t *testing.T) {
	r := simrenderer.New(9)
	r.Run(methods[0], time.Hour, simrenderer.Steady(2000), func() {})
	if got := r.Governor.PPM(); got != -resample.MaxPPM {
		t.Errorf("want the most that is allowed, got %v", got)
	}
}

// TestMemoryIsBounded: observations that come too often or too slowly do not
// gather.
func TestMemoryIsBounded(t *testing.T) {
	for _, every := range []time.Duration{time.Millisecond, 10 * time.Minute} {
		g := resample.NewGovernor()
		now := time.Unix(0, 0)
		observe := func() {
			now = now.Add(every)
			g.Observe(resample.Measure{At: now, Delay: time.Second})
		}
		for range 200_000 {
			observe()
		}
		if allocs := testing.AllocsPerRun(10_000, observe); allocs > 1 {
			t.Errorf("every %v: %v allocations for an observation", every, allocs)
		}
	}
}
