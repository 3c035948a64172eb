package lab

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"time"
)

// Sound in this package is 16 bit PCM, little-endian, stereo, 44100 frames a
// second: what a sender takes and what a capture holds.
const (
	sampleRate = 44100
	channels   = 2
	frameBytes = 4
)

// The tone's parts: a sweep in each channel that compresses as music does, and
// noise that makes each short piece of it the only one of its kind.
const (
	sweepLevel  = 9000 // of 32767
	sweepLowHz  = 110
	sweepHighHz = 3520
	noiseLevel  = 650
)

// Tone makes test sound: the same bytes for the same length and seed.
func Tone(length time.Duration, seed uint64) []byte {
	frames := framesIn(length)
	pcm := make([]byte, 0, frames*frameBytes)
	noise := rand.New(rand.NewPCG(seed, 0))
	left := newSweep(sweepLowHz, sweepHighHz, 3700*time.Millisecond)
	right := newSweep(2*sweepLowHz, 2*sweepHighHz, 4700*time.Millisecond)
	for range frames {
		for _, s := range []*sweep{left, right} {
			v := s.next() + noise.IntN(2*noiseLevel+1) - noiseLevel
			pcm = binary.LittleEndian.AppendUint16(pcm, uint16(int16(v)))
		}
	}
	return pcm
}

// Silence is digital zero.
func Silence(length time.Duration) []byte {
	return make([]byte, framesIn(length)*frameBytes)
}

func framesIn(length time.Duration) int {
	return int(length * sampleRate / time.Second)
}

// A sweep rises from a low pitch to a high one, again and again.
type sweep struct {
	phase, step, lowStep, ratio float64 // step: radians a frame
	frame, period               int
}

func newSweep(lowHz, highHz float64, period time.Duration) *sweep {
	frames := framesIn(period)
	low := 2 * math.Pi * lowHz / sampleRate
	return &sweep{step: low, lowStep: low, ratio: math.Pow(highHz/lowHz, 1/float64(frames)), period: frames}
}

func (s *sweep) next() int {
	if s.frame%s.period == 0 {
		s.step = s.lowStep
	}
	s.frame++
	s.phase += s.step
	s.step *= s.ratio
	return int(sweepLevel * math.Sin(s.phase))
}

// WAV puts pcm into a file of RIFF WAVE.
func WAV(pcm []byte) []byte {
	const headerBytes, formatBytes, pcmFormat, bits = 44, 16, 1, 16
	le := binary.LittleEndian
	b := make([]byte, 0, headerBytes+len(pcm))
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(headerBytes-8+len(pcm)))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, formatBytes)
	b = le.AppendUint16(b, pcmFormat)
	b = le.AppendUint16(b, channels)
	b = le.AppendUint32(b, sampleRate)
	b = le.AppendUint32(b, sampleRate*frameBytes)
	b = le.AppendUint16(b, frameBytes)
	b = le.AppendUint16(b, bits)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(len(pcm)))
	return append(b, pcm...)
}
