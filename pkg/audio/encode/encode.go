// Package encode turns PCM into the forms that renderers take, behind one
// Encoder: FLAC (pkg/audio/flac), WAV, headerless big-endian PCM (L16, RFC 3551
// section 4.5.11; with 24 bits it is L24, RFC 3190), and MP3 (pkg/audio/mp3).
//
// All streams are endless: no header has a length.
package encode

import (
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// An Encoder makes one stream. What a call appends to dst is always whole units
// of the codec, so that a listener may begin between any two calls, after the
// header. It is not safe for concurrent use.
type Encoder interface {
	// Header is what every listener gets first, nil if the codec has none.
	Header() []byte
	// Encode appends pcm, whole frames of interleaved samples within the bit
	// depth. What does not fill a block waits for the next call.
	Encode(dst []byte, pcm []int32) []byte
	// Flush appends what waits. The stream ends there.
	Flush(dst []byte) []byte
	// BlockFrames is how many frames make a unit: what Encode holds back is
	// always less.
	BlockFrames() int
}

// defaultBlockFrames is 26 ms at 44.1 kHz; longer blocks gain next to nothing.
const defaultBlockFrames = 1152

// Options of New. The zero value is good.
type Options struct {
	BlockFrames int // frames per FLAC block, 0: 1152
	BitrateKbps int // of MP3: 128, 192, 256 or 320; 0: 320
	// BlocksBefore are the FLAC blocks that another encoder made of the stream.
	BlocksBefore int64
}

// New makes an encoder of mono or stereo sound of 16 or 24 bit.
func New(c audio.Codec, f audio.Format, o Options) (Encoder, error) {
	if f.BitDepth != 16 && f.BitDepth != 24 || f.Channels != 1 && f.Channels != 2 || f.SampleRate < 1 {
		return nil, fmt.Errorf("encode: format %v: want mono or stereo of 16 or 24 bit", f)
	}
	switch c {
	case audio.FLAC:
		return newFLAC(f, o)
	case audio.WAV:
		return &pcmEncoder{header: appendWAVHeader(nil, f), appendSamples: littleEndian(f.BitDepth)}, nil
	case audio.L16:
		return &pcmEncoder{appendSamples: bigEndian(f.BitDepth)}, nil
	case audio.MP3:
		return newMP3(f, o)
	default:
		return nil, fmt.Errorf("encode: no encoder for codec %v", c)
	}
}
