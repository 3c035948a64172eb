package raop

import (
	"math"
	"time"
)

const partsPerMillion = 1e6

const (
	// usualDrift is what clocks of computers part by; that of a PC was seen to
	// run off by 280 ppm (shairport-sync issue 99). It is what is believed before
	// the samples say otherwise, in the measure in which they do.
	usualDrift = 100e-6
	// residualDrift is what no measurement takes away: quartz follows the
	// temperature.
	residualDrift = 10e-6
	// maxDrift is that of the worst clocks of Android.
	maxDrift = 1000e-6
	// leastError is that of a reply that took no time at all: two processes have
	// to be woken for it.
	leastError = 500 * time.Microsecond
)

// A drift is how fast the sender's clock runs against ours. The zero drift is
// not measured.
type drift struct {
	rate  float64 // seconds a second that the sender's gains
	doubt float64 // what rate may be wrong by
}

// measureDrift lays a line through the samples, by least squares weighted by
// their round trips. Few samples, or samples of a short time, hardly turn it
// away from no drift at all.
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
