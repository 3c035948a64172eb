package bridge

import (
	"fmt"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/encode"
)

const (
	// preroll is the silence that an output begins with beyond the wait for its
	// first frame: the slack of a renderer that starts with what comes first.
	preroll = 2*audio.Tick + 20*time.Millisecond
	// longestReach bounds the silence that is written at once. More is missing
	// only when the process stood still, as a paused container: that time is gone.
	longestReach = 10 * time.Second
)

// sink takes encoded sound: a stream.
type sink interface {
	// Write takes a chunk that plays for so many frames.
	Write(chunk []byte, frames int) error
}

// A voice is how sound is encoded; what has the same voice is encoded once.
type voice struct {
	codec       audio.Codec
	blockFrames int // FLAC's
	bitrateKbps int // MP3's
}

func (v voice) encoder(format audio.Format) (encode.Encoder, error) {
	e, err := encode.New(v.codec, format, encode.Options{BlockFrames: v.blockFrames, BitrateKbps: v.bitrateKbps})
	if err != nil {
		return nil, fmt.Errorf("bridge: encoder: %w", err)
	}
	return e, nil
}

// A chain encodes the sound of a pipeline for one or more outputs.
type chain struct {
	format  audio.Format
	voice   voice
	encoder encode.Encoder
	outputs []*output
	chunk   []byte
	pending int64     // frames that the encoder was given since it gave any
	sounded bool      // the first audible frame was written
	edge    time.Time // until when the outputs have something to play
	broken  bool      // what comes next need not follow on what was written
}

// An output is where one player's renderer gets its sound from.
type output struct {
	sink  sink
	chain *chain
}

// lead gives an output its silence up to the chain's edge and for slack beyond
// it. The first output's comes from the chain's encoder; one that joins gets
// whole blocks of an encoder of its own, since the chain's is in their middle.
func (c *chain) lead(o *output, encoder encode.Encoder, now time.Time, slack time.Duration) time.Duration {
	lead := max(0, c.edge.Sub(now)) + slack
	frames := c.format.Frames(lead)
	if c.encoder == encoder {
		c.encode(make([]int32, frames*int64(c.format.Channels)))
		return lead
	}
	block := int64(encoder.BlockFrames())
	frames = (frames + block - 1) / block * block
	chunk := encoder.Encode(nil, make([]int32, frames*int64(c.format.Channels)))
	if len(chunk) > 0 {
		_ = o.sink.Write(chunk, int(frames)) // closed under us: its player knows already
	}
	return c.format.Duration(frames)
}

// write outputs sound that is due then. Silence before the first sound is left
// out: the lead stands for it.
func (c *chain) write(pcm []int32, due time.Time) {
	if !c.sounded && audio.Silent(pcm) {
		return
	}
	if c.broken {
		c.reach(due)
		c.broken = false
	}
	c.sounded = true
	c.edge = due.Add(c.format.Duration(int64(len(pcm) / c.format.Channels)))
	c.encode(pcm)
}

// reach outputs silence up to at.
func (c *chain) reach(at time.Time) {
	if at.Sub(c.edge) > longestReach {
		c.edge = at.Add(-longestReach)
	}
	frames := c.format.Frames(at.Sub(c.edge))
	if frames <= 0 {
		return
	}
	c.edge = c.edge.Add(c.format.Duration(frames))
	c.encode(make([]int32, frames*int64(c.format.Channels)))
}

func (c *chain) encode(pcm []int32) {
	c.pending += int64(len(pcm) / c.format.Channels)
	c.chunk = c.encoder.Encode(c.chunk[:0], pcm)
	c.give()
}

// flush outputs what the encoder holds back. The chain ends there.
func (c *chain) flush() {
	c.chunk = c.encoder.Flush(c.chunk[:0])
	c.give()
}

func (c *chain) give() {
	if len(c.chunk) == 0 {
		return
	}
	for _, o := range c.outputs {
		_ = o.sink.Write(c.chunk, int(c.pending)) // closed under us: its player knows already
	}
	c.pending = 0
}

// leave takes an output out; the last one gets the rest.
func (c *chain) leave(o *output) {
	if len(c.outputs) == 1 {
		c.flush()
	}
	c.outputs = slices.DeleteFunc(c.outputs, func(other *output) bool { return other == o })
}
