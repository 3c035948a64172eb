// Package player has one renderer play the session of its bridge.
//
// Player.Run is one loop, which owns the state machine of state.go and never
// blocks: what takes time, the renderer's SOAP calls, is done by the driver, which
// always carries out the latest order and drops what it supersedes. step.go does
// what a move of the machine asks for, events.go is what the renderer reports and
// somebody does at it, verify.go judges whether a start succeeded and tries another
// format where it did not, clock.go follows the renderer's clock.
//
// It knows no sender: package bridge tells it of the session by Begin, Flush and the
// like, and is asked and told by Callbacks.
package player

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/bridge/playout"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

const (
	// seekWithin is how long a FLUSH may be a seek or a new track: those go on
	// within some 100 ms, and a restart would cost more than it clears.
	seekWithin = 250 * time.Millisecond
	// backoffFirst and backoffMost bound the wait before another start.
	backoffFirst = time.Second
	backoffMost  = 30 * time.Second
	// steadyAfter is how long a renderer must have played for its next failure
	// to count as the first again.
	steadyAfter = 30 * time.Second
	// inboxDepth bounds what waits for the loop, which never blocks: its senders
	// only slow down themselves.
	inboxDepth = 64
)

// Options of a player.
type Options struct {
	UDN string
	// Group says that the player is one of several that play together: its renderer
	// is watched only while there is a session.
	Group   bool
	Streams *stream.Server
	Memory  *quirk.Memory // of the formats that renderers take
	Bridge  Callbacks
	Log     zerolog.Logger
}

// Callbacks are what a player asks and tells its bridge. They are called from any
// goroutine and must not block.
type Callbacks struct {
	// Name of the speaker as senders see it.
	Name func() string
	// URL of a path of ours, as the renderer at peer reaches it.
	URL func(path string, peer netip.Addr) (string, error)
	// ArtworkPath is where the cover of the session is served, another path for each
	// serial; "" where none is.
	ArtworkPath func(serial uint64) string
	// PlaySender and PauseSender have the sender play or pause, if it can be steered;
	// reason says why, for the log.
	PlaySender, PauseSender func(reason string)
	// ReportVolume tells the sender that the volume was turned at the speaker.
	ReportVolume func()
	// Lost has a renderer looked for that does not answer, or not as it should.
	Lost func(udn string)
	// HeadStart is how much sooner than the slowest of its group the player's
	// renderer starts: silence that it gets ahead, so that all are heard together.
	HeadStart func(p *Player) time.Duration
	// OthersPlay reports whether another player of the group has sound.
	OthersPlay func(p *Player) bool
}

// A Player has one renderer play the session of its bridge.
type Player struct {
	options Options
	log     zerolog.Logger
	driver  *driver
	volume  *Volume
	status  *publishedStatus
	inboxC  chan command
	doneC   chan struct{} // closed when the loop ends: nobody reads the inbox then

	state     State           // Run only, like the rest
	tasks     *errgroup.Group // of Run
	ctx       context.Context // of tasks
	session   Session         // zero: none
	target    *Target         // nil: the renderer is not known or gone
	endWatch  func()          // stops the Output's Run; nil: it does not run
	stream    *stream.Stream  // nil: none is open
	output    *playout.Output // of the session, to stream
	serial    int             // of stream
	opened    time.Time       // when stream was opened
	firstC    <-chan struct{} // closed when the renderer takes the first sound of stream
	check     startCheck      // of stream
	verified  quirk.StreamFormat
	failures  int     // starts in a row that did not last
	startup   startup // measured with the last streams
	metadata  Metadata
	clock     *clock    // of stream; nil: it is not followed
	paused    bool      // at the speaker itself
	regrouped time.Time // when the group of its room, a Sonos one, changed last

	timers timers
}

