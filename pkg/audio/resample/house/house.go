// Package house simulates a renderer that plays by a clock of its own beside a
// Governor: for tests and for the plot of docs/DRIFT.md. Hours take milliseconds.
// There is no sound in it and no network, only how much of the sound waits.
package house

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
)

const (
	// grain is the step of the simulation.
	grain = 100 * time.Millisecond
	// slewPPM is how far a Resampler moves its ratio in a second.
	slewPPM = 25
)

// A House is a renderer whose Governor's correction is made as a Resampler makes
// it. All times are in seconds.
type House struct {
	Governor *resample.Governor
	Now      time.Time
	Delay    float64 // sound that the renderer holds
	Played   float64 // by the renderer's clock
	Random   *rand.Rand

	ppm float64 // in force
}

// New makes a House that holds 1.7 s of sound.
func New(seed uint64) *House {
	random := rand.New(rand.NewPCG(seed, 1))
	return &House{
		Governor: resample.NewGovernor(resample.GovernorOptions{}),
		Now:      time.Unix(1_700_000_000, 0),
		Delay:    1.7,
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
func (h *House) Pass(d time.Duration, skewPPM float64) {
	for ; d > 0; d -= grain {
		step := min(d, grain)
		s := step.Seconds()
		h.ppm += min(max(h.Governor.PPM()-h.ppm, -slewPPM*s), slewPPM*s)
		h.Delay += (skewPPM + h.ppm) * 1e-6 * s
		h.Played += s
		h.Now = h.Now.Add(step)
	}
}

// Run has the Governor observe for a time, and calls each after every
// observation.
func (h *House) Run(m Measure, d time.Duration, skew Skew, each func()) {
	for since := time.Duration(0); since < d; {
		every := m.Every(since)
		h.Pass(every, skew(since))
		h.Governor.Observe(0, resample.Measure{
			At: h.Now, Delay: time.Duration(m.Look(h) * float64(time.Second)), Within: m.Within,
		})
		each()
		since += every
	}
}

// A Measure is a way to see the delay of a House.
type Measure struct {
	Name   string
	Every  func(since time.Duration) time.Duration // between two looks
	Within time.Duration                           // as it claims
	Bias   float64                                 // what it says too much in the mean, in seconds
	Look   func(h *House) float64                  // delay in seconds
}

// Always is the same time between two looks.
func Always(every time.Duration) func(time.Duration) time.Duration {
	return func(time.Duration) time.Duration { return every }
}

// fetch is 4 KiB of CD sound.
const fetch = 23200 * time.Microsecond

// Fetched is what a player has still to fetch, 4 KiB at a time.
var Fetched = Measure{
	Name: "fetched", Every: Always(1062 * time.Millisecond), Within: fetch, Bias: fetch.Seconds() / 2,
	Look: func(h *House) float64 { return h.Delay + fetch.Seconds()*h.Random.Float64() },
}

// sought is how exactly the turn of a second is found.
const sought = 16 * time.Millisecond

// SoughtSeconds is what was written less the position of a renderer at the moment
// in which its whole seconds turn over, which is sought.
var SoughtSeconds = Measure{
	Name: "sought seconds", Every: everySought, Within: sought,
	Look: func(h *House) float64 { return h.Delay + sought.Seconds()*(h.Random.Float64()-0.5) },
}

// everySought is often at first, when a clock that is far off must be known soon.
func everySought(since time.Duration) time.Duration {
	switch {
	case since < 2*time.Minute:
		return 1600 * time.Millisecond
	case since < 10*time.Minute:
		return 5 * time.Second
	}
	return 10 * time.Second
}

// WholeSeconds is what was written less the position that a renderer tells in
// whole seconds, 0 to 20 ms after it is asked.
var WholeSeconds = Measure{
	Name: "whole seconds", Every: Always(4618 * time.Millisecond), Within: time.Second, Bias: 0.5,
	Look: func(h *House) float64 {
		answered := h.Played + 0.02*h.Random.Float64()
		return h.Delay + h.Played - math.Floor(answered) + 0.01
	},
}
