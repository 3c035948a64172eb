// Package bridge joins the two sides: one virtual AirPlay receiver to one UPnP
// renderer or a group of them, and a manager that keeps such a bridge for each
// renderer found.
//
// It is the only package that knows both airplay and dlna. The sound runs in
// pipeline.go and output.go. session.go is the sender's side of the control,
// player.go the renderer's, by the machine of state.go; driver.go commands the
// renderer, manager.go follows what comes and goes on the network. Snapshot is
// the one value from which everything that shows the bridge is made.
package bridge

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

// errAbsent is the outcome of a start while the renderer is away.
var errAbsent = errors.New("bridge: the speaker is not on the network")

// inboxDepth bounds what waits for the control loop, which never blocks: its
// senders are a session's goroutines and only slow down themselves.
const inboxDepth = 64

// Options of a bridge.
type Options struct {
	Name     string        // as senders see it, at first
	Receiver raop.Options  // ID, ports, password; Handler and VolumeDB are the bridge's
	Delay    time.Duration // how long a packet may be late
	Group    bool          // it may have several renderers
	Streams  *stream.Server
	// BaseURL is our HTTP port as the renderer at peer reaches it, without a path.
	BaseURL func(peer netip.Addr) (string, error)
	// ArtworkPath is where a speaker's cover is served, another path for each
	// serial; nil: nowhere.
	ArtworkPath func(id raop.ID, serial uint64) string
	Memory      *quirk.Memory // of what renderers take
	// Remote gives the remote control of a sender, or an error where it takes
	// none; nil: nobody does.
	Remote func(raop.ClientInfo) (Remote, error)
	OnLost func(udn string) // a renderer does not answer, or not as it should; may be nil
	Log    zerolog.Logger
}

// A Bridge is one AirPlay speaker that plays on one renderer, or on a group of
// them.
type Bridge struct {
	options  Options
	log      zerolog.Logger
	receiver *raop.Receiver
	inboxC   chan message
	doneC    chan struct{} // closed when Run ends: nobody reads an inbox then

	pipeline atomic.Pointer[pipeline] // of the running session

	mu      sync.Mutex // guards below
	status  status
	players []*player // in the order in which their renderers came
}

// message is one thing for the session's loop; one of its fields is set.
type message struct {
	event     event // of the pipeline: eventSoundArrived or eventSenderSilent
	raop      raop.Event
	pipeline  *pipeline // with a raop.Play
	attach    *target   // a renderer came, or came back
	detach    string    // UDN of a renderer that left
	dismiss   string    // UDN of one that does not belong to the bridge any more
	regrouped bool      // the Sonos room plays with others than before
	joins     bool      // with regrouped: who play for another sender
}

// New makes a bridge and binds its RTSP port, so that Port can be announced
// before Run.
func New(options Options) (*Bridge, error) {
	b := newBridge(options)
	o := options.Receiver
	o.Handler, o.VolumeDB, o.Log = b, b.volumeDB, b.log
	b.receiver = raop.New(o)
	if err := b.receiver.Listen(); err != nil {
		return nil, err
	}
	return b, nil
}

// url is that of a path of ours as the renderer at peer reaches it.
func (b *Bridge) url(path string, peer netip.Addr) (string, error) {
	base, err := b.options.BaseURL(peer)
	return base + path, err
}

// newBridge makes a bridge without its receiver.
func newBridge(options Options) *Bridge {
	if options.Memory == nil {
		options.Memory, _ = quirk.OpenMemory("") // reads nothing, so cannot fail
	}
	return &Bridge{
		options: options,
		log:     options.Log,
		inboxC:  make(chan message, inboxDepth),
		doneC:   make(chan struct{}),
		status:  status{name: options.Name, since: time.Now()},
	}
}

// Port is the RTSP port.
func (b *Bridge) Port() uint16 { return b.receiver.Port() }

// Name is how senders see it.
func (b *Bridge) Name() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status.name
}

// rename has the bridge go by another name from now on.
func (b *Bridge) rename(name string) { b.update(func(s *status) { s.name = name }) }

// Run serves senders until ctx ends; then its renderers have been stopped.
func (b *Bridge) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return b.receiver.Run(ctx) })
	group.Go(func() error { return b.run(ctx, group) })
	return group.Wait()
}

// run is the session's loop; it adds its players to group.
func (b *Bridge) run(ctx context.Context, group *errgroup.Group) error {
	defer close(b.doneC)
	s := &session{Bridge: b, group: group}
	return s.run(ctx)
}

// attach has the bridge play on t, which replaces the renderer of that UDN if
// it had one.
func (b *Bridge) attach(t *target) { b.post(message{attach: t}) }

// detach tells that a renderer has left the network.
func (b *Bridge) detach(udn string) { b.post(message{detach: udn}) }

// dismiss takes a renderer out of the bridge.
func (b *Bridge) dismiss(udn string) { b.post(message{dismiss: udn}) }

// post hands a message to the session's loop.
func (b *Bridge) post(m message) {
	select {
	case b.inboxC <- m:
	case <-b.doneC:
	}
}

// tell tells all players.
func (b *Bridge) tell(n note) {
	for _, p := range b.members() {
		p.tell(n)
	}
}

// members are the players so far.
func (b *Bridge) members() []*player {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.players)
}

// playerOf gives the player of a renderer, or nil.
func (b *Bridge) playerOf(udn string) *player {
	for _, p := range b.members() {
		if p.udn == udn {
			return p
		}
	}
	return nil
}

// lost has a renderer looked for: it may be elsewhere.
func (b *Bridge) lost(udn string) {
	if b.options.OnLost != nil {
		b.options.OnLost(udn)
	}
}

// HandleEvent implements raop.Handler. What concerns the packets that follow
// is done here and now, the rest in the session's loop.
func (b *Bridge) HandleEvent(e raop.Event) {
	switch e := e.(type) {
	case raop.Play:
		p, err := newPipeline(e.Session.Params(), b.options.Delay, e.Session)
		if err != nil {
			b.log.Error().Err(err).Msg("a sender's stream cannot be played")
			return
		}
		b.play(e, p)
		return
	case raop.Flush:
		if p := b.pipeline.Load(); p != nil {
			p.flush(e)
		}
	case raop.Pause:
		if p := b.pipeline.Load(); p != nil {
			p.flush(raop.Flush{All: true})
		}
	case raop.Teardown:
		b.pipeline.Store(nil)
	}
	b.post(message{raop: e})
}

// play begins a session whose sound goes through p.
func (b *Bridge) play(e raop.Play, p *pipeline) {
	p.onSound = func() { b.post(message{event: eventSoundArrived}) }
	p.onQuiet = func() { b.post(message{event: eventSenderSilent}) }
	if e.Known {
		p.buffer.Expect(e.Seq, e.Timestamp)
	}
	b.pipeline.Store(p)
	b.post(message{raop: e, pipeline: p})
}

// HandlePacket implements raop.Handler.
func (b *Bridge) HandlePacket(_ *raop.Session, packet raop.Packet) {
	if p := b.pipeline.Load(); p != nil {
		p.push(packet)
	}
}
