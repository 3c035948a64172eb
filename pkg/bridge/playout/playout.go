// Package playout turns the sound of one session into encoded streams: it takes
// decoded sound from a Source when it is due, and encodes it for each renderer, at
// the pace of that renderer's clock.
//
//	network -> PacketSource.Push -> jitter buffer -> Next -> chain (resample, encode) -> Sink
//
// It knows neither senders nor renderers: what the network brings is translated by
// package bridge, and a Sink is the live HTTP stream.
package playout

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/encode"
)

// A Playout plays one session. It runs from the session's beginning to its end,
// also while no output is open: sound without an output is dropped when it is due,
// so that an output which opens later begins at the live edge.
type Playout struct {
	format audio.Format
	source Source

	outputs  atomic.Int32
	awaiting atomic.Int64 // ns since 1970 until when sound waits for the first output; 0: it does not

	mu     sync.Mutex // guards below; held while writing, so that an output ends between two packets
	chains []*chain
}

// New makes the playout of a source that gives sound in a format.
func New(format audio.Format, source Source) *Playout {
	return &Playout{format: format, source: source}
}

// Format is that of the source's sound.
func (p *Playout) Format() audio.Format { return p.format }

// SenderLatency is the time that the sender expects between its sending and the
// ear; 0: it did not say.
func (p *Playout) SenderLatency() time.Duration { return p.source.SenderLatency() }

// AwaitOutput holds the sound back until an output is open, at most until a time:
// the first sound must not be dropped while the renderer's stream is prepared. It
// does nothing while an output is open.
func (p *Playout) AwaitOutput(until time.Time) {
	if p.outputs.Load() == 0 {
		p.awaiting.Store(until.UnixNano())
	}
}

// Open has the sound written to a sink from the next audible frame on, until Close.
// Until that frame is due there is time in which the renderer can connect, buffer
// and start: silence fills it, so that the sound is heard no later than if the
// renderer had waited. extra is silence beyond that. The encoder must be new and
// of that voice; it is the output's from now on. lead is all the silence that the
// output began with.
func (p *Playout) Open(v Voice, encoder encode.Encoder, sink Sink, extra time.Duration) (o *Output, lead time.Duration) {
	now := time.Now()
	p.mu.Lock()
	p.awaiting.Store(0)
	p.outputs.Add(1)
	o = &Output{sink: sink}
	o.chain = p.joinChainLocked(v, encoder, now)
	o.chain.outputs = append(o.chain.outputs, o)
	least := p.leastBufferedLocked()
	lead = o.chain.writeLead(o, encoder, now, extra)
	p.mu.Unlock()
	p.source.SetRendererBuffer(least)
	return o, lead
}

// joinChainLocked returns a chain of that voice which takes another output, a new
// one where there is none.
func (p *Playout) joinChainLocked(v Voice, encoder encode.Encoder, now time.Time) *chain {
	for _, c := range p.chains {
		if c.takesAnother(v) {
			return c
		}
	}
	c := newChain(p.format, v, encoder)
	c.edge = p.source.FirstDue(now)
	p.chains = append(p.chains, c)
	return c
}

// Close completes an output: after it returns nothing more is written to its sink.
func (p *Playout) Close(o *Output) {
	p.mu.Lock()
	p.outputs.Add(-1)
	o.chain.leave(o)
	p.chains = slices.DeleteFunc(p.chains, func(c *chain) bool { return len(c.outputs) == 0 })
	least := p.leastBufferedLocked()
	p.mu.Unlock()
	p.source.SetRendererBuffer(least)
}

// SetClockOffset has an output's sound made at the pace of its renderer's clock,
// which is off by so many parts per million.
func (p *Playout) SetClockOffset(o *Output, ppm float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o.ppm = ppm
	o.chain.setResamplingRatio()
}

// SetBuffered says how much of an output's sound its renderer has still to play; 0:
// that is not known.
func (p *Playout) SetBuffered(o *Output, buffered time.Duration) {
	p.mu.Lock()
	o.buffered = buffered
	least := p.leastBufferedLocked()
	p.mu.Unlock()
	p.source.SetRendererBuffer(least)
}

// leastBufferedLocked is the least that any output's renderer has to play; 0 where
// that of one is not known, or there is none.
func (p *Playout) leastBufferedLocked() time.Duration {
	var all []time.Duration
	for _, c := range p.chains {
		for _, o := range c.outputs {
			all = append(all, o.buffered)
		}
	}
	if len(all) == 0 {
		return 0
	}
	return slices.Min(all)
}

// MediaTime is the elapsed media time of an output at a time of ours: how much of
// its sound, the leading silence included, is due until then by the sender's clock.
// It is independent of encoder blocks, so it does not move in steps.
func (p *Playout) MediaTime(o *Output, at time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return o.mediaTime(at)
}

// Run plays until ctx ends.
func (p *Playout) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		wait := p.playDue(time.Now())
		if wait > 0 {
			timer.Reset(wait)
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.source.ReadyC():
			timer.Reset(0)
		}
	}
}

// playDue plays what is due at now and returns how long to sleep; zero means until
// the source is ready.
func (p *Playout) playDue(now time.Time) time.Duration {
	p.source.Recover(now)
	check := now.Add(checkEvery)
	if p.awaiting.Load() > now.UnixNano() {
		return audio.UntilTick(now, check)
	}
	for {
		step := p.source.Next(now)
		switch step.Kind {
		case Sound:
			p.write(step.PCM, step.Due)
		case Wait:
			return audio.UntilTick(now, earlier(step.Wake, check))
		case Break:
			filled := p.fillBreak(now)
			switch {
			case !step.Wake.IsZero():
				return audio.UntilTick(now, earlier(step.Wake, check))
			case filled:
				return audio.UntilTick(now, check)
			}
			return 0
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// write outputs sound that is due then.
func (p *Playout) write(pcm []int32, due time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.chains {
		p.chains = append(p.chains, c.write(pcm, due)...)
	}
}

// fillBreak writes silence where the sound broke off, as after a FLUSH, until now: a
// renderer that runs dry may stop. It reports whether there is an output.
func (p *Playout) fillBreak(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.chains {
		c.broken = true
		c.fillUntil(now)
	}
	return len(p.chains) > 0
}

// ResamplingPPM are the corrections in force now, in parts per million, one for each
// chain that follows a clock: they glide to what SetClockOffset asks for.
func (p *Playout) ResamplingPPM() []float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []float64
	for _, c := range p.chains {
		if c.resampler != nil {
			all = append(all, c.resampler.PPM())
		}
	}
	return all
}
