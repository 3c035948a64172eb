package playout

import (
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/encode"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
)

const (
	// Preroll is the silence that an output begins with beyond the wait for its first
	// frame: a renderer that starts with what comes first is never ahead of us.
	Preroll = 2*audio.Tick + 20*time.Millisecond
	// joinWithin is how long a chain of numbered blocks takes further outputs: the
	// members of a group start within that.
	joinWithin = 2 * time.Second
	// leadPiece is in how many frames leading silence is written: of a stream that is
	// full the oldest chunk is dropped, and that must not be the whole lead.
	leadPiece = 4096
	// longestFill bounds the silence that is written at once. More is missing only
	// when the process stood still, as a paused container: that time is gone.
	longestFill = 10 * time.Second
)

// A chain makes the sound of a pipeline for one or more outputs. An output that
// needs a correction of its own gets a chain of its own.
type chain struct {
	format    audio.Format
	voice     Voice
	resampler *resample.Resampler // nil without drift
	encoder   encode.Encoder
	outputs   []*Output
	pcm       []int32 // after resampler
	chunk     []byte
	blocks    int64     // encoded so far, of the streams that began with the chain
	pending   int64     // frames that the encoder holds back
	sounded   bool      // the first audible frame was written
	edge      time.Time // the end of what was written, by the sender's clock
	broken    bool      // what comes next need not follow on what was written
}

func newChain(format audio.Format, v Voice, encoder encode.Encoder) *chain {
	c := &chain{format: format, voice: v, encoder: encoder, broken: true}
	if v.FollowClock {
		c.resampler = resample.New(format)
	}
	return c
}

// writeLead gives an output its silence up to the chain's edge and extra beyond
// it. The first output's is encoded by the chain; one that joins gets whole blocks of
// an encoder of its own, since the chain's is in the middle of one.
func (c *chain) writeLead(o *Output, encoder encode.Encoder, now time.Time, extra time.Duration) time.Duration {
	lead := max(0, c.edge.Sub(now)) + extra
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
		o.write(chunk, n)
	}
	return c.format.Duration(frames)
}

// write outputs sound that is due then, and returns the new chains of outputs that
// left this one. Leading silence of the sender only fills what the pre-roll did not
// cover.
func (c *chain) write(pcm []int32, due time.Time) (own []*chain) {
	end := due.Add(c.format.Duration(int64(len(pcm) / c.format.Channels)))
	if !c.sounded && audio.Silent(pcm) {
		c.fillUntil(end)
		return nil
	}
	if c.broken {
		c.fillUntil(due)
		c.broken = false
	}
	c.sounded = true
	c.edge = end
	pcm = c.resample(pcm)
	boundary := int(c.untilBlock()) * c.format.Channels
	if boundary > len(pcm) || !c.mustSplit() {
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
// at which alone the chain can be split.
func (c *chain) untilBlock() int64 {
	block := int64(c.encoder.BlockFrames())
	return (block - c.pending) % block
}

// mustSplit reports whether an output needs a correction that others do not.
func (c *chain) mustSplit() bool {
	return c.resampler != nil && len(c.outputs) > 1 && slices.ContainsFunc(c.outputs, func(o *Output) bool { return o.ppm != 0 })
}

// fillUntil outputs silence up to at.
func (c *chain) fillUntil(at time.Time) {
	if at.Sub(c.edge) > longestFill {
		c.edge = at.Add(-longestFill)
	}
	frames := c.format.Frames(at.Sub(c.edge))
	if frames <= 0 {
		return
	}
	c.edge = c.edge.Add(c.format.Duration(frames))
	c.encode(c.resample(make([]int32, frames*int64(c.format.Channels))))
}

// resample makes sound at the pace of the renderer's clock.
func (c *chain) resample(pcm []int32) []int32 {
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
	c.deliver(c.pending - kept)
	c.blocks += c.pending / block
	c.pending = kept
}

// flush outputs what is held back. The chain ends there.
func (c *chain) flush() {
	if c.resampler != nil {
		c.encode(c.resampler.Flush(c.pcm[:0]))
	}
	c.chunk = c.encoder.Flush(c.chunk[:0])
	c.deliver(c.pending)
	c.pending = 0
}

// deliver hands what was encoded to the outputs.
func (c *chain) deliver(frames int64) {
	if len(c.chunk) == 0 {
		return
	}
	for _, o := range c.outputs {
		o.write(c.chunk, frames)
	}
}

// setResamplingRatio has a chain with one output follow the clock of its renderer.
func (c *chain) setResamplingRatio() {
	if c.resampler != nil && len(c.outputs) == 1 {
		c.resampler.SetPPM(c.outputs[0].ppm)
	}
}

// split gives each output that needs a correction a chain of its own, at the end
// of a block.
func (c *chain) split() []*chain {
	var own []*chain
	for _, o := range slices.Clone(c.outputs) {
		encoder, err := c.voice.NewEncoder(c.format, c.blocks)
		if o.ppm == 0 || err != nil || len(c.outputs) < 2 {
			continue
		}
		one := &chain{
			format: c.format, voice: c.voice, resampler: c.resampler.Clone(), encoder: encoder,
			outputs: []*Output{o}, blocks: c.blocks, sounded: c.sounded, edge: c.edge, broken: c.broken,
		}
		c.remove(o)
		o.chain = one
		one.setResamplingRatio()
		own = append(own, one)
	}
	c.setResamplingRatio()
	return own
}

// takesAnother reports whether another output may join. The chain's sound must be
// unchanged so far, and must only have begun: blocks are numbered, and a renderer
// that gets the first and then the thousandth waits for those between.
func (c *chain) takesAnother(v Voice) bool {
	block := int64(c.encoder.BlockFrames())
	begins := block == 1 || c.format.Duration(c.blocks*block) < joinWithin
	unchanged := c.resampler == nil || len(c.outputs) > 1 || c.resampler.PPM() == 0 && c.outputs[0].ppm == 0
	return c.voice == v && begins && unchanged
}

// leave takes an output out; the last one gets the rest.
func (c *chain) leave(o *Output) {
	if len(c.outputs) == 1 {
		c.flush()
	}
	c.remove(o)
	c.setResamplingRatio()
}

func (c *chain) remove(o *Output) {
	c.outputs = slices.DeleteFunc(c.outputs, func(other *Output) bool { return other == o })
}
