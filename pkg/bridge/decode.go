package bridge

import (
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/alac"
	"github.com/breezeway-audio/breezeway/pkg/bridge/playout"
)

// newDecoder makes the decoder for what a sender announced.
func newDecoder(params raop.StreamParams) (playout.Decoder, error) {
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
		return audio.L16Decoder{Format: params.Format}, nil
	default:
		return nil, fmt.Errorf("bridge: decoder: no decoder for %v", params.Codec)
	}
}
