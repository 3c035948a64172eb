package bridge

import (
	"errors"
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/alac"
)

// A decoder turns one packet's payload into PCM and says how many frames.
type decoder interface {
	Decode(dst []int32, payload []byte) (frames int, err error)
}

// newDecoder makes the decoder for what a sender announced.
func newDecoder(params raop.StreamParams) (decoder, error) {
	switch params.Codec {
	case raop.ALAC:
		d, err := alac.NewDecoder(alac.Config{
			FrameLength: params.FrameLength,
			BitDepth:    params.Format.BitDepth,
			PB:          params.ALAC.PB,
			MB:          params.ALAC.MB,
			KB:          params.ALAC.KB,
			Channels:    params.Format.Channels,
			MaxRun:      params.ALAC.MaxRun,
			SampleRate:  params.Format.SampleRate,
		})
		if err != nil {
			return nil, fmt.Errorf("bridge: decoder: %w", err)
		}
		return d, nil
	case raop.L16:
		return l16Decoder{format: params.Format}, nil
	default:
		return nil, fmt.Errorf("bridge: decoder: no decoder for %v", params.Codec)
	}
}

var errRagged = errors.New("bridge: L16 payload of broken frames")

// l16Decoder unpacks big-endian PCM (RFC 3551 section 4.5.11).
type l16Decoder struct{ format audio.Format }

func (d l16Decoder) Decode(dst []int32, payload []byte) (int, error) {
	if len(payload)%d.format.FrameBytes() != 0 || len(payload)/2 > len(dst) {
		return 0, errRagged
	}
	for i := range len(payload) / 2 {
		dst[i] = int32(int16(uint16(payload[2*i])<<8 | uint16(payload[2*i+1])))
	}
	return len(payload) / d.format.FrameBytes(), nil
}
