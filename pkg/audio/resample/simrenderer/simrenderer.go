// Package simrenderer simulates a renderer with a clock of its own beside a
// Governor: for tests and for the plot of docs/DRIFT.md. Hours take milliseconds.
// There is no sound in it and no network, only how much sound the renderer holds.
package simrenderer

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
)

const (
	// stepTime is the step of the simulation.
	stepTime = 100 * time.Millisecond
	// slewPPM is how far a Resampler moves its ratio in a second.
	slewPPM = 25
	// startDelay is the sound that a new Renderer holds, in seconds.
	startDelay = 1.7
)

// A Renderer plays sound of which a Resampler makes as much as its Governor asks
// for. All times are in seconds.
type Renderer struct {
	Governor *resample.Governor
	Now      time.Time
	Delay    float64 // sound that the renderer holds
	Played   float64 // by the renderer's clock
	Random   *rand.Rand

	ppm float64 // correction in force
}

// New makes a Renderer that holds 1.7 s of sound.
func New(seed uint64) *Renderer {
	random := rand.New(rand.NewPCG(seed, 1))
	return &Renderer{
		Governor: resample.NewGovernor(),
		Now:      time.Unix(1_700_000_000, 0),
		Delay:    startDelay,
		Played:   random.Float64(),
		Random:   random,
	}
}

// A Skew is how much faster than it is played the sound comes, in ppm, after a
// time.
type Skew func(since time.Duration) float64

// Steady is a Skew that stays.
func Steady(ppm float64) Skew { return func(time.Duration) float64 { return ppm } }

// Pass lets time pass.
func (r *Renderer) Pass(d time.Duration, skewPPM float64) {
	for ; d > 0; d -= stepTime {
		step := min(d, stepTime)
		s := step.Seconds()
		r.ppm += min(max(r.Governor.PPM()-r.ppm, -slewPPM*s), slewPPM*s)
		r.Delay += (skewPPM + r.ppm) * 1e-6 * s
		r.Played += s
		r.Now = r.Now.Add(step)
	}
}

// Run has the Governor observe for a time, and calls each after every
// observation.
func (r *Renderer) Run(m Method, d time.Duration, skew Skew, each func()) {
	for since := time.Duration(0); since < d; {
		every := m.Every(since)
		r.Pass(every, skew(since))
		r.Governor.Observe(resample.Measure{
			At: r.Now, Delay: time.Duration(m.Delay(r) * float64(time.Second)), Uncertainty: m.Uncertainty,
		})
		each()
		since += every
	}
}

// A Method is a way to measure the delay of a Renderer.
type Method struct {
	Name        string
	Every       func(since time.Duration) time.Duration // between two measures
	Uncertainty time.Duration                           // as its measures claim
	Bias        float64                                 // mean error, in seconds
	Delay       func(r *Renderer) float64               // measured, in seconds
}

// Always is the same time between two measures.
func Always(every time.Duration) func(time.Duration) time.Duration {
	return func(time.Duration) time.Duration { return every }
}

// edgeUncertainty is how exactly the moment is found in which a second begins.
const edgeUncertainty = 16 * time.Millisecond

// SecondEdges is what was written less the position of a renderer at the moment in
// which a new second of it begins. That moment is found by asking near it.
var SecondEdges = Method{
	Name: "second edges", Every: everyEdge, Uncertainty: edgeUncertainty,
	Delay: func(r *Renderer) float64 { return r.Delay + edgeUncertainty.Seconds()*(r.Random.Float64()-0.5) },
}

// everyEdge is often at first, when a clock that is far off must be known soon.
func everyEdge(since time.Duration) time.Duration {
	switch {
	case since < 2*time.Minute:
		return 1600 * time.Millisecond
	case since < 10*time.Minute:
		return 5 * time.Second
	}
	return 10 * time.Second
}

// WholeSeconds is what was written less the position that a renderer reports in
// whole seconds, 0 to 20 ms after it is asked.
var WholeSeconds = Method{
	Name: "whole seconds", Every: Always(4618 * time.Millisecond), Uncertainty: time.Second, Bias: 0.5,
	Delay: func(r *Renderer) float64 {
		answered := r.Played + 0.02*r.Random.Float64()
		return r.Delay + r.Played - math.Floor(answered) + 0.01
	},
}
