package bridge

import (
	"fmt"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/encode"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
)

const (
	// preroll is the silence that an output begins with beyond the wait for its
	// first frame: the slack of a renderer that starts with what comes first.
	preroll = 2*audio.Tick + 20*time.Millisecond
	// joinedFor is how long a chain of numbered blocks takes others: the members of
	// a group start within that.
	joinedFor = 2 * time.Second
	// leadPiece is in how many frames a lead is written: of a stream that is full
	// the oldest chunk goes, and that must not be the whole lead.
	leadPiece = 4096
	// longestReach bounds the silence that is written at once. More is missing
	// only when the process stood still, as a paused container: that time is gone.
	longestReach = 10 * time.Second
)

// sink takes encoded sound: a stream.
type sink interface {
	// Write takes a chunk that plays for so many frames.
	Write(chunk []byte, frames int) error
}

// A voice is how sound is made for renderers; what has the same voice is made
// once.
type voice struct {
	codec       audio.Codec
	blockFrames int  // FLAC's
	bitrateKbps int  // MP3's
	drift       bool // it may follow the renderer's clock
}

// encoder makes one for a stream that begins, or that has so many blocks.
func (v voice) encoder(format audio.Format, blocksBefore int64) (encode.Encoder, error) {
	e, err := encode.New(v.codec, format, encode.Options{
		BlockFrames: v.blockFrames, BitrateKbps: v.bitrateKbps, BlocksBefore: blocksBefore,
	})
	if err != nil {
		return nil, fmt.Errorf("bridge: encoder: %w", err)
	}
	return e, nil
}

// An output is where one player's renderer gets its sound from.
type output struct {
	sink   sink
	chain  *chain
	frames int64         // that the sink got
	ppm    float64       // the correction that its renderer needs
	held   time.Duration // that its renderer has to play; 0: not known
}

// give hands a chunk to the sink.
func (o *output) give(chunk []byte, frames int64) {
	o.frames += frames
	_ = o.sink.Write(chunk, int(frames)) // closed under us: its player knows already
}

// due is how much of an output's sound is to be played, by the sender's clock, until
// a time of ours. Unlike what was written it does not move in pieces.
func (o *output) due(at time.Time) time.Duration {
	c := o.chain
	return c.format.Duration(o.frames+c.pending) - c.edge.Sub(at)
}

// A chain makes the sound of a pipeline for one or more outputs. An output that
// needs a correction of its own gets a chain of its own.
type chain struct {
	format    audio.Format
	voice     voice
	resampler *resample.Resampler // nil without drift
	encoder   encode.Encoder
	outputs   []*output
	pcm       []int32 // after resampler
	chunk     []byte
	blocks    int64     // made so far, of the streams that began with the chain
	pending   int64     // frames that the encoder holds back
	sounded   bool      // the first audible frame was written
	edge      time.Time // until when the outputs have something to play
	broken    bool      // what comes next need not follow on what was written
}

func newChain(format audio.Format, v voice, encoder encode.Encoder) *chain {
	c := &chain{format: format, voice: v, encoder: encoder, broken: true}
	if v.drift {
		c.resampler = resample.New(format)
	}
	return c
}

// lead gives an output its silence up to the chain's edge and for slack beyond
// it. The first output's comes from the chain's encoder; one that joins gets
// whole blocks of an encoder of its own, since the chain's is in their middle.
func (c *chain) lead(o *output, encoder encode.Encoder, now time.Time, slack time.Duration) time.Duration {
	lead := max(0, c.edge.Sub(now)) + slack
	frames := c.format.Frames(lead)
	if c.encoder == encoder {
		for left := frames; left > 0; left -= leadPiece {
			c.encode(make([]int32, min(left, leadPiece)*int64(c.format.Channels)))
		}
		return lead
	}
	block := int64(encoder.BlockFrames())
	frames = (frames + block - 1) / block * block
	piece := max(leadPiece/block, 1) * block
	for left := frames; left > 0; left -= piece {
		n := min(left, piece)
		chunk := encoder.Encode(nil, make([]int32, n*int64(c.format.Channels)))
		o.give(chunk, n)
	}
	return c.format.Duration(frames)
}

