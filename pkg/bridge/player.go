package bridge

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/settings"
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

// A player has one renderer play the session of its bridge. Its loop owns the
// state and never blocks: what takes time is the driver's.
type player struct {
	bridge *Bridge
	udn    string
	log    zerolog.Logger
	driver *driver
	inboxC chan note
	doneC  chan struct{} // closed when the loop ends: nobody reads the inbox then
	volume volume
	stop   context.CancelFunc // ends Run

	state     State              // Run only, like the rest of this block
	sound     *pipeline          // of the session; nil: none
	target    *target            // nil: the renderer is not known or gone
	endPoll   func()             // stops the renderer's Run
	stream    *stream.Stream     // nil: none is open
	output    *output            // of sound, to stream
	serial    int                // of stream
	opened    time.Time          // when stream was opened
	firstC    <-chan struct{}    // closed when the renderer takes the first sound of stream
	proof     proof              // of stream
	fit       quirk.StreamFormat // that was seen to play on target
	failures  int                // starts in a row that did not last
	startup   time.Duration      // from a start to the first that was heard of it, the last time; 0: not known
	playing   raop.NowPlaying
	drift     *drift    // of stream; nil: its clock is not followed
	paused    bool      // by a hand at the speaker
	regrouped time.Time // when the group of its room, a Sonos one, changed last
	measured  *time.Timer
	hold      *time.Timer
	backoff   *time.Timer
	look      *time.Timer

	mu     sync.Mutex // guards below
	status playerStatus
}

// A note is one thing for a player's loop: an event with what goes with it, the
// outcome of a start, or one of playing, renderer, attach and detach.
type note struct {
	event     event
	why       string
	pipeline  *pipeline // with eventSessionBegan
	started   int       // the serial of a stream whose Play has come to an end
	err       error     // with started; nil: it was accepted
	playing   *raop.NowPlaying
	renderer  renderer.Event
	target    *target // with renderer: whose event it is
	attach    *target // the renderer came, or came back
	detach    bool    // it left the network
	regrouped bool    // the group of its room has changed
	joins     bool    // with regrouped: into a group that plays already
}

func newPlayer(b *Bridge, udn string) *player {
	p := &player{bridge: b, udn: udn, log: b.log, inboxC: make(chan note, inboxDepth), doneC: make(chan struct{})}
	p.driver = newDriver(p.log, p.started)
	p.status.since, p.status.volume = time.Now(), settings.Volume{Max: 100}
	p.volume.await()
	return p
}

// Run plays until ctx ends; then the renderer has been stopped.
func (p *player) Run(ctx context.Context) error {
	group, gctx := errgroup.WithContext(ctx)
	// The driver outlives the loop: it carries out the loop's last order.
	dctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error { return p.driver.Run(dctx) })
	group.Go(func() error { return p.driver.runVolume(gctx) })
	group.Go(func() error {
		defer close(p.doneC)
		defer stop()
		return p.run(gctx, group)
	})
	return group.Wait()
}

