package clock

import "time"

// CoarseInterval is the time between two samples if the change of the second is not
// measured. It is no whole number of seconds: most renderers report whole seconds, and
// the rounding error must differ from sample to sample.
const CoarseInterval = 4618 * time.Millisecond

// Intervals between readings: short at first, while the clock is hardly known.
const (
	earlyTime  = 2 * time.Minute
	middleTime = 10 * time.Minute

	// Pauses before the next search. The two samples of a reading are a second
	// apart.
	middlePause = 3500 * time.Millisecond
	latePause   = 8500 * time.Millisecond

	// If each sample is a reading; no whole numbers of seconds.
	earlyInterval = 918 * time.Millisecond
	lateInterval  = 9618 * time.Millisecond
)

// plan is when to request the next sample after s, which completed a reading or not.
func (c *PositionClock) plan(s Sample, seekEdge, complete bool) time.Time {
	age := s.Answered.Sub(c.start)
	from := later(s.Answered, s.Done).Add(MinInterval)
	if !seekEdge {
		return later(s.Asked.Add(c.sampleInterval(age)), from)
	}
	switch {
	case !complete || age < earlyTime:
		// The next sample follows at once.
	case age < middleTime:
		from = later(s.Answered.Add(middlePause), from)
	default:
		from = later(s.Answered.Add(latePause), from)
	}
	wait := -(from.Sub(c.start) + c.roundTrip/2 + c.nextTarget()) % time.Second
	if wait < 0 {
		wait += time.Second
	}
	return from.Add(wait)
}

// sampleInterval is the time between two samples if each is a reading.
func (c *PositionClock) sampleInterval(age time.Duration) time.Duration {
	switch {
	case age < earlyTime:
		return earlyInterval
	case age < middleTime || c.resolution == time.Second:
		return CoarseInterval
	}
	return lateInterval
}

// nextTarget is the offset for which the second would change at the moment at which
// the next request arrives: the middle of the interval, then beyond its ends.
func (c *PositionClock) nextTarget() time.Duration {
	beyond := (c.roundTrip+c.tolerance)/2 + beyondEdge
	switch {
	case c.samples == 0 || c.offset.width() > c.targetWidth():
		return c.offset.mid()
	case !c.highConfirmed():
		return c.offset.hi + beyond
	case !c.lowConfirmed():
		return c.offset.lo - beyond
	}
	return c.offset.mid()
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