// write outputs sound that is due then, and gives the chains of outputs that got
// one of their own. Silence before the first sound goes no further than the lead
// does not reach.
func (c *chain) write(pcm []int32, due time.Time) (own []*chain) {
	end := due.Add(c.format.Duration(int64(len(pcm) / c.format.Channels)))
	if !c.sounded && audio.Silent(pcm) {
		c.reach(end)
		return nil
	}
	if c.broken {
		c.reach(due)
		c.broken = false
	}
	c.sounded = true
	c.edge = end
	pcm = c.follow(pcm)
	boundary := int(c.untilBlock()) * c.format.Channels
	if boundary > len(pcm) || !c.divided() {
		c.encode(pcm)
		return nil
	}
	c.encode(pcm[:boundary])
	own = c.split()
	for _, one := range own {
		one.encode(pcm[boundary:])
	}
	c.encode(pcm[boundary:])
	return own
}

// untilBlock is how many frames are missing to the end of the encoder's block,
// at which alone it can be divided.
func (c *chain) untilBlock() int64 {
	block := int64(c.encoder.BlockFrames())
	return (block - c.pending) % block
}

// divided reports whether an output needs a correction that others do not.
func (c *chain) divided() bool {
	return c.resampler != nil && len(c.outputs) > 1 && slices.ContainsFunc(c.outputs, func(o *output) bool { return o.ppm != 0 })
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
	c.encode(c.follow(make([]int32, frames*int64(c.format.Channels))))
}

// follow makes sound at the pace of the renderer's clock.
func (c *chain) follow(pcm []int32) []int32 {
	if c.resampler == nil {
		return pcm
	}
	c.pcm = c.resampler.Process(c.pcm[:0], pcm)
	return c.pcm
}

func (c *chain) encode(pcm []int32) {
	c.pending += int64(len(pcm) / c.format.Channels)
	c.chunk = c.encoder.Encode(c.chunk[:0], pcm)
	block := int64(c.encoder.BlockFrames())
	kept := c.pending % block
	c.give(c.pending - kept)
	c.blocks += c.pending / block
	c.pending = kept
}

// flush outputs what is held back. The chain ends there.
func (c *chain) flush() {
	if c.resampler != nil {
		c.encode(c.resampler.Flush(c.pcm[:0]))
	}
	c.chunk = c.encoder.Flush(c.chunk[:0])
	c.give(c.pending)
	c.pending = 0
}

// give hands what was encoded to the outputs.
func (c *chain) give(frames int64) {
	if len(c.chunk) == 0 {
		return
	}
	for _, o := range c.outputs {
		o.give(c.chunk, frames)
	}
}

// correct has the only output's sound made at its renderer's pace.
func (c *chain) correct() {
	if c.resampler != nil && len(c.outputs) == 1 {
		c.resampler.SetPPM(c.outputs[0].ppm)
	}
}

// split gives each output that needs a correction a chain of its own, at the end
// of a block.
func (c *chain) split() []*chain {
	var own []*chain
	for _, o := range slices.Clone(c.outputs) {
		encoder, err := c.voice.encoder(c.format, c.blocks)
		if o.ppm == 0 || err != nil || len(c.outputs) < 2 {
			continue
		}
		one := &chain{
			format: c.format, voice: c.voice, resampler: c.resampler.Clone(), encoder: encoder,
			outputs: []*output{o}, blocks: c.blocks, sounded: c.sounded, edge: c.edge, broken: c.broken,
		}
		c.remove(o)
		o.chain = one
		one.correct()
		own = append(own, one)
	}
	c.correct()
	return own
}

// open reports whether another output may join. What is made there must be the
// sound as it came, and must only have begun: blocks are numbered, and a player
// that gets the first and then the thousandth waits for those between.
func (c *chain) open(v voice) bool {
	block := int64(c.encoder.BlockFrames())
	begins := block == 1 || c.format.Duration(c.blocks*block) < joinedFor
	asCame := c.resampler == nil || len(c.outputs) > 1 || c.resampler.PPM() == 0 && c.outputs[0].ppm == 0
	return c.voice == v && begins && asCame
}

// leave takes an output out; the last one gets the rest.
func (c *chain) leave(o *output) {
	if len(c.outputs) == 1 {
		c.flush()
	}
	c.remove(o)
	c.correct()
}

func (c *chain) remove(o *output) {
	c.outputs = slices.DeleteFunc(c.outputs, func(other *output) bool { return other == o })
}