// timers wake the loop.
type timers struct {
	timeout *time.Timer // ends in eventPauseTimeout or eventPausedAtBoth
	backoff *time.Timer // ends in eventRetryNow
	check   *time.Timer // the next look at the start, or at what plays
	measure *time.Timer // the next measure of the clock
}

// A Session is a sender's session as players see it.
type Session struct {
	Playout *playout.Playout
	Packets interface{ Listen() } // has the next audible sound reported
	Began   time.Time
}

// A command is one thing for the loop: an event with what goes with it, the outcome
// of a start, or one of metadata, renderer, attach and detach.
type command struct {
	event        event
	reason       string
	session      Session // with eventSessionBegan
	started      int     // the serial of a stream whose Play has come to an end
	err          error   // with started; nil: it was accepted
	metadata     *Metadata
	renderer     renderer.Event
	target       *Target // with renderer: whose event it is
	attach       *Target // the renderer came, or came back
	detach       bool    // it left the network
	groupChanged bool    // the group of its room has changed
	joinsPlaying bool    // with groupChanged: into a group that plays for another sender
}

// New makes a player; Run starts it.
func New(o Options) *Player {
	p := &Player{
		options: o, log: o.Log,
		status: newStatus(o.UDN),
		inboxC: make(chan command, inboxDepth), doneC: make(chan struct{}),
	}
	p.driver = newDriver(p.log, p.startEnded)
	p.volume = newVolume(p.driver)
	return p
}

// UDN is the renderer's.
func (p *Player) UDN() string { return p.options.UDN }

// Volume is the renderer's volume on the sender's scale.
func (p *Player) Volume() *Volume { return p.volume }

// Begin tells that a sender's session began; reason says how, for log and page.
func (p *Player) Begin(s Session, reason string) {
	p.volume.awaitSender()
	p.post(command{event: eventSessionBegan, session: s, reason: reason})
}

// SoundCame tells that audible sound came after Listen.
func (p *Player) SoundCame() {
	p.post(command{event: eventSoundArrived, reason: "the sender's sound came"})
}

// SenderSilent tells that nothing came from the sender for long.
func (p *Player) SenderSilent() {
	p.post(command{event: eventSenderSilent, reason: "nothing came from the sender for " + playout.SenderSilent.String()})
}

// Flushed tells that the sender took back what it had sent: it paused, or seeks.
func (p *Player) Flushed(reason string) { p.post(command{event: eventFlush, reason: reason}) }

// End tells that the session ended.
func (p *Player) End(reason string) { p.post(command{event: eventSessionEnded, reason: reason}) }

// SetMetadata tells what the sender says of its music.
func (p *Player) SetMetadata(m Metadata) { p.post(command{metadata: &m}) }

// Attach has the player play on t, in place of the target that it had.
func (p *Player) Attach(t *Target) { p.post(command{attach: t}) }

// Detach tells that the renderer has left the network.
func (p *Player) Detach() { p.post(command{detach: true}) }

// GroupChanged tells that the Sonos room plays with others than before. joinsPlaying
// says that these play for another sender.
func (p *Player) GroupChanged(joinsPlaying bool) {
	p.post(command{groupChanged: true, joinsPlaying: joinsPlaying})
}

// post hands a command to the loop.
func (p *Player) post(c command) {
	select {
	case p.inboxC <- c:
	case <-p.doneC:
	}
}

// startEnded takes the driver's report of a start.
func (p *Player) startEnded(serial int, err error) {
	if !errors.Is(err, context.Canceled) {
		p.post(command{started: serial, err: err})
	}
}

// Snapshot shows the player as it is now.
func (p *Player) Snapshot() Snapshot {
	s := p.status.snapshot()
	s.Level, s.Muted = p.volume.Level()
	return s
}

// Playing reports whether the renderer has sound, as far as is known.
func (p *Player) Playing() bool {
	state := p.status.state()
	return state == StatePlaying || state == StatePaused
}