func (p *player) run(ctx context.Context, group *errgroup.Group) error {
	for _, timer := range []**time.Timer{&p.hold, &p.backoff, &p.look, &p.measured} {
		*timer = stoppedTimer()
		defer (*timer).Stop()
	}
	for {
		select {
		case <-ctx.Done():
			p.step(eventSessionEnded, "shutting down")
			return nil
		case n := <-p.inboxC:
			p.handle(ctx, group, n)
		case <-p.firstC:
			p.firstRead()
		case <-p.hold.C:
			p.expire()
		case <-p.backoff.C:
			p.step(eventRetryNow, "another try")
		case now := <-p.look.C:
			p.lookAt(now)
		case <-p.measured.C:
			p.measure()
		}
	}
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// tell hands a note to the loop.
func (p *player) tell(n note) {
	select {
	case p.inboxC <- n:
	case <-p.doneC:
	}
}

// started is the driver's report of a start.
func (p *player) started(serial int, err error) {
	if !errors.Is(err, context.Canceled) {
		p.tell(note{started: serial, err: err})
	}
}

func (p *player) handle(ctx context.Context, group *errgroup.Group, n note) {
	switch {
	case n.event == eventSessionBegan:
		p.begin(n)
		p.watch(ctx, group)
	case n.event == eventSessionEnded:
		p.step(eventSessionEnded, n.why)
		p.sound = nil
		p.watch(ctx, group)
	case n.started != 0:
		p.outcome(n.started, n.err)
	case n.event != eventNone:
		p.step(n.event, n.why)
	case n.playing != nil:
		p.playing = *n.playing
		p.entitle()
	case n.renderer != nil:
		if n.target == p.target {
			p.heard(n.renderer)
		}
	case n.attach != nil:
		p.attach(ctx, group, n.attach)
	case n.regrouped:
		p.regroup(n.joins)
	case n.detach:
		p.detach("it left the network")
	}
}

func (p *player) begin(n note) {
	p.failures = 0
	p.step(eventSessionBegan, n.why)
	// The old output, if any, was ended by the step: now the new one may begin.
	p.sound = n.pipeline
	p.sound.listen()
}

// firstRead notes that the renderer took the first sound of a stream.
func (p *player) firstRead() {
	p.firstC = nil
	began := p.bridge.began()
	p.mu.Lock()
	lead, way := p.status.lead, p.status.way
	p.mu.Unlock()
	first := p.stream.Stats().FirstByte
	p.log.Info().Int64("after_record_ms", first.Sub(began).Milliseconds()).
		Int64("after_sound_ms", first.Sub(p.opened).Milliseconds()).Int64("lead_ms", lead.Milliseconds()).
		Stringer("codec", way.Codec).Msg("first bytes to the speaker")
}

// heard handles what the renderer says.
func (p *player) heard(e renderer.Event) {
	switch e := e.(type) {
	case renderer.Transport:
		p.transport(e)
	case renderer.AudioStarted:
		p.proof.sounding = true
		heard := p.proof.accepted.Add(e.After)
		p.startup = heard.Sub(p.opened)
		p.update(func(s *playerStatus) { s.after, s.startup, s.heard = e.After, p.startup, heard.Add(s.lead) })
	case renderer.Back:
		if p.state == StateRetrying {
			p.step(eventRetryNow, "the speaker answers again")
		}
	case renderer.Position:
		p.position(e)
	case renderer.TakenOver:
		if p.target.joinsOthers(e.URI) {
			p.step(eventFailed, "the room follows another now")
			return
		}
		p.step(eventTakenOver, "another controller plays "+e.URI)
		p.pauseSender("another controller plays on the speaker")
	case renderer.PlayPressed:
		p.pressed()
	case renderer.Volume:
		if !p.target.tellsVolume() {
			return
		}
		if p.volume.heard(e.Level, p.driver.volumeStep(), p.volumeOptions(), time.Now()) {
			p.bridge.tellVolume()
		}
	case renderer.Mute:
		if !p.target.tellsVolume() {
			return
		}
		p.driver.heardMute(e.On)
		if p.volume.heardMute(e.On, time.Now()) {
			p.bridge.tellVolume()
		}
	case renderer.Lost:
		p.step(eventFailed, e.Reason)
		p.bridge.lost(p.udn)
	}
}

// transport handles a change of the renderer's state. A stop that nobody here
// ordered is a fault the first time, since speakers stop on any hiccup; when
// it comes again soon, somebody wants the speaker for himself.
func (p *player) transport(e renderer.Transport) {
	if e.State == renderer.Playing {
		p.log.Info().Msg("the speaker plays")
		p.proof.playing = time.Now()
		if p.paused {
			p.resumed()
		}
		return
	}
	if e.State == renderer.Paused && p.stream != nil {
		p.setPaused(true)
		if p.state == StatePausedAtSpeaker {
			p.hold.Stop() // paused again
		}
		p.bridge.send(dacp.Pause, "pause was pressed at the speaker")
		return
	}
	if p.stream == nil || !e.Stopped() {
		return
	}
	if p.ungrouped() {
		return
	}
	if p.paused || p.state == StatePausedAtSpeaker { // some end a pause after minutes
		p.step(eventTakenOver, "the speaker was paused at itself, and has stopped now")
		return
	}
	if !p.proof.done && p.target.formats.Current() != p.fit && p.unfit(p.proof.stopped()) {
		return
	}
	if p.failures == 0 || time.Since(p.opened) > steadyAfter {
		p.step(eventFailed, "the speaker stopped by itself")
		return
	}
	p.step(eventTakenOver, "the speaker was stopped again: it is left alone until the sender pauses and plays")
	p.pauseSender("the speaker was stopped")
}

// sounds reports whether the player's renderer plays, as far as is known. Any
// goroutine may ask.
func (p *player) sounds() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status.state == StatePlaying || p.status.state == StatePaused
}

func (p *player) attach(ctx context.Context, group *errgroup.Group, t *target) {
	p.detach("its address changed")
	p.target, p.fit = t, quirk.StreamFormat{}
	t.owner.Store(p)
	p.driver.attach(t.commanded())
	p.watch(ctx, group)
	p.update(func(s *playerStatus) { s.target, s.volume = t, t.settings.Volume })
	if p.state == StateRetrying {
		p.step(eventRetryNow, "the speaker is there")
	}
}

// watch has the renderer watched as long as there is a reason. A group watches
// its members while it plays; between, each is watched as the speaker that it
// is by itself.
func (p *player) watch(ctx context.Context, group *errgroup.Group) {
	wanted := p.target != nil && (p.sound != nil || !p.bridge.options.Group)
	switch {
	case wanted && p.endPoll == nil:
		watched, end := context.WithCancel(ctx)
		p.endPoll = end
		r := p.target.renderer
		group.Go(func() error { return r.Run(watched) })
	case !wanted:
		p.endWatch()
	}
}

func (p *player) endWatch() {
	if p.endPoll != nil {
		p.endPoll()
		p.endPoll = nil
	}
}

func (p *player) detach(why string) {
	if p.target == nil {
		return
	}
	p.step(eventFailed, why)
	p.target = nil
	p.endWatch()
	p.driver.attach(nil)
	p.update(func(s *playerStatus) { s.target = nil })
}
