// Package audio is the vocabulary of the sound on its way through: what a
// frame is, how long it lasts, how sequence numbers and timestamps compare.
//
// PCM travels as []int32, interleaved (left, right, left, ...), one value a
// sample, sign-extended from Format.BitDepth bits. A frame is one sample of
// every channel. Timestamps count frames, as RTP does on the RAOP side.
package audio

import (
	"fmt"
	"time"
)

// A Format describes linear PCM.
type Format struct {
	SampleRate int // frames per second
	Channels   int // samples per frame
	BitDepth   int // bits per sample, two's complement
}

// CD is the only format that AirPlay 1 senders use: 44.1 kHz, stereo, 16 bit.
var CD = Format{SampleRate: 44100, Channels: 2, BitDepth: 16}

// String returns "44100/2/16".
func (f Format) String() string {
	return fmt.Sprintf("%d/%d/%d", f.SampleRate, f.Channels, f.BitDepth)
}

// FrameBytes is the size of one frame of packed PCM in bytes.
func (f Format) FrameBytes() int {
	return f.Channels * ((f.BitDepth + 7) / 8)
}

// Duration is how long frames last, rounded down to a nanosecond. Whole
// seconds are split off first, so that no number of frames overflows.
func (f Format) Duration(frames int64) time.Duration {
	rate := int64(f.SampleRate)
	whole, rest := frames/rate, frames%rate
	return time.Duration(whole)*time.Second + time.Duration(rest)*time.Second/time.Duration(rate)
}

// Frames is the number of whole frames in d, rounded down.
func (f Format) Frames(d time.Duration) int64 {
	rate := int64(f.SampleRate)
	whole, rest := int64(d/time.Second), int64(d%time.Second)
	return whole*rate + rest*rate/int64(time.Second)
}

// SeqDiff is the signed distance a-b of two RTP sequence numbers that wrap at
// 16 bits (RFC 3550 section 5.1): positive when a comes after b.
func SeqDiff(a, b uint16) int {
	return int(int16(a - b))
}

// TimestampDiff is the signed distance a-b in frames of two RTP timestamps
// that wrap at 32 bits: positive when a comes after b.
func TimestampDiff(a, b uint32) int64 {
	return int64(int32(a - b))
}

// Silent reports whether every sample of pcm is zero.
func Silent(pcm []int32) bool {
	for _, s := range pcm {
		if s != 0 {
			return false
		}
	}
	return true
}
