package bridge

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/encode"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
)

const (
	// eager is how long after it was sent a packet is passed on when all before
	// it are there. That suffices for the hiccups of a network; what comes later
	// is waited for, see patience, while the renderer plays what it has buffered.
	eager = 200 * time.Millisecond
	// resendGrain is how often holes are looked at while nothing is due.
	resendGrain = 30 * time.Millisecond
	// quietAfter is how long a sender may say nothing before the renderer is
	// let go. Until then silence keeps the renderer's connection.
	quietAfter = 30 * time.Second
)

// sender is the part of a session that a pipeline needs beside its packets.
type sender interface {
	RequestResend(first uint16, count int) error
	// Latency is what the sender counts on between its wire and the ear, in frames.
	Latency() (frames int64, ok bool)
}

// A pipeline carries the sound of one session:
//
//	raop read loop -> push -> jitter.Buffer -> playDue -> decode -> chain -> sinks
//
// It runs from RECORD to the end of the session, also while nothing listens:
// sound without an output is dropped when its time has come, so that an output
// set later begins at the live edge.
type pipeline struct {
	format   audio.Format
	latency  time.Duration
	sender   sender
	buffer   *jitter.Buffer
	timeline *jitter.Timeline
	decode   decoder
	fader    *jitter.Fader
	probe    decoder // of the read loop, to hear the first sound at its arrival
	onSound  func()  // an audible packet came while listening
	onQuiet  func()  // nothing came for quietAfter

	listening atomic.Bool
	first     atomic.Uint32 // timestamp of the audible packet reported last
	outputs   atomic.Int32
	starting  atomic.Int64  // until when that waits for an output, in ns since 1970; 0: it does not
	undecoded atomic.Uint64 // packets that were damaged

	probed  []int32 // push only
	pcm     []int32 // Run only, like the rest of this block
	runs    []jitter.Range
	starved int64  // frames since the last packet
	played  uint16 // number of the last packet

	mu     sync.Mutex // guards below; held while writing, so that an output ends between two packets
	chains []*chain
}

// newPipeline makes the pipeline for a stream of params, whose packets may be
// late by latency.
func newPipeline(params raop.StreamParams, latency time.Duration, from sender) (*pipeline, error) {
	delay := min(eager, latency)
	options := jitter.DefaultOptions(params.Format, params.FrameLength)
	options.RetransmitWait = latency - delay
	decode, err := newDecoder(params)
	if err != nil {
		return nil, err
	}
	probe, err := newDecoder(params)
	if err != nil {
		return nil, err
	}
	samples := params.FrameLength * params.Format.Channels
	return &pipeline{
		format:   params.Format,
		latency:  latency,
		sender:   from,
		buffer:   jitter.New(options),
		timeline: jitter.NewTimeline(params.Format, delay, options.RetransmitWait),
		decode:   decode,
		fader:    jitter.NewFader(params.Format),
		probe:    probe,
		probed:   make([]int32, samples),
		pcm:      make([]int32, samples),
	}, nil
}

// push takes one packet from the read loop.
func (p *pipeline) push(packet raop.Packet) {
	if !packet.Resent {
		p.timeline.Observe(packet.Timestamp, packet.Arrival)
	}
	taken := p.buffer.Push(packet.Arrival, jitter.Packet{
		Seq: packet.Seq, Timestamp: packet.Timestamp, Resent: packet.Resent, Payload: packet.Payload,
	})
	if taken && p.listening.Load() && p.audible(packet.Payload) && p.listening.CompareAndSwap(true, false) {
		p.first.Store(packet.Timestamp)
		if p.outputs.Load() == 0 {
			p.starting.Store(packet.Arrival.Add(p.latency).UnixNano())
		}
		p.onSound()
	}
}

// audible reports whether a payload holds anything but digital silence.
func (p *pipeline) audible(payload []byte) bool {
	n, err := p.probe.Decode(p.probed, payload)
	return err == nil && !audio.Silent(p.probed[:n*p.format.Channels])
}

// flush drops what the sender took back. What it sends later may be on another
// timeline, unless some of that came before the flush.
func (p *pipeline) flush(f raop.Flush) {
	if p.buffer.Flush(time.Now(), f.Seq, f.All) {
		return
	}
	p.timeline.Reset()
	if !f.All {
		p.buffer.Expect(f.Seq, f.Timestamp)
	}
}

// listen has the next audible packet reported.
func (p *pipeline) listen() { p.listening.Store(true) }

