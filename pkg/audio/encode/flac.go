package encode

import (
	"cmp"
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/flac"
)

// A flacEncoder gathers packets of any size into blocks of one size.
type flacEncoder struct {
	encoder     *flac.Encoder
	header      []byte
	blockFrames int
	block       []int32 // what waits; its capacity is the block
}

func newFLAC(f audio.Format, o Options) (*flacEncoder, error) {
	blockFrames := cmp.Or(o.BlockFrames, defaultBlockFrames)
	encoder, err := flac.NewEncoder(f, blockFrames)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	encoder.Continue(o.BlocksBefore)
	return &flacEncoder{
		encoder:     encoder,
		header:      encoder.AppendHeader(nil),
		blockFrames: blockFrames,
		block:       make([]int32, 0, blockFrames*f.Channels),
	}, nil
}

func (e *flacEncoder) Header() []byte   { return e.header }
func (e *flacEncoder) BlockFrames() int { return e.blockFrames }

func (e *flacEncoder) Encode(dst []byte, pcm []int32) []byte {
	for len(pcm) > 0 {
		n := min(cap(e.block)-len(e.block), len(pcm))
		e.block = append(e.block, pcm[:n]...)
		pcm = pcm[n:]
		if len(e.block) == cap(e.block) {
			dst = e.Flush(dst)
		}
	}
	return dst
}

func (e *flacEncoder) Flush(dst []byte) []byte {
	if len(e.block) == 0 {
		return dst
	}
	dst = e.encoder.AppendFrame(dst, e.block)
	e.block = e.block[:0]
	return dst
}
