// Package bridge joins one virtual AirPlay receiver to one renderer or a group of
// them.
//
// A Bridge translates between the two sides: what the sender does (raop.Event) goes
// to the playout of its sound and to the players, one for each renderer; what is done
// at a speaker goes back to the sender by its remote control. session.go is the loop
// that owns the session; volume.go joins the volumes of the players; Snapshot shows it
// all.
package bridge

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/bridge/playout"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

// inboxDepth bounds what waits for the session's loop, which never blocks: its
// senders are a session's goroutines and only slow down themselves.
const inboxDepth = 64

// Options of a bridge.
type Options struct {
	Name     string        // as senders see it, at first
	Receiver raop.Options  // ID, ports, password; Handler and VolumeDB are the bridge's
	Latency  time.Duration // how late a packet may come
	Group    bool          // it may have several renderers
	Streams  *stream.Server
	// BaseURL is our HTTP port as the renderer at peer reaches it, without a path.
	BaseURL func(peer netip.Addr) (string, error)
	// ArtworkPath is where a speaker's cover is served, another path for each
	// serial; nil: nowhere.
	ArtworkPath func(id raop.ID, serial uint64) string
	Memory      *quirk.Memory // of the formats that renderers take
	// Remote makes the remote control of a sender, or returns an error where it takes
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
	inboxC   chan sessionCommand
	doneC    chan struct{} // closed when Run ends: nobody reads an inbox then

	sound atomic.Pointer[sound] // of the running session; nil: none

	mu      sync.Mutex // guards below
	status  status
	players []*player.Player // in the order in which their renderers came
}

// sound is how a session's sound is played.
type sound struct {
	packets *playout.PacketSource
	playout *playout.Playout
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

// newBridge makes a bridge without its receiver.
func newBridge(options Options) *Bridge {
	if options.Memory == nil {
		options.Memory, _ = quirk.OpenMemory("") // reads nothing, so cannot fail
	}
	return &Bridge{
		options: options,
		log:     options.Log,
		inboxC:  make(chan sessionCommand, inboxDepth),
		doneC:   make(chan struct{}),
		status:  status{name: options.Name, since: time.Now()},
	}
}

// ID is the AirPlay identity.
func (b *Bridge) ID() raop.ID { return b.options.Receiver.ID }

// Port is the RTSP port.
func (b *Bridge) Port() uint16 { return b.receiver.Port() }

// Name is how senders see it.
func (b *Bridge) Name() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status.name
}

// Rename has the bridge go by another name from now on.
func (b *Bridge) Rename(name string) { b.update(func(s *status) { s.name = name }) }

// InUse reports whether a sender has a session.
func (b *Bridge) InUse() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status.sound != nil
}

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
	s := &session{Bridge: b, tasks: group, stops: make(map[string]func())}
	return s.run(ctx)
}

// Attach has the bridge play on t, in place of the renderer of that UDN if it had
// one.
func (b *Bridge) Attach(t *player.Target) { b.post(sessionCommand{attach: t}) }

// Detach tells that a renderer has left the network.
func (b *Bridge) Detach(udn string) { b.post(sessionCommand{detach: udn}) }

// Dismiss takes a renderer out of the bridge.
func (b *Bridge) Dismiss(udn string) { b.post(sessionCommand{dismiss: udn}) }

// GroupChanged tells that the Sonos room of the bridge plays with others than before.
// joinsPlaying says that these play for another sender.
func (b *Bridge) GroupChanged(joinsPlaying bool) {
	b.post(sessionCommand{groupChanged: true, joinsPlaying: joinsPlaying})
}

// post hands a command to the session's loop.
func (b *Bridge) post(c sessionCommand) {
	select {
	case b.inboxC <- c:
	case <-b.doneC:
	}
}

// members are the players so far.
func (b *Bridge) members() []*player.Player {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.players)
}

// playerOf returns the player of a renderer, or nil.
func (b *Bridge) playerOf(udn string) *player.Player {
	for _, p := range b.members() {
		if p.UDN() == udn {
			return p
		}
	}
	return nil
}

// HandleEvent implements raop.Handler. What concerns the packets that follow
// is done here and now, the rest in the session's loop.
func (b *Bridge) HandleEvent(e raop.Event) {
	switch e := e.(type) {
	case raop.Play:
		s, err := b.newSound(e.Session.Params(), e.Session)
		if err != nil {
			b.log.Error().Err(err).Msg("sender's stream cannot be played")
			return
		}
		b.play(e, s)
		return
	case raop.Flush:
		if s := b.sound.Load(); s != nil {
			s.flush(e)
		}
	case raop.Pause:
		if s := b.sound.Load(); s != nil {
			s.packets.FlushAll()
		}
	case raop.Teardown:
		b.sound.Store(nil)
	}
	b.post(sessionCommand{raop: e})
}

// newSound makes the way of the sound of a stream.
func (b *Bridge) newSound(params raop.StreamParams, sender playout.Sender) (*sound, error) {
	s := &sound{}
	packets, err := playout.NewPacketSource(playout.PacketOptions{
		Format:      params.Format,
		FrameLength: params.FrameLength,
		Latency:     b.options.Latency,
		Sender:      sender,
		NewDecoder:  func() (playout.Decoder, error) { return newDecoder(params) },
		OnSound: func(arrival time.Time) {
			s.playout.AwaitOutput(arrival.Add(b.options.Latency))
			b.post(sessionCommand{soundCame: true})
		},
		OnSilent: func() { b.post(sessionCommand{senderSilent: true}) },
	})
	if err != nil {
		return nil, err
	}
	s.packets, s.playout = packets, playout.New(params.Format, packets)
	return s, nil
}

// flush drops what the sender took back.
func (s *sound) flush(f raop.Flush) {
	if f.All {
		s.packets.FlushAll()
		return
	}
	s.packets.Flush(f.Seq, f.Timestamp)
}

// play begins a session whose sound goes through s.
func (b *Bridge) play(e raop.Play, s *sound) {
	if e.Known {
		s.packets.Expect(e.Seq, e.Timestamp)
	}
	b.sound.Store(s)
	b.post(sessionCommand{raop: e, sound: s})
}

// HandlePacket implements raop.Handler.
func (b *Bridge) HandlePacket(_ *raop.Session, p raop.Packet) {
	if s := b.sound.Load(); s != nil {
		s.packets.Push(playout.Packet{
			Seq: p.Seq, Timestamp: p.Timestamp, Resent: p.Resent, Arrival: p.Arrival, Payload: p.Payload,
		})
	}
}
