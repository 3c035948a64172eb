package resample

import "math"

// A ramp is the correction as a Resampler makes it.
type ramp struct {
	wanted, ppm float64
	gained      float64 // seconds of sound added so far
}

func (r *ramp) want(ppm float64) { r.wanted = min(max(ppm, -MaxPPM), MaxPPM) }

// advance lets seconds pass: the ratio glides to what is wanted and stays there.
func (r *ramp) advance(seconds float64) {
	gliding := min(seconds, math.Abs(r.wanted-r.ppm)/slewPPM)
	before := r.ppm
	r.ppm += math.Copysign(gliding*slewPPM, r.wanted-r.ppm)
	if gliding < seconds {
		r.ppm = r.wanted
	}
	r.gained += ((before+r.ppm)/2*gliding + r.ppm*(seconds-gliding)) * 1e-6
}
