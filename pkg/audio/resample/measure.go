package resample

import "time"

// A Measure is how much of our sound a renderer still held at a time. Delay may be
// off by a constant. But for that, the truth is within half of Uncertainty around
// Delay, anywhere with equal probability. Where Uncertainty is a second, as of a
// position in whole seconds, the measures must not be whole seconds apart, or all of
// them have the same error: every 4.618 s is good.
type Measure struct {
	At          time.Time
	Delay       time.Duration
	Uncertainty time.Duration
}
