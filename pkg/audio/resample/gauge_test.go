package resample_test

import (
	"math"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample/house"
)

// Two gauges of one renderer; the first is the one to be trusted.
const (
	trusted = iota
	other
)

// A pair is a House that is measured in two ways: what each says too much, in
// seconds, how noisy it is, and by how much its slope is wrong.
type pair struct {
	*house.House
	bias, noise, wrong [2]float64
}

func newPair() *pair {
	p := &pair{House: house.New(7), bias: [2]float64{0, 2.5}}
	p.Governor = resample.NewGovernor(resample.GovernorOptions{Gauges: 2})
	return p
}

// run passes time in which both, or one, are looked at each second.
func (p *pair) run(d time.Duration, skewPPM float64, gauges ...int) {
	for ; d > 0; d -= time.Second {
		p.Pass(time.Second, skewPPM)
		for _, g := range gauges {
			said := p.Delay + p.bias[g] + p.noise[g]*(p.Random.Float64()-0.5)
			p.bias[g] += p.wrong[g]
			p.Governor.Observe(g, resample.Measure{
				At:     p.Now.Add(time.Duration(g) * 300 * time.Millisecond),
				Delay:  time.Duration(said * float64(time.Second)),
				Within: time.Duration(p.noise[g] * float64(time.Second)),
			})
		}
	}
}

// TestMoreExactGaugeIsGoneBy, and the delay does not jump with the change.
func TestMoreExactGaugeIsGoneBy(t *testing.T) {
	p := newPair()
	p.noise = [2]float64{1, 0.01}
	first := p.Delay
	p.run(10*time.Minute, 200, trusted)
	if s := p.Governor.Stats(); s.Gauge == other || s.Learned {
		t.Fatalf("want nothing learned of a wide measure, got %+v", s)
	}
	moved := p.Delay - first
	p.run(5*time.Minute, 200, trusted, other)
	s := p.Governor.Stats()
	if s.Gauge != other || !s.Learned || math.Abs(s.PPM+200) > 60 {
		t.Errorf("want the exact one gone by, got %+v", s)
	}
	if off := p.Delay - first - moved; math.Abs(off) > 0.025 {
		t.Errorf("delay moved by %.1f ms with an exact gauge", 1e3*off)
	}
}

// TestContradictionIsWonByTheFirst: what a growing buffer takes is exact, and is
// not played.
func TestContradictionIsWonByTheFirst(t *testing.T) {
	p := newPair()
	p.noise = [2]float64{0.02, 0.001}
	p.wrong = [2]float64{0, -400e-6}
	first := p.Delay
	p.run(time.Hour, 100, trusted, other)
	s := p.Governor.Stats()
	if off := p.Delay - first; s.Gauge != trusted || math.Abs(s.PPM+100) > 20 || math.Abs(off) > 0.02 {
		t.Errorf("want the first gone by, got %+v, delay moved by %.1f ms", s, 1e3*off)
	}
}

// TestForgottenGauge: another one goes on with what is known of the clocks.
func TestForgottenGauge(t *testing.T) {
	p := newPair()
	p.noise = [2]float64{0.01, 1}
	p.run(20*time.Minute, -250, trusted)
	p.Governor.Forget(trusted)
	held := p.Delay
	for range 60 {
		p.run(10*time.Second, -250, other)
		if ppm := p.Governor.PPM(); math.Abs(ppm-250) > 30 {
			t.Fatalf("want what was known before kept, got %v ppm, %+v", ppm, p.Governor.Stats())
		}
	}
	if off := p.Delay - held; math.Abs(off) > 0.02 {
		t.Errorf("delay moved by %.1f ms", 1e3*off)
	}
}

// TestGaugeThatRecants: a position whose second turns by a timer of the device's
// looks like a clock until it leaps back. What was corrected by it ends then.
func TestGaugeThatRecants(t *testing.T) {
	p := newPair()
	p.noise[trusted] = 0.014
	p.wrong[trusted] = 200e-6
	p.run(10*time.Minute, 0, trusted)
	if s := p.Governor.Stats(); math.Abs(s.PPM+200) > 80 {
		t.Fatalf("want what looks like a clock followed, got %+v", s)
	}
	p.Governor.Recant(trusted)
	p.noise[trusted], p.wrong[trusted] = 1.5, 0
	p.run(5*time.Second, 0, trusted)
	if s := p.Governor.Stats(); s.PPM != 0 || s.Learned {
		t.Errorf("want nothing corrected by what was no clock, got %+v", s)
	}
	p.run(time.Hour, 0, trusted)
	if s := p.Governor.Stats(); s.PPM != 0 {
		t.Errorf("want equal clocks left alone, got %+v", s)
	}
}

// TestForgottenWhileTheDelayReturns: what brought the delay back is no part of the
// clocks.
func TestForgottenWhileTheDelayReturns(t *testing.T) {
	p := newPair()
	p.noise[trusted] = 0.014
	p.run(2*time.Minute, 300, trusted)
	returning := p.Governor.Stats()
	p.Governor.Forget(trusted)
	p.run(time.Minute, 300)
	if got := p.Governor.PPM(); math.Abs(got+returning.SkewPPM) > 0.1 {
		t.Errorf("want the clock alone corrected, got %v ppm, %+v before", got, returning)
	}
}

// TestGaugeThatFallsSilent is not gone by for ever.
func TestGaugeThatFallsSilent(t *testing.T) {
	p := newPair()
	p.noise = [2]float64{0.01, 0.03}
	p.run(20*time.Minute, 100, trusted, other)
	if s := p.Governor.Stats(); s.Gauge != trusted {
		t.Fatalf("want the exact one gone by, got %+v", s)
	}
	p.run(20*time.Minute, 160, other)
	if s := p.Governor.Stats(); s.Gauge != other || math.Abs(s.PPM+160) > 40 {
		t.Errorf("want the one gone by that measures still, got %+v", s)
	}
}

// TestNoGaugeContradictsTheFirst, whatever stands between the two.
func TestNoGaugeContradictsTheFirst(t *testing.T) {
	h := house.New(3)
	h.Governor = resample.NewGovernor(resample.GovernorOptions{Gauges: 3})
	noise, wrong := [3]float64{0.03, 0.01, 0.003}, [3]float64{0, 25e-6, 60e-6}
	for second := range 2 * 3600 {
		h.Pass(time.Second, 0)
		for g := range 3 {
			said := h.Delay + wrong[g]*float64(second) + noise[g]*(h.Random.Float64()-0.5)
			h.Governor.Observe(g, resample.Measure{
				At: h.Now, Delay: time.Duration(said * float64(time.Second)), Within: time.Duration(noise[g] * float64(time.Second)),
			})
		}
		if s := h.Governor.Stats(); second > 3600 && s.Gauge == 2 {
			t.Fatalf("after %d s: want no gauge gone by that contradicts the first, got %+v", second, s)
		}
	}
}
