package audio

import "errors"

// ErrPartialFrame is returned for PCM that does not end with a whole frame.
var ErrPartialFrame = errors.New("audio: PCM ends within a frame")

// An L16Decoder unpacks big-endian 16-bit PCM (RFC 3551 section 4.5.11).
type L16Decoder struct{ Format Format }

// Decode writes the samples of a payload to dst and returns the number of frames.
// It returns ErrPartialFrame for a payload that ends within a frame, or that does
// not fit into dst.
func (d L16Decoder) Decode(dst []int32, payload []byte) (frames int, err error) {
	if len(payload)%d.Format.FrameBytes() != 0 || len(payload)/2 > len(dst) {
		return 0, ErrPartialFrame
	}
	for i := range len(payload) / 2 {
		dst[i] = int32(int16(uint16(payload[2*i])<<8 | uint16(payload[2*i+1])))
	}
	return len(payload) / d.Format.FrameBytes(), nil
}
