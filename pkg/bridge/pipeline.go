package bridge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/encode"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
)

const (
	// resendGrain is how often holes are looked at while nothing is due.
	resendGrain = 30 * time.Millisecond
	// preroll is the silence that an output begins with beyond the wait for its
	// first frame: the slack of a renderer that starts with what comes first.
	preroll = 2*audio.Tick + 20*time.Millisecond
	// longestReach bounds the silence that is written at once. More is missing
	// only when the process stood still, as a paused container: that time is gone.
	longestReach = 10 * time.Second
	// quietAfter is how long a sender may say nothing before the renderer is
	// let go. Until then silence keeps the renderer's connection.
	quietAfter = 30 * time.Second
)

// asker is the part of a session that a pipeline needs beside its packets.
type asker interface {
	RequestResend(first uint16, count int) error
}

// sink takes encoded sound: a stream.
type sink interface {
	// Write takes a chunk and how many frames of sound are in it.
	Write(chunk []byte, frames int) error
}

// A pipeline carries the sound of one session:
//
//	raop read loop -> push -> jitter.Buffer -> playDue -> decode -> encode -> sink
//
// It runs from RECORD to the end of the session, also while nothing listens:
// sound without an output is dropped when its time has come, so that an output
// set later begins at the live edge.
type pipeline struct {
	format   audio.Format
	asker    asker
	buffer   *jitter.Buffer
	timeline *jitter.Timeline
	decode   decoder
	probe    decoder // of the read loop, to hear the first sound at its arrival
	onSound  func()  // an audible packet came while listening
	onQuiet  func()  // nothing came for quietAfter

	listening atomic.Bool
	first     atomic.Uint32 // timestamp of the audible packet reported last
	undecoded atomic.Uint64 // packets that were damaged

	probed  []int32 // push only
	pcm     []int32 // Run only, like the rest of this block
	runs    []jitter.Range
	starved int64 // frames since the last packet

	mu      sync.Mutex // guards below; held while writing, so that an output ends between two packets
	encoder encode.Encoder
	out     sink
	chunk   []byte
	held    int       // frames that the encoder has and the sink has not
	sounded bool      // the first audible frame was written
	edge    time.Time // until when the output has something to play
	broken  bool      // what comes next need not follow on what was written
}

// newPipeline makes the pipeline for a stream of params, whose packets may be
// delay late.
func newPipeline(params raop.StreamParams, delay time.Duration, asker asker) (*pipeline, error) {
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
		asker:    asker,
		buffer:   jitter.New(jitter.DefaultOptions(params.Format, params.FrameLength)),
		timeline: jitter.NewTimeline(params.Format, delay),
		decode:   decode,
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
// it, so that the sound is heard no later than if the renderer had waited.
func (p *pipeline) begin(encoder encode.Encoder, out sink) (lead time.Duration) {
	now := time.Now()
	lead = max(0, p.timeline.Due(p.first.Load()).Sub(now)) + preroll
	p.mu.Lock()
	defer p.mu.Unlock()
	p.encoder, p.out, p.held, p.sounded, p.broken = encoder, out, 0, false, true
	p.edge = now.Add(lead - preroll)
	p.silenceLocked(p.format.Frames(lead))
	return lead
}

// end completes the output: after it returns nothing more is written.
func (p *pipeline) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out == nil {
		return
	}
	if rest := p.encoder.Flush(p.chunk[:0]); len(rest) > 0 {
		_ = p.out.Write(rest, p.held) // it may have been closed: the sound has no taker then
	}
	p.encoder, p.out = nil, nil
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
		_ = p.asker.RequestResend(r.First, r.Count) // lost like any datagram; asked again soon
	}
	for {
		item := p.buffer.Pop(now, p.timeline.Due)
		switch item.Kind {
		case jitter.Empty:
			if p.fill(now) {
				return audio.UntilTick(now, now.Add(resendGrain))
			}
			return 0
		case jitter.Wait:
			if item.Quiet {
				p.fill(now)
			}
			return audio.UntilTick(now, earlier(item.Due, now.Add(resendGrain)))
		case jitter.Play:
			p.play(item)
		case jitter.Conceal:
			p.silence(item)
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
	p.starved = 0
	frames, err := p.decode.Decode(p.pcm, item.Payload)
	if err != nil {
		p.undecoded.Add(1)
		frames = len(p.pcm) / p.format.Channels
		clear(p.pcm)
	}
	p.buffer.Played(item, frames)
	p.write(p.pcm[:frames*p.format.Channels], item.Due)
}

func (p *pipeline) silence(item jitter.Item) {
	pcm := p.pcm[:item.Frames*p.format.Channels]
	clear(pcm)
	p.write(pcm, item.Due)
}

// starve plays silence while nothing comes, and says when it was too long.
func (p *pipeline) starve(now time.Time, item jitter.Item) {
	p.silence(item)
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
	if p.out == nil || !p.sounded && audio.Silent(pcm) {
		return
	}
	if p.broken {
		p.reachLocked(due)
		p.broken = false
	}
	p.sounded = true
	p.edge = due.Add(p.format.Duration(int64(len(pcm) / p.format.Channels)))
	p.encodeLocked(pcm)
}

// fill keeps an output going where the sound broke off, as after a FLUSH, until
// the next is due: a renderer that runs dry may stop. It reports whether there
// is an output.
func (p *pipeline) fill(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out == nil {
		return false
	}
	p.broken = true
	p.reachLocked(now)
	return true
}

// reachLocked outputs silence up to at.
func (p *pipeline) reachLocked(at time.Time) {
	if at.Sub(p.edge) > longestReach {
		p.edge = at.Add(-longestReach)
	}
	frames := p.format.Frames(at.Sub(p.edge))
	if frames <= 0 {
		return
	}
	p.edge = p.edge.Add(p.format.Duration(frames))
	p.silenceLocked(frames)
}

func (p *pipeline) silenceLocked(frames int64) {
	p.encodeLocked(make([]int32, frames*int64(p.format.Channels)))
}

func (p *pipeline) encodeLocked(pcm []int32) {
	p.chunk = p.encoder.Encode(p.chunk[:0], pcm)
	p.held += len(pcm) / p.format.Channels
	if len(p.chunk) > 0 {
		rest := p.held % p.encoder.BlockFrames()
		frames := p.held - rest
		p.held = rest
		_ = p.out.Write(p.chunk, frames) // closed under us: the control loop knows already
	}
}
