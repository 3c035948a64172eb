package raop

import (
	"math"
	"time"
)

const partsPerMillion = 1e6

const (
	// usualDrift is a usual difference in rate between computer clocks; a PC with
	// 280 ppm was reported (shairport-sync issue 99). It is the prior of the
	// estimate: the more the samples show, the less it counts.
	usualDrift = 100e-6
	// residualDrift is the uncertainty that remains after any measurement, since the
	// rate of a quartz changes with its temperature.
	residualDrift = 10e-6
	// maxDrift is the drift of the worst Android clocks.
	maxDrift = 1000e-6
	// leastError is the error of a reply with a round trip of zero: the time to wake
	// two processes.
	leastError = 500 * time.Microsecond
)

// A drift is how fast the sender's clock runs against ours. The zero drift is
// not measured.
type drift struct {
	rate  float64 // seconds per second by which the sender's clock gains
	doubt float64 // standard error of rate
}

// measureDrift fits a line through the samples, by least squares weighted by their
// round trips. With few samples, or samples over a short time, the result stays
// close to zero drift.
func measureDrift(samples []clockSample) drift {
	origin := samples[0]
	var weights, meanX, meanY float64
	point := func(s clockSample) (x, gain, weight float64) {
		elapsed := s.local.Sub(origin.local)
		bound := max(s.rtt/2, leastError).Seconds()
		return elapsed.Seconds(), (s.remote.Sub(origin.remote) - elapsed).Seconds(), 1 / (bound * bound)
	}
	for _, s := range samples {
		x, y, w := point(s)
		weights += w
		meanX += w * x
		meanY += w * y
	}
	meanX /= weights
	meanY /= weights
	slope, certainty := 0.0, 1/(usualDrift*usualDrift)
	for _, s := range samples {
		x, y, w := point(s)
		slope += w * (x - meanX) * (y - meanY)
		certainty += w * (x - meanX) * (x - meanX)
	}
	rate := min(max(slope/certainty, -maxDrift), maxDrift)
	return drift{rate: rate, doubt: residualDrift + math.Sqrt(1/certainty)}
}

// scale is d times a small factor.
func scale(d time.Duration, by float64) time.Duration {
	return time.Duration(float64(d) * by)
}
