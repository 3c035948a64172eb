package resample_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
)

// A house is a renderer beside a Governor, whose correction it feels as a
// Resampler makes it.
type house struct {
	governor *resample.Governor
	random   *rand.Rand
	now      time.Time
	played   float64 // seconds by the renderer's clock
	delay    float64 // seconds of sound that the renderer holds
	ppm      float64 // in force
}

func newHouse(seed uint64) *house {
	return &house{
		governor: resample.NewGovernor(resample.GovernorOptions{}),
		random:   rand.New(rand.NewPCG(seed, 1)),
		now:      time.Unix(1_700_000_000, 0),
		delay:    1.7,
		played:   0.3,
	}
}

// pass lets time pass in which the sound comes faster than it is played by skew.
func (h *house) pass(d time.Duration, skewPPM float64) {
	const grain = 100 * time.Millisecond
	for ; d > 0; d -= grain {
		s := min(d, grain).Seconds()
		wanted := h.governor.PPM()
		h.ppm += min(max(wanted-h.ppm, -25*s), 25*s)
		h.delay += (skewPPM + h.ppm) * 1e-6 * s
		h.played += s
		h.now = h.now.Add(min(d, grain))
	}
}

// A measure looks at a house.
type measure struct {
	name  string
	every time.Duration
	bias  float64 // seconds that it says too much, in the mean
	look  func(h *house) float64
}

var measures = []measure{
	// What is left in the ring: a player fetches 4 KiB at a time.
	{"ring", time.Second, 0.0116, func(h *house) float64 { return h.delay + 0.0232*h.random.Float64() }},
	// What was written less the position that the renderer tells in whole
	// seconds; the answer takes some time.
	{"whole seconds", 4618 * time.Millisecond, 0.5, func(h *house) float64 {
		answered := h.played + 0.02*h.random.Float64()
		return h.delay + h.played - math.Floor(answered) + 0.01
	}},
}

// run observes for a time and calls each after every observation.
func (h *house) run(m measure, d time.Duration, skewPPM func(since time.Duration) float64, each func()) {
	for since := time.Duration(0); since < d; since += m.every {
		h.pass(m.every, skewPPM(since))
		h.governor.Observe(h.now, time.Duration(m.look(h)*float64(time.Second)))
		each()
	}
}

func steady(ppm float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return ppm }
}

// hold runs for a time and returns how far the delay was from its target at
// most, how far it moved before there was one, and the corrections of the second
// half.
func (h *house) hold(m measure, d time.Duration, skewPPM func(time.Duration) float64) (worst, moved, lowest, highest float64) {
	begin, first := h.now, h.delay
	lowest, highest = math.Inf(1), math.Inf(-1)
	h.run(m, d, skewPPM, func() {
		s := h.governor.Stats()
		if !s.Learned {
			moved = max(moved, math.Abs(h.delay-first))
			return
		}
		worst = max(worst, math.Abs(h.delay+m.bias-s.Target.Seconds()))
		if h.now.Sub(begin) > d/2 {
			lowest, highest = min(lowest, s.PPM), max(highest, s.PPM)
		}
	})
	return worst, moved, lowest, highest
}

// TestDelayIsHeld for four hours within 20 ms, without swinging.
func TestDelayIsHeld(t *testing.T) {
	bounds := map[string]struct{ worst, moved, swing float64 }{
		"ring":          {0.010, 0.045, 15},
		"whole seconds": {0.020, 0.270, 80},
	}
	for _, m := range measures {
		for _, skew := range []float64{0, 10, -20, 100, -100, 300, -300} {
			for seed := range uint64(4) {
				h := newHouse(seed)
				h.played = h.random.Float64()
				worst, moved, lowest, highest := h.hold(m, 4*time.Hour, steady(skew))
				s, bound := h.governor.Stats(), bounds[m.name]
				switch {
				case !s.Learned || s.Steps != 0:
					t.Errorf("%s, %v ppm: want one target, got %+v", m.name, skew, s)
				case worst > bound.worst || moved > bound.moved:
					t.Errorf("%s, %v ppm: delay moved by %.1f ms before and %.1f ms after it was learned", m.name, skew, 1e3*moved, 1e3*worst)
				case highest-lowest > bound.swing || math.Abs((highest+lowest)/2+skew) > bound.swing/2:
					t.Errorf("%s, %v ppm: corrections from %.1f to %.1f ppm", m.name, skew, lowest, highest)
				case math.Abs(s.SkewPPM-skew) > 15:
					t.Errorf("%s: want a skew of %v ppm, got %.1f", m.name, skew, s.SkewPPM)
				}
			}
		}
	}
}

