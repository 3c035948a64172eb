package resample

import (
	"math"
	"slices"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	// MaxPPM bounds a correction, in parts per million: a clock that is further
	// off is broken.
	MaxPPM = 500
	// slewPPM is how far the ratio moves in a second: the whole way in 20 s. At
	// 1 kHz the pitch then glides by 0.025 Hz in a second.
	slewPPM = 25
	// alignPPM is the ratio at which a Resampler that has nothing to correct any more
	// moves to the nearest whole frame: it is there within half a second.
	alignPPM = 25
)

// A Resampler makes the sound that it gets a little longer or shorter, without a
// change that can be heard. Its output is half a filter's length late, 32 frames:
// they come with the next call, or with Flush. It is not safe
// for concurrent use.
type Resampler struct {
	channels int
	slew     float64 // ppm that the ratio may move in one frame
	lowest   float64 // sample value
	highest  float64

	wanted float64   // ppm
	ppm    float64   // in force
	offset float64   // of the next output frame from line's frame half-1, in frames; 0 <= offset < 1
	line   []int32   // input that is still needed, whole frames, the oldest first
	planar []float64 // line while it is filtered, one channel after the other
}

// New makes a Resampler that passes sound of format f, mono or stereo, through as
// it is.
func New(f audio.Format) *Resampler {
	r := &Resampler{
		channels: f.Channels,
		slew:     slewPPM / float64(f.SampleRate),
		highest:  float64(int64(1)<<(f.BitDepth-1) - 1),
		lowest:   -float64(int64(1) << (f.BitDepth - 1)),
	}
	r.begin()
	return r
}

// begin fills the line with the silence before the first frame.
func (r *Resampler) begin() {
	r.offset = 0
	r.line = append(r.line[:0], make([]int32, (half-1)*r.channels)...)
}

// SetPPM sets how many output frames more than input frames are wanted, in
// parts per million of the input; negative for less. It is bounded to +-MaxPPM,
// and the ratio moves there slowly.
func (r *Resampler) SetPPM(ppm float64) {
	if math.IsNaN(ppm) {
		ppm = 0
	}
	r.wanted = min(max(ppm, -MaxPPM), MaxPPM)
}

// PPM is the ratio in force.
func (r *Resampler) PPM() float64 { return r.ppm }

// Process appends to dst what src, whole frames of interleaved samples, makes:
// src itself, 32 frames late, while nothing is to be corrected.
func (r *Resampler) Process(dst, src []int32) []int32 {
	r.line = append(r.line, src...)
	used := 0
	if !r.exact() {
		dst, used = r.filter(dst)
	}
	if r.exact() {
		dst, used = r.pass(dst, used)
	}
	kept := copy(r.line, r.line[used*r.channels:])
	r.line = r.line[:kept]
	return dst
}

// Flush appends what waits for further frames. What is processed afterwards is another
// sound.
func (r *Resampler) Flush(dst []int32) []int32 {
	dst = r.Process(dst, make([]int32, half*r.channels))
	r.begin()
	return dst
}

// Clone is another Resampler at the same point of the same sound.
func (r *Resampler) Clone() *Resampler {
	c := *r
	c.line, c.planar = slices.Clone(r.line), nil
	return &c
}

// exact reports whether output frames are input frames.
func (r *Resampler) exact() bool { return r.wanted == 0 && r.ppm == 0 && r.offset == 0 }

// pass appends the frames of the line, from frame used on, as they are.
func (r *Resampler) pass(dst []int32, used int) ([]int32, int) {
	frames := len(r.line)/r.channels - used - taps + 1
	if frames <= 0 {
		return dst, used
	}
	first := (used + half - 1) * r.channels
	return append(dst, r.line[first:first+frames*r.channels]...), used + frames
}

// filter appends frames made by the filter, until the line is used up or nothing
// is to be corrected any more. It returns the frames of the line that were used.
func (r *Resampler) filter(dst []int32) ([]int32, int) {
	frames := r.deinterleave()
	table := kernel()
	second := r.planar[(r.channels-1)*frames:] // of one channel itself
	at := 0
	for at+taps <= frames && !r.exact() {
		low, high, rest := table.between(r.offset)
		left, right := weighTwo(low, high, rest, r.planar[at:], second[at:])
		dst = append(dst, r.sample(left))
		if r.channels == 2 {
			dst = append(dst, r.sample(right))
		}
		at += r.step()
	}
	return dst, at
}

// deinterleave copies the line into planar, one channel after the other, and returns how
// many frames that are.
func (r *Resampler) deinterleave() int {
	frames := len(r.line) / r.channels
	r.planar = slices.Grow(r.planar[:0], len(r.line))[:len(r.line)]
	for c := range r.channels {
		channel := r.planar[c*frames : (c+1)*frames]
		for i := range channel {
			channel[i] = float64(r.line[i*r.channels+c])
		}
	}
	return frames
}

// sample rounds v to the nearest value that a sample can have.
func (r *Resampler) sample(v float64) int32 {
	return int32(math.RoundToEven(min(max(v, r.lowest), r.highest)))
}

// step moves the offset by one output frame and returns how many input frames it has
// passed: 1, and now and then 0 or 2.
func (r *Resampler) step() int {
	if r.wanted == 0 && math.Abs(r.ppm) <= alignPPM {
		return r.stepToFrame()
	}
	r.ppm += min(max(r.wanted-r.ppm, -r.slew), r.slew)
	p := r.ppm * 1e-6
	r.offset -= p / (1 + p)
	frames := 1
	if r.offset < 0 {
		r.offset++
		frames--
	}
	if r.offset >= 1 {
		r.offset--
		frames++
	}
	return frames
}

// stepToFrame is a step toward the nearest whole frame; the last one is as short as it
// takes to end there.
func (r *Resampler) stepToFrame() int {
	const stride = alignPPM * 1e-6
	switch {
	case r.offset <= stride:
		r.offset, r.ppm = 0, 0
		return 1
	case r.offset >= 1-stride:
		r.offset, r.ppm = 0, 0
		return 2
	case r.offset < 0.5:
		r.offset, r.ppm = r.offset-stride, alignPPM
	default:
		r.offset, r.ppm = r.offset+stride, -alignPPM
	}
	return 1
}
