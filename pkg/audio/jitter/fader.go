package jitter

import (
	"math"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	// fadeTime is the length of each fade: long enough that a raised cosine has
	// nothing left at high frequencies, short enough to be part of the loss.
	fadeTime = 4 * time.Millisecond
	// longestPeriod is the longest period that is searched for in the past: that of
	// 42 Hz.
	longestPeriod = 24 * time.Millisecond
)

// A Fader conceals gaps. Into the gap the waveform goes on as it did one period
// before, and fades out; then there is silence; the first audio after the gap
// fades in. Zeros instead would click. While nothing is lost every sample passes
// unchanged.
//
// It is for one goroutine and does not allocate once it is made.
type Fader struct {
	channels int
	least    float64 // range of a sample
	most     float64
	gain     []float64 // of the fade out, frame by frame; of the fade in: 1 minus it

	past []int32 // what was played last, interleaved: a ring
	end  int     // where in it the next sample goes

	lost  bool      // the last that was played was concealment
	rise  int       // frames of the fade in that are done
	fall  int       // frames of tail that are played
	tail  []float64 // the waveform going on into the gap, faded out
	trace []float64 // the past in its order, while the tail is made
}

// NewFader makes a fader for a stream that begins.
func NewFader(format audio.Format) *Fader {
	frames := int(format.Frames(fadeTime))
	past := (frames + int(format.Frames(longestPeriod))) * format.Channels
	f := &Fader{
		channels: format.Channels,
		most:     float64(int64(1)<<(format.BitDepth-1) - 1),
		least:    float64(int64(-1) << (format.BitDepth - 1)),
		gain:     make([]float64, frames),
		past:     make([]int32, past),
		tail:     make([]float64, frames*format.Channels),
		trace:    make([]float64, past),
	}
	for i := range f.gain {
		f.gain[i] = (1 + math.Cos(math.Pi*float64(i+1)/float64(frames+1))) / 2
	}
	f.Reset()
	return f
}

// Reset forgets the past: the next sample is the first of a stream.
func (f *Fader) Reset() {
	clear(f.past)
	f.lost, f.rise, f.fall = false, len(f.gain), len(f.gain)
}

// Play passes whole frames that arrived, and changes those within a fade in place.
func (f *Fader) Play(pcm []int32) {
	if f.lost {
		f.lost, f.rise = false, 0
		if f.fall == len(f.gain) && len(pcm) > 0 && audio.Silent(pcm[:f.channels]) {
			f.rise = len(f.gain) // it begins at zero, as after a pause: there is no step
		}
	}
	for at := 0; at < len(pcm) && f.rise < len(f.gain); at += f.channels {
		gain := 1 - f.gain[f.rise]
		for c := range f.channels {
			pcm[at+c] = f.sample(float64(pcm[at+c])*gain + f.tailAt(c))
		}
		f.rise++
		f.fall = min(f.fall+1, len(f.gain))
	}
	f.remember(pcm)
}

// Conceal fills whole frames that did not arrive.
func (f *Fader) Conceal(pcm []int32) {
	if !f.lost {
		f.predict()
		f.lost, f.fall = true, 0
	}
	at := 0
	for ; at < len(pcm) && f.fall < len(f.gain); at += f.channels {
		for c := range f.channels {
			pcm[at+c] = f.sample(f.tailAt(c))
		}
		f.fall++
	}
	clear(pcm[at:])
	f.remember(pcm)
}

// tailAt is the sample of the tail that is played next on channel c.
func (f *Fader) tailAt(c int) float64 {
	if f.fall == len(f.gain) {
		return 0
	}
	return f.tail[f.fall*f.channels+c]
}

// sample rounds and keeps within the range.
func (f *Fader) sample(v float64) int32 {
	return int32(math.Round(min(max(v, f.least), f.most)))
}

func (f *Fader) remember(pcm []int32) {
	if over := len(pcm) - len(f.past); over > 0 {
		pcm = pcm[over:]
	}
	n := copy(f.past[f.end:], pcm)
	copy(f.past, pcm[n:])
	f.end = (f.end + len(pcm)) % len(f.past)
}

// predict makes the tail: what followed when the past was most like its end. The
// step from the last sample to that is taken out, and comes back as the tail
// fades.
func (f *Fader) predict() {
	for i := range f.past {
		f.trace[i] = float64(f.past[(f.end+i)%len(f.past)])
	}
	from := len(f.trace) - f.period()
	for i := range f.tail {
		c := i % f.channels
		step := f.trace[len(f.trace)-f.channels+c] - f.trace[from-f.channels+c]
		gain := f.gain[i/f.channels]
		f.tail[i] = (f.trace[from+i] + step*gain) * gain
	}
}

// period is how many samples back the trace correlates best with its last
// frames, of which there are as many as a fade has: no less, so that the tail
// does not reach beyond the trace.
func (f *Fader) period() int {
	length := len(f.tail)
	end := f.trace[len(f.trace)-length:]
	best, highest := length, 0.0
	for lag := length; lag <= len(f.trace)-length-f.channels; lag += f.channels {
		start := len(f.trace) - length - lag
		var product, energy float64
		for i, v := range f.trace[start : start+length] {
			product += v * end[i]
			energy += v * v
		}
		if energy > 0 && product/math.Sqrt(energy) > highest {
			best, highest = lag, product/math.Sqrt(energy)
		}
	}
	return best
}
