package playout

import (
	"fmt"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/encode"
)

// A Sink takes encoded sound: a live stream.
type Sink interface {
	// Write takes a chunk that plays for so many frames.
	Write(chunk []byte, frames int) error
}

// A Voice is how sound is encoded. Outputs of the same voice share one chain, so
// their sound is encoded once.
type Voice struct {
	Codec       audio.Codec
	BlockFrames int  // FLAC's
	BitrateKbps int  // MP3's
	FollowClock bool // it may be resampled to the renderer's clock
}

// NewEncoder makes an encoder of the voice, whose stream has that many blocks
// already; 0: it begins.
func (v Voice) NewEncoder(format audio.Format, blocksBefore int64) (encode.Encoder, error) {
	e, err := encode.New(v.Codec, format, encode.Options{
		BlockFrames: v.BlockFrames, BitrateKbps: v.BitrateKbps, BlocksBefore: blocksBefore,
	})
	if err != nil {
		return nil, fmt.Errorf("playout: encoder: %w", err)
	}
	return e, nil
}

// An Output is where one renderer gets its sound from. Its fields belong to the
// Playout that opened it.
type Output struct {
	sink     Sink
	chain    *chain
	frames   int64         // written to sink
	ppm      float64       // by which its renderer's clock is off
	buffered time.Duration // that its renderer has to play; 0: not known
}

// write hands a chunk to the sink.
func (o *Output) write(chunk []byte, frames int64) {
	o.frames += frames
	_ = o.sink.Write(chunk, int(frames)) // closed meanwhile: its player knows already
}

// mediaTime is MediaTime.
func (o *Output) mediaTime(at time.Time) time.Duration {
	c := o.chain
	return c.format.Duration(o.frames+c.pending) - c.edge.Sub(at)
}
