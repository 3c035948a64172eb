package encode

import (
	"encoding/binary"
	"math"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// A pcmEncoder packs samples, nothing more: its unit is one frame.
type pcmEncoder struct {
	header        []byte
	appendSamples func(dst []byte, pcm []int32) []byte
}

func (e *pcmEncoder) Header() []byte                        { return e.header }
func (e *pcmEncoder) BlockFrames() int                      { return 1 }
func (e *pcmEncoder) Flush(dst []byte) []byte               { return dst }
func (e *pcmEncoder) Encode(dst []byte, pcm []int32) []byte { return e.appendSamples(dst, pcm) }

// littleEndian returns the packing of WAV. bitDepth is 16 or 24, here and below.
func littleEndian(bitDepth int) func(dst []byte, pcm []int32) []byte {
	if bitDepth == 16 {
		return func(dst []byte, pcm []int32) []byte {
			for _, s := range pcm {
				dst = append(dst, byte(s), byte(s>>8))
			}
			return dst
		}
	}
	return func(dst []byte, pcm []int32) []byte {
		for _, s := range pcm {
			dst = append(dst, byte(s), byte(s>>8), byte(s>>16))
		}
		return dst
	}
}

// bigEndian returns the packing of L16 and L24.
func bigEndian(bitDepth int) func(dst []byte, pcm []int32) []byte {
	if bitDepth == 16 {
		return func(dst []byte, pcm []int32) []byte {
			for _, s := range pcm {
				dst = append(dst, byte(s>>8), byte(s))
			}
			return dst
		}
	}
	return func(dst []byte, pcm []int32) []byte {
		for _, s := range pcm {
			dst = append(dst, byte(s>>16), byte(s>>8), byte(s))
		}
		return dst
	}
}

const (
	wavFormatPCM   = 1
	wavFormatBytes = 16
	// wavEndless is the size of a stream without end: players read until the
	// connection closes.
	wavEndless = math.MaxUint32
)

// appendWAVHeader appends 44 bytes, all numbers little-endian:
//
//	"RIFF", 32 bits: size, "WAVE"
//	"fmt ", 32 bits: size of this chunk, 16
//	    16 bits: format tag, 16 bits: channels, 32 bits: frames per second
//	    32 bits: bytes per second, 16 bits: bytes per frame, 16 bits: bits per sample
//	"data", 32 bits: size
func appendWAVHeader(dst []byte, f audio.Format) []byte {
	le := binary.LittleEndian
	frameBytes := f.Channels * f.BitDepth / 8
	dst = append(dst, "RIFF"...)
	dst = le.AppendUint32(dst, wavEndless)
	dst = append(dst, "WAVEfmt "...)
	dst = le.AppendUint32(dst, wavFormatBytes)
	dst = le.AppendUint16(dst, wavFormatPCM)
	dst = le.AppendUint16(dst, uint16(f.Channels))
	dst = le.AppendUint32(dst, uint32(f.SampleRate))
	dst = le.AppendUint32(dst, uint32(f.SampleRate*frameBytes))
	dst = le.AppendUint16(dst, uint16(frameBytes))
	dst = le.AppendUint16(dst, uint16(f.BitDepth))
	dst = append(dst, "data"...)
	return le.AppendUint32(dst, wavEndless)
}