// begin writes to out from the next audible frame on. Until that is due there
// is time in which the renderer can connect, buffer and start: silence fills
// it, so that the sound is heard no later than if the renderer had waited. The
// encoder, which must be fresh and of that voice, is the output's from now on.
// Slack is silence beyond that.
func (p *pipeline) begin(v voice, encoder encode.Encoder, out sink, slack time.Duration) (o *output, lead time.Duration) {
	now, counted := time.Now(), p.counted()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starting.Store(0)
	p.outputs.Add(1)
	o = &output{sink: out}
	o.chain = p.chainLocked(v, encoder)
	o.chain.outputs = append(o.chain.outputs, o)
	p.waitLocked(counted)
	return o, o.chain.lead(o, encoder, now, slack)
}

// chainLocked gives a chain of a voice that takes another output, a new one
// where there is none.
func (p *pipeline) chainLocked(v voice, encoder encode.Encoder) *chain {
	for _, c := range p.chains {
		if c.open(v) {
			return c
		}
	}
	c := newChain(p.format, v, encoder)
	c.edge = p.timeline.Due(p.first.Load())
	// The first sound may be so long ago that its number has come round.
	if now := time.Now(); c.edge.Before(now) || c.edge.Sub(now) > p.latency {
		c.edge = now
	}
	p.chains = append(p.chains, c)
	return c
}

// correct has an output's sound made at the pace of its renderer, which is off
// by ppm.
func (p *pipeline) correct(o *output, ppm float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o.ppm = ppm
	o.chain.correct()
}

// due is how much of an output's sound is to be played until a time.
func (p *pipeline) due(o *output, at time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return o.due(at)
}

// end completes an output: after it returns nothing more is written to it.
func (p *pipeline) end(o *output) {
	counted := p.counted()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outputs.Add(-1)
	o.chain.leave(o)
	p.chains = slices.DeleteFunc(p.chains, func(c *chain) bool { return len(c.outputs) == 0 })
	p.waitLocked(counted)
}

// Run plays until ctx ends.
func (p *pipeline) Run(ctx context.Context) error {
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
		case <-p.buffer.Ready():
			timer.Reset(0)
		}
	}
}

// playDue plays what is due at now and says how long to sleep; zero means
// until a packet comes.
func (p *pipeline) playDue(now time.Time) time.Duration {
	p.runs = p.buffer.Missing(now, p.timeline.Due, p.runs[:0])
	for _, r := range p.runs {
		_ = p.sender.RequestResend(r.First, r.Count) // lost like any datagram; asked again soon
	}
	if until := p.starting.Load(); until > now.UnixNano() {
		return audio.UntilTick(now, now.Add(resendGrain)) // the first sound must not be lost while the start is prepared
	}
	for {
		item := p.buffer.Pop(now, p.timeline.Due)
		switch item.Kind {
		case jitter.Empty:
			p.fader.Reset()
			if p.fill(now) {
				return audio.UntilTick(now, now.Add(resendGrain))
			}
			return 0
		case jitter.Wait:
			if item.Discontinuity {
				p.fader.Reset()
				p.fill(now)
			}
			return audio.UntilTick(now, earlier(item.Due, now.Add(resendGrain)))
		case jitter.Play:
			p.play(item)
		case jitter.Conceal:
			p.conceal(item)
		case jitter.Starve:
			p.starve(now, item)
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (p *pipeline) play(item jitter.Item) {
	if p.starved > 0 && item.Seq == p.played+1 {
		p.fader.Reset() // the sender paused and nothing is missing: no sample is changed
	}
	p.starved, p.played = 0, item.Seq
	frames, err := p.decode.Decode(p.pcm, item.Payload)
	if err != nil {
		p.undecoded.Add(1)
		frames = len(p.pcm) / p.format.Channels
	}
	pcm := p.pcm[:frames*p.format.Channels]
	if err != nil {
		p.fader.Conceal(pcm)
	} else {
		p.fader.Play(pcm)
	}
	p.buffer.Played(item, frames)
	p.write(pcm, item.Due)
}

// conceal plays what stands for packets that are lost.
func (p *pipeline) conceal(item jitter.Item) {
	pcm := p.pcm[:item.Frames*p.format.Channels]
	p.fader.Conceal(pcm)
	p.write(pcm, item.Due)
}

// starve plays silence while nothing comes, and says when it was too long. Whether
// the network stands still or the sender, the sound before it fades.
func (p *pipeline) starve(now time.Time, item jitter.Item) {
	p.conceal(item)
	p.starved += int64(item.Frames)
	if p.format.Duration(p.starved) >= quietAfter {
		p.starved = 0
		p.buffer.Flush(now, 0, true)
		p.onQuiet()
	}
}

// write outputs sound that is due then.
func (p *pipeline) write(pcm []int32, due time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.chains {
		p.chains = append(p.chains, c.write(pcm, due)...)
	}
}

// fill keeps the outputs going where the sound broke off, as after a FLUSH,
// until the next is due: a renderer that runs dry may stop. It reports whether
// there is an output.
func (p *pipeline) fill(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.chains {
		c.broken = true
		c.reach(now)
	}
	return len(p.chains) > 0
}