// Startup is how long the renderer is expected to take from the order to its first
// sound, as it did before; 0: not known. ok is false while the renderer is away.
func (p *Player) Startup() (took time.Duration, ok bool) { return p.status.startup() }

// Run plays until ctx ends; then the renderer has been stopped.
func (p *Player) Run(ctx context.Context) error {
	group, gctx := errgroup.WithContext(ctx)
	// The driver outlives the loop: it carries out the loop's last order.
	driverCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error { return p.driver.Run(driverCtx) })
	group.Go(func() error { return p.driver.runVolume(gctx) })
	group.Go(func() error {
		defer close(p.doneC)
		defer stop()
		p.tasks, p.ctx = group, gctx
		return p.run(gctx)
	})
	return group.Wait()
}

func (p *Player) run(ctx context.Context) error {
	t := &p.timers
	for _, timer := range []**time.Timer{&t.timeout, &t.backoff, &t.check, &t.measure} {
		*timer = stoppedTimer()
		defer (*timer).Stop()
	}
	for {
		select {
		case <-ctx.Done():
			p.step(eventSessionEnded, "shutting down")
			return nil
		case c := <-p.inboxC:
			p.handle(c)
		case <-p.firstC:
			p.firstSoundFetched()
		case <-t.timeout.C:
			p.flushTimedOut()
		case <-t.backoff.C:
			p.step(eventRetryNow, "another try")
		case now := <-t.check.C:
			p.checkPlaying(now)
		case <-t.measure.C:
			p.measureClock()
		}
	}
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

func (p *Player) handle(c command) {
	switch {
	case c.event == eventSessionBegan:
		p.begin(c)
		p.watch()
	case c.event == eventSessionEnded:
		p.step(eventSessionEnded, c.reason)
		p.session = Session{}
		p.watch()
	case c.started != 0:
		p.startOutcome(c.started, c.err)
	case c.event != eventNone:
		p.step(c.event, c.reason)
	case c.metadata != nil:
		p.metadata = *c.metadata
		p.updateStreamTitle()
	case c.renderer != nil:
		if c.target == p.target {
			p.rendererEvent(c.renderer)
		}
	case c.attach != nil:
		p.attach(c.attach)
	case c.groupChanged:
		p.groupChanged(c.joinsPlaying)
	case c.detach:
		p.detach("it left the network")
	}
}

func (p *Player) begin(c command) {
	p.failures = 0
	p.step(eventSessionBegan, c.reason)
	// The old output, if any, was closed by the step: now the new one may begin.
	p.session = c.session
	p.session.Packets.Listen()
}

func (p *Player) attach(t *Target) {
	p.detach("its address changed")
	p.target, p.verified = t, quirk.StreamFormat{}
	t.Output.OnEvent(func(e renderer.Event) { p.post(command{renderer: e, target: t}) })
	p.driver.attach(t.Output)
	p.volume.setOptions(t.Settings.Volume)
	p.watch()
	p.status.update(func(s *status) { s.target = t })
	if p.state == StateRetrying {
		p.step(eventRetryNow, "the speaker is there")
	}
}

func (p *Player) detach(reason string) {
	if p.target == nil {
		return
	}
	p.step(eventFailed, reason)
	p.target = nil
	p.unwatch()
	p.driver.attach(nil)
	p.status.update(func(s *status) { s.target = nil })
}

// watch has the renderer watched as long as there is a reason. A group watches
// its members while it plays; between, each is watched as the speaker that it
// is by itself.
func (p *Player) watch() {
	wanted := p.target != nil && (p.session.Playout != nil || !p.options.Group)
	switch {
	case wanted && p.endWatch == nil:
		watched, end := context.WithCancel(p.ctx)
		p.endWatch = end
		output := p.target.Output
		p.tasks.Go(func() error { return output.Run(watched) })
	case !wanted:
		p.unwatch()
	}
}

func (p *Player) unwatch() {
	if p.endWatch != nil {
		p.endWatch()
		p.endWatch = nil
	}
}