// TestEqualClocksAreLeftAlone: no correction at all, for all of four hours.
func TestEqualClocksAreLeftAlone(t *testing.T) {
	for seed := range uint64(12) {
		h := newHouse(seed)
		h.run(measures[0], 4*time.Hour, steady(0), func() {
			if ppm := h.governor.PPM(); ppm != 0 {
				t.Fatalf("want none, got %v ppm; %+v", ppm, h.governor.Stats())
			}
		})
	}
}

// TestClocksThatWander, as they do with the warmth of the room.
func TestClocksThatWander(t *testing.T) {
	for _, m := range measures {
		h := newHouse(3)
		worst, _, _, _ := h.hold(m, 4*time.Hour, func(since time.Duration) float64 {
			return 80 + 10*math.Sin(2*math.Pi*since.Hours()/2)
		})
		if worst > 0.030 {
			t.Errorf("%s: delay was off by %.1f ms", m.name, 1e3*worst)
		}
	}
}

// TestRebufferingIsNotChased: the delay after a jump is as good as the one before.
func TestRebufferingIsNotChased(t *testing.T) {
	for _, m := range measures {
		for _, jump := range []float64{0.7, -0.6, 3} {
			h := newHouse(5)
			h.hold(m, time.Hour, steady(120))
			h.delay += jump
			h.run(m, time.Hour, steady(120), func() {
				if ppm := h.governor.PPM(); math.Abs(ppm+120) > 70 {
					t.Fatalf("%s: %.0f ppm after a jump of %v s", m.name, ppm, jump)
				}
			})
			s := h.governor.Stats()
			if off := h.delay + m.bias - s.Target.Seconds(); !s.Learned || s.Steps != 1 || math.Abs(off) > 0.020 {
				t.Errorf("%s, jump of %v s: want a new target near %.3f s, got %+v", m.name, jump, h.delay+m.bias, s)
			}
		}
	}
}

// TestBadMeasures, one in twenty: seconds off, or none of this world.
func TestBadMeasures(t *testing.T) {
	for _, m := range measures {
		h := newHouse(11)
		bad := m
		bad.look = func(h *house) float64 {
			switch h.random.IntN(60) {
			case 0:
				return m.look(h) + 5
			case 1:
				return m.look(h) - 5
			case 2:
				return 1e9
			}
			return m.look(h)
		}
		worst, _, _, _ := h.hold(bad, 4*time.Hour, steady(-150))
		if s := h.governor.Stats(); worst > 0.035 || s.Steps != 0 {
			t.Errorf("%s: delay was off by %.1f ms, %+v", m.name, 1e3*worst, s)
		}
	}
}

// TestNoiseAloneMovesNothing: a measure that tells nothing corrects nothing.
func TestNoiseAloneMovesNothing(t *testing.T) {
	h := newHouse(2)
	noise := measure{"noise", 5 * time.Second, 0, func(h *house) float64 { return 4 + 4*h.random.Float64() }}
	h.run(noise, 4*time.Hour, steady(0), func() {
		if ppm := h.governor.PPM(); math.Abs(ppm) > 100 {
			t.Fatalf("%.0f ppm, %+v", ppm, h.governor.Stats())
		}
	})
}

func TestGapsAndDisorder(t *testing.T) {
	h := newHouse(4)
	m := measures[0]
	h.hold(m, time.Hour, steady(200))
	h.pass(10*time.Minute, 200)
	before := h.governor.Stats()
	h.governor.Observe(h.now.Add(-time.Hour), 0)
	if got := h.governor.Stats(); got != before {
		t.Errorf("an observation from the past: want %+v, got %+v", before, got)
	}
	if worst, _, _, _ := h.hold(m, time.Hour, steady(200)); worst > 0.015 {
		t.Errorf("after a gap the delay was off by %.1f ms", 1e3*worst)
	}
}

// TestResetForgets, and a clock that is broken gets what is allowed.
func TestResetForgets(t *testing.T) {
	h := newHouse(9)
	h.run(measures[0], time.Hour, steady(2000), func() {})
	if got := h.governor.PPM(); got != -resample.MaxPPM {
		t.Errorf("want the most that is allowed, got %v", got)
	}
	h.governor.Reset()
	if got := h.governor.Stats(); got != (resample.GovernorStats{}) {
		t.Errorf("want nothing known, got %+v", got)
	}
}

// TestMemoryIsBounded: observations that come too often or too slowly do not
// gather.
func TestMemoryIsBounded(t *testing.T) {
	for _, every := range []time.Duration{time.Millisecond, 10 * time.Minute} {
		g := resample.NewGovernor(resample.GovernorOptions{})
		now := time.Unix(0, 0)
		observe := func() {
			now = now.Add(every)
			g.Observe(now, time.Second)
		}
		for range 200_000 {
			observe()
		}
		if allocs := testing.AllocsPerRun(10_000, observe); allocs > 1 {
			t.Errorf("every %v: %v allocations for an observation", every, allocs)
		}
	}
}
