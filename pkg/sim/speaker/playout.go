package speaker

import (
	"context"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// playOut plays the chunks of s as a sound card does: one after the other,
// each when the one before is over, until the stream is over.
func (p *player) playOut(ctx context.Context, s *stream) error {
	f, ok := <-s.opened
	if !ok {
		return nil // fetch says why
	}
	card := soundCard{f: f, free: p.pace == PaceFree, speed: 1 + p.quirks.SkewPPM/1e6}
	ready, err := p.prebuffer(ctx, s, card.f)
	if err != nil {
		return err
	}
	for heard := false; ; heard = true {
		if err := p.wait(ctx, &card, s.job); err != nil {
			return err
		}
		var pcm []int32
		if len(ready) > 0 {
			pcm, ready = ready[0], ready[1:]
		} else if pcm, err = p.next(ctx, &card, s.chunks); err != nil {
			return err
		}
		if pcm == nil {
			return nil
		}
		card.play(pcm)
		position := card.f.Duration(card.frames)
		s.job.position.Store(int64(position))
		p.out.played(card.f, pcm)
		if !heard {
			p.report(s.job, evSounding, nil)
		}
		p.onPlayed(position)
	}
}

// prebuffer waits for startBuffer of sound and the bytes that the quirks ask for,
// or for all of a shorter stream.
func (p *player) prebuffer(ctx context.Context, s *stream, f audio.Format) ([][]int32, error) {
	var ready [][]int32
	var frames int64
	for f.Duration(frames) < p.startBuffer || s.bytes.Load() < int64(p.quirks.BufferBytes) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case pcm, ok := <-s.chunks:
			if !ok {
				return ready, nil
			}
			ready = append(ready, pcm)
			frames += int64(len(pcm) / f.Channels)
		}
	}
	return ready, nil
}

// wait waits until the card has played what it has, and while the job is held.
func (p *player) wait(ctx context.Context, card *soundCard, j *job) error {
	if err := sleep(ctx, card.idle()); err != nil {
		return err
	}
	held, err := j.gate.wait(ctx)
	if held {
		card.restart()
	}
	return err
}

// next gives the next chunk, nil at the end. Where none is there in time the
// speaker is silent until one comes.
func (p *player) next(ctx context.Context, card *soundCard, chunks <-chan []int32) ([]int32, error) {
	select {
	case pcm := <-chunks:
		return pcm, nil
	default:
	}
	silentFrom := time.Now()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case pcm, ok := <-chunks:
		if ok && card.frames > 0 && !card.free {
			p.out.starved(time.Since(silentFrom))
		}
		card.restart()
		return pcm, nil
	}
}

// A soundCard is the clock that sound is heard by.
type soundCard struct {
	f       audio.Format
	free    bool      // takes sound as fast as it comes
	speed   float64   // of its clock against ours, 1 for the same
	started time.Time // when the frame after base was heard
	base    int64     // frames before the last restart
	frames  int64     // frames taken in all
}

func (c *soundCard) play(pcm []int32) {
	if c.started.IsZero() {
		c.started = time.Now()
	}
	c.frames += int64(len(pcm) / c.f.Channels)
}

// idle is how long the card still has something to play.
func (c *soundCard) idle() time.Duration {
	if c.free || c.started.IsZero() {
		return 0
	}
	heard := time.Duration(float64(c.f.Duration(c.frames-c.base)) / c.speed)
	return time.Until(c.started.Add(heard))
}

// restart lets the clock begin again with the next chunk, after a silence.
func (c *soundCard) restart() {
	c.started, c.base = time.Time{}, c.frames
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// A gate holds the sound while the transport is paused. Its zero value is open.
type gate struct {
	mu   sync.Mutex    // guards what follows
	shut chan struct{} // nil when open, closed when it opens
}

func (g *gate) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut == nil {
		g.shut = make(chan struct{})
	}
}

func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

// wait waits until the gate is open and reports whether it was shut.
func (g *gate) wait(ctx context.Context) (held bool, err error) {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut == nil {
		return false, nil
	}
	select {
	case <-ctx.Done():
		return true, ctx.Err()
	case <-shut:
		return true, nil
	}
}
