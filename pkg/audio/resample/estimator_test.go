package resample_test

import (
	"math"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample/simrenderer"
)

// A measured renderer is looked at each second: how noisy the measures are, in
// seconds, and by how much their slope is wrong.
type measured struct {
	*simrenderer.Renderer
	noise, wrongSlope, bias float64
}

func newMeasured(noise float64) *measured {
	return &measured{Renderer: simrenderer.New(7), noise: noise}
}

func (m *measured) run(d time.Duration, skewPPM float64) {
	for ; d > 0; d -= time.Second {
		m.Pass(time.Second, skewPPM)
		delay := m.Delay + m.bias + m.noise*(m.Random.Float64()-0.5)
		m.bias += m.wrongSlope
		m.Governor.Observe(resample.Measure{
			At:          m.Now,
			Delay:       time.Duration(delay * float64(time.Second)),
			Uncertainty: time.Duration(m.noise * float64(time.Second)),
		})
	}
}

// What is known of the clocks is corrected further after Forget, also by measures
// that are much less exact.
func TestForgetKeepsTheClock(t *testing.T) {
	m := newMeasured(0.01)
	m.run(20*time.Minute, -250)
	m.Governor.Forget()
	m.noise = 1
	held := m.Delay
	for range 60 {
		m.run(10*time.Second, -250)
		if ppm := m.Governor.PPM(); math.Abs(ppm-250) > 30 {
			t.Fatalf("want what was known before kept, got %v ppm, %+v", ppm, m.Governor.Stats())
		}
	}
	if off := m.Delay - held; math.Abs(off) > 0.02 {
		t.Errorf("delay moved by %.1f ms", 1e3*off)
	}
}

// A position that a device updates by a timer looks like a clock until it leaps
// back. What was corrected by it ends with Reset.
func TestResetAfterAPositionThatWasNoClock(t *testing.T) {
	m := newMeasured(0.014)
	m.wrongSlope = 200e-6
	m.run(10*time.Minute, 0)
	if s := m.Governor.Stats(); math.Abs(s.PPM+200) > 80 {
		t.Fatalf("want what looks like a clock followed, got %+v", s)
	}
	m.Governor.Reset()
	m.noise, m.wrongSlope = 1.5, 0
	m.run(5*time.Second, 0)
	if s := m.Governor.Stats(); s.PPM != 0 || s.Learned {
		t.Errorf("want nothing corrected by what was no clock, got %+v", s)
	}
	m.run(time.Hour, 0)
	if s := m.Governor.Stats(); s.PPM != 0 {
		t.Errorf("want equal clocks left alone, got %+v", s)
	}
}

// What brought the delay back to its target is no part of the clocks.
func TestForgetWhileTheDelayReturns(t *testing.T) {
	m := newMeasured(0.014)
	m.run(2*time.Minute, 300)
	returning := m.Governor.Stats()
	m.Governor.Forget()
	m.Pass(time.Minute, 300)
	if got := m.Governor.PPM(); math.Abs(got+returning.SkewPPM) > 0.1 {
		t.Errorf("want the clock alone corrected, got %v ppm, %+v before", got, returning)
	}
}

// Nothing is left of wrong measures after Reset, also where their line was dropped
// before.
func TestResetAfterForget(t *testing.T) {
	m := newMeasured(0.014)
	m.wrongSlope = 200e-6
	m.run(10*time.Minute, 0)
	m.Governor.Forget()
	if got := m.Governor.PPM(); got == 0 {
		t.Fatal("want what looks like a clock kept by Forget")
	}
	m.Governor.Reset()
	if got := m.Governor.PPM(); got != 0 {
		t.Errorf("want nothing corrected after Reset, got %v ppm", got)
	}
}
