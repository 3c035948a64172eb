package encode

import (
	"cmp"
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/mp3"
)

// defaultBitrateKbps is the best that MP3 has: where a speaker takes nothing
// else, the network is rarely what is short.
const defaultBitrateKbps = 320

// mp3Encoder adapts the MP3 encoder, which holds back what does not fill a
// frame by itself. Its stream has no header: a listener begins at any frame.
type mp3Encoder struct{ *mp3.Encoder }

func newMP3(f audio.Format, o Options) (mp3Encoder, error) {
	if f.BitDepth != 16 {
		return mp3Encoder{}, fmt.Errorf("encode: mp3: format %v: want 16 bit", f)
	}
	encoder, err := mp3.NewEncoder(mp3.Config{
		SampleRate:  f.SampleRate,
		Channels:    f.Channels,
		BitrateKbps: cmp.Or(o.BitrateKbps, defaultBitrateKbps),
	})
	if err != nil {
		return mp3Encoder{}, fmt.Errorf("encode: %w", err)
	}
	return mp3Encoder{encoder}, nil
}

func (mp3Encoder) Header() []byte     { return nil }
func (e mp3Encoder) BlockFrames() int { return e.FrameLength() }
