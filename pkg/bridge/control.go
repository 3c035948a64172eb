package bridge

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio/encode"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

const (
	// holdFor is how long a FLUSH may be a seek or a new track: those go on
	// within some 100 ms, and a restart would cost more than it clears.
	holdFor = 250 * time.Millisecond
	// backoffFirst and backoffMost bound the wait before another start.
	backoffFirst = time.Second
	backoffMost  = 30 * time.Second
	// steadyAfter is how long a renderer must have played for its next failure
	// to count as the first again.
	steadyAfter = 30 * time.Second
)

// control is the loop that owns the state of a bridge.
type control struct {
	*Bridge
	group *errgroup.Group

	state    state
	sound    *pipeline       // of the session; nil: none
	endSound func()          // stops its Run
	target   *target         // nil: the renderer is not known or gone
	endPoll  func()          // stops the renderer's Run
	stream   *stream.Stream  // nil: none is open
	serial   int             // of stream
	opened   time.Time       // when stream was opened
	firstC   <-chan struct{} // closed when the renderer takes the first sound of stream
	failures int             // starts in a row that did not last

	hold    *time.Timer
	backoff *time.Timer
}

func (c *control) run(ctx context.Context) error {
	c.hold, c.backoff = stoppedTimer(), stoppedTimer()
	defer c.hold.Stop()
	defer c.backoff.Stop()
	for {
		select {
		case <-ctx.Done():
			c.endSession(ctx, "shutting down")
			return nil
		case m := <-c.inboxC:
			c.handle(ctx, m)
		case <-c.firstC:
			c.firstRead()
		case <-c.hold.C:
			c.step(ctx, eventExpired, "nothing followed the flush")
		case <-c.backoff.C:
			c.step(ctx, eventRetry, "another try")
		}
	}
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

func (c *control) handle(ctx context.Context, m message) {
	switch {
	case m.event != eventNone:
		c.outcome(ctx, m)
	case m.raop != nil:
		c.sender(ctx, m)
	case m.renderer != nil && m.target == c.target:
		c.speaker(ctx, m)
	case m.attach:
		c.attachTarget(ctx, m.target)
	case m.detach:
		c.detachTarget(ctx, "it left the network")
	}
}

// outcome handles an event of our own parts; one about a stream that has
// ended says nothing about the one that plays.
func (c *control) outcome(ctx context.Context, m message) {
	if m.serial != 0 && m.serial != c.serial {
		return
	}
	why := m.event.String()
	if m.err != nil {
		why = m.err.Error()
	}
	if m.event == eventRefused {
		c.lost()
	}
	c.step(ctx, m.event, why)
}

// lost has the renderer looked for: it may be elsewhere.
func (c *control) lost() {
	if c.options.OnLost != nil {
		c.options.OnLost()
	}
}

// sender handles what the AirPlay side says.
func (c *control) sender(ctx context.Context, m message) {
	switch e := m.raop.(type) {
	case raop.Play:
		c.beginSession(ctx, m.pipeline, e.Session.Client())
	case raop.Teardown:
		c.endSession(ctx, e.Reason)
	case raop.Flush:
		c.step(ctx, eventFlush, "the sender flushed")
	case raop.Pause:
		c.step(ctx, eventFlush, "the sender paused")
	case raop.Volume:
		want := loudness{level: dbLevel(e.DB), mute: e.Mute}
		c.volume.turned(want, time.Now())
		c.driver.turn(want)
	}
}

func (c *control) beginSession(ctx context.Context, p *pipeline, client raop.ClientInfo) {
	if c.endSound != nil {
		c.endSound()
	}
	pctx, cancel := context.WithCancel(ctx)
	c.group.Go(func() error { return p.Run(pctx) })
	c.update(func(s *status) { s.client, s.pipeline, s.began = client, p, time.Now() })
	c.failures = 0
	c.step(ctx, eventBegin, "a sender connected")
	// The old output, if any, was ended by the step: now the new one may begin.
	c.sound, c.endSound = p, cancel
	p.listen()
}

func (c *control) endSession(ctx context.Context, reason string) {
	c.step(ctx, eventEnd, reason)
	if c.endSound != nil {
		c.endSound()
	}
	c.sound, c.endSound = nil, nil
	c.update(func(s *status) {
		if s.pipeline != nil {
			s.lastJitter = s.pipeline.buffer.Stats()
			logSession(c.log, reason, time.Since(s.began), s.lastJitter, s.pipeline.undecoded.Load())
		}
		s.client, s.pipeline = raop.ClientInfo{}, nil
	})
}

// logSession says what became of a session's packets.
func logSession(log zerolog.Logger, reason string, lasted time.Duration, j jitter.Stats, undecoded uint64) {
	log.Info().Str("because", reason).Str("lasted", lasted.Round(time.Millisecond).String()).
		Uint64("received", j.Received).Uint64("recovered", j.Recovered).Uint64("lost", j.Lost).
		Uint64("late", j.Late).Uint64("concealed_frames", j.ConcealedFrames).
		Uint64("starved_frames", j.StarvedFrames).Uint64("undecoded", undecoded).
		Msg("session ended")
}

// firstRead notes that the renderer took the first sound of a stream.
func (c *control) firstRead() {
	c.firstC = nil
	c.mu.Lock()
	began, lead := c.status.began, c.status.lead
	c.mu.Unlock()
	first := c.stream.Stats().FirstByte
	c.log.Info().Int64("after_record_ms", first.Sub(began).Milliseconds()).
		Int64("after_sound_ms", first.Sub(c.opened).Milliseconds()).Int64("lead_ms", lead.Milliseconds()).
		Stringer("codec", c.target.codec).Msg("first bytes to the speaker")
}

// speaker handles what the renderer says.
func (c *control) speaker(ctx context.Context, m message) {
	switch e := m.renderer.(type) {
	case renderer.Transport:
		c.transport(ctx, e)
	case renderer.Back:
		if c.state == stateWaiting {
			c.step(ctx, eventRetry, "the speaker answers again")
		}
	case renderer.TakenOver:
		c.step(ctx, eventOusted, "another controller plays "+e.URI)
	case renderer.Volume:
		c.volume.heard(e.Level, time.Now())
	case renderer.Mute:
		c.volume.heardMute(e.On, time.Now())
		c.driver.heardMute(e.On)
	case renderer.Lost:
		c.step(ctx, eventRefused, e.Reason)
		c.lost()
	}
}

// transport handles a change of the renderer's state. A stop that nobody here
// ordered is a fault the first time, since speakers stop on any hiccup; when
// it comes again soon, somebody wants the speaker for himself.
func (c *control) transport(ctx context.Context, e renderer.Transport) {
	if e.State == renderer.Playing {
		c.log.Info().Msg("the speaker plays")
		return
	}
	if c.stream == nil || !e.Stopped() {
		return
	}
	if c.failures == 0 || time.Since(c.opened) > steadyAfter {
		c.step(ctx, eventRefused, "the speaker stopped by itself")
		return
	}
	c.step(ctx, eventOusted, "the speaker was stopped again: it is left alone until the sender pauses and plays")
}

func (c *control) attachTarget(ctx context.Context, t *target) {
	c.detachTarget(ctx, "its address changed")
	c.target = t
	rctx, cancel := context.WithCancel(ctx)
	c.endPoll = cancel
	c.driver.attach(t.renderer)
	c.group.Go(func() error { return t.renderer.Run(rctx) })
	c.update(func(s *status) { s.target = t })
	if c.state == stateWaiting {
		c.step(ctx, eventRetry, "the speaker is there")
	}
}

func (c *control) detachTarget(ctx context.Context, why string) {
	if c.target == nil {
		return
	}
	c.step(ctx, eventRefused, why)
	c.endPoll()
	c.target, c.endPoll = nil, nil
	c.driver.attach(nil)
	c.update(func(s *status) { s.target = nil })
}

// step moves the machine and does what the move asks for.
func (c *control) step(ctx context.Context, e event, why string) {
	to, do := next(c.state, e)
	if to != c.state {
		c.log.Info().Stringer("from", c.state).Stringer("to", to).Str("because", why).Msg("bridge")
	}
	c.state = to
	c.update(func(s *status) {
		if s.state != to {
			s.state, s.since, s.because = to, time.Now(), why
		}
	})
	c.end(do)
	if do&actionListen != 0 && c.sound != nil {
		c.sound.listen()
	}
	if do&actionStart != 0 {
		c.start(ctx)
	}
	if do&actionHold != 0 {
		c.hold.Reset(holdFor)
	}
	if do&actionBackoff != 0 {
		c.failures++
		c.backoff.Reset(min(backoffFirst<<min(c.failures-1, 10), backoffMost))
	}
}

// end closes the stream: by order of the renderer, or without it.
func (c *control) end(do action) {
	if do&(actionStop|actionDrop) == 0 || c.stream == nil {
		return
	}
	if c.sound != nil {
		c.sound.end()
	}
	if time.Since(c.opened) > steadyAfter {
		c.failures = 0
	}
	if do&actionStop != 0 {
		c.driver.command(order{ends: c.stream})
	} else {
		c.stream.Discard()
	}
	last := c.stream.Stats()
	c.stream, c.firstC = nil, nil
	c.update(func(s *status) { s.stream, s.lastStream = nil, last })
}

// start opens a stream and has the renderer play it.
func (c *control) start(ctx context.Context) {
	if c.sound == nil {
		return
	}
	c.serial++
	if err := c.open(); err != nil {
		c.step(ctx, eventRefused, err.Error())
	}
}

func (c *control) open() error {
	t := c.target
	if t == nil {
		return errAbsent
	}
	play := c.options.Play
	encoder, err := encode.New(t.codec, c.sound.format, encode.Options{BlockFrames: play.BlockFrames, BitrateKbps: play.BitrateKbps})
	if err != nil {
		return fmt.Errorf("bridge: start: %w", err)
	}
	s := c.options.Streams.Open(stream.Options{
		Codec:           t.codec,
		Header:          encoder.Header(),
		Length:          play.Length,
		ContentType:     t.protocol.MIME,
		ContentFeatures: t.protocol.Features,
		Peer:            t.address,
	})
	url, err := c.options.StreamURL(s.Path(), t.address)
	if err != nil {
		s.Discard()
		return fmt.Errorf("bridge: start: %w", err)
	}
	c.stream, c.opened, c.firstC = s, time.Now(), s.FirstRead()
	lead := c.sound.begin(encoder, s)
	c.update(func(st *status) { st.stream, st.codec, st.lead = s, t.codec, lead })
	c.driver.command(order{serial: c.serial, media: &renderer.Media{
		URL:          url,
		Codec:        t.codec,
		Format:       c.sound.format,
		Title:        c.Name(),
		ProtocolInfo: t.protocol,
	}})
	return nil
}
