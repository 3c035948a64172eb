// Package bridge joins the two sides: one virtual AirPlay receiver to one UPnP
// renderer, and a manager that keeps one such bridge for each renderer found.
//
// It is the only package that knows both airplay and dlna. The sound runs in
// pipeline.go, the control in state.go; driver.go commands the renderer,
// manager.go follows what comes and goes on the network. Snapshot is the one
// value from which everything that shows the bridge is made.
package bridge

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

// errAbsent is the outcome of a start while the renderer is away.
var errAbsent = errors.New("bridge: the speaker is not on the network")

// inboxDepth bounds what waits for the control loop, which never blocks: its
// senders are a session's goroutines and only slow down themselves.
const inboxDepth = 64

// PlayOptions are how sound goes to a renderer.
type PlayOptions struct {
	Codecs      []audio.Codec     // in order of preference
	BlockFrames int               // FLAC's block: its latency
	BitrateKbps int               // MP3's
	Length      stream.LengthMode // how the live stream tells its length
	Delay       time.Duration     // how long a packet may be late
}

// Options of a bridge.
type Options struct {
	Name     string       // as senders see it, at first
	Receiver raop.Options // ID, ports, password; Handler and VolumeDB are the bridge's
	Play     PlayOptions
	Streams  *stream.Server
	// StreamURL gives the URL of a path of Streams as the renderer at peer
	// reaches it.
	StreamURL func(path string, peer netip.Addr) (string, error)
	OnLost    func() // the renderer does not answer, or not as it should; may be nil
	Log       zerolog.Logger
}

// A Bridge is one AirPlay speaker that plays on one renderer.
type Bridge struct {
	options  Options
	log      zerolog.Logger
	receiver *raop.Receiver
	driver   *driver
	inboxC   chan message
	doneC    chan struct{} // closed when Run ends: nobody reads the inbox then

	pipeline atomic.Pointer[pipeline] // of the running session
	volume   volume

	mu     sync.Mutex // guards below
	status status
}

// message is one thing for the control loop. One of event, raop, renderer,
// attach and detach is set; the others go with it.
type message struct {
	event    event
	serial   int   // with event: the stream it is about; 0: whichever plays
	err      error // with event: why
	raop     raop.Event
	pipeline *pipeline // with a raop.Play
	renderer renderer.Event
	target   *target // with renderer: whose event it is; with attach: the new one
	attach   bool
	detach   bool
}

// New makes a bridge and binds its RTSP port, so that Port can be announced
// before Run.
func New(options Options) (*Bridge, error) {
	b := &Bridge{
		options: options,
		log:     options.Log,
		inboxC:  make(chan message, inboxDepth),
		doneC:   make(chan struct{}),
	}
	b.driver = newDriver(b.log, b.started)
	o := options.Receiver
	o.Handler, o.VolumeDB, o.Log = b, b.volumeDB, b.log
	b.receiver = raop.New(o)
	if err := b.receiver.Listen(); err != nil {
		return nil, err
	}
	b.status.name, b.status.since = options.Name, time.Now()
	return b, nil
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

// Run serves senders until ctx ends; then the renderer has been stopped.
func (b *Bridge) Run(ctx context.Context) error {
	defer close(b.doneC)
	group, ctx := errgroup.WithContext(ctx)
	c := &control{Bridge: b, group: group}
	group.Go(func() error { return b.receiver.Run(ctx) })
	group.Go(func() error { return b.driver.Run(ctx) })
	group.Go(func() error { return b.driver.runVolume(ctx) })
	group.Go(func() error { return c.run(ctx) })
	return group.Wait()
}

// attach has the bridge play on t, which replaces the renderer that it had.
func (b *Bridge) attach(t *target) {
	t.owner.Store(b)
	b.post(message{attach: true, target: t})
}

// detach tells that the renderer has left the network.
func (b *Bridge) detach() { b.post(message{detach: true}) }

// post hands a message to the control loop.
func (b *Bridge) post(m message) {
	select {
	case b.inboxC <- m:
	case <-b.doneC:
	}
}

// started is the driver's report of a start.
func (b *Bridge) started(serial int, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		b.post(message{event: eventRefused, serial: serial, err: err})
	}
}

// HandleEvent implements raop.Handler. What concerns the packets that follow
// is done here and now, the rest in the control loop.
func (b *Bridge) HandleEvent(e raop.Event) {
	switch e := e.(type) {
	case raop.Play:
		p, err := newPipeline(e.Session.Params(), b.options.Play.Delay, e.Session)
		if err != nil {
			b.log.Error().Err(err).Msg("a sender's stream cannot be played")
			return
		}
		p.onSound = func() { b.post(message{event: eventSound}) }
		p.onQuiet = func() { b.post(message{event: eventQuiet}) }
		if e.Known {
			p.buffer.Expect(e.Seq, e.Timestamp)
		}
		b.pipeline.Store(p)
		b.post(message{raop: e, pipeline: p})
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

// HandlePacket implements raop.Handler.
func (b *Bridge) HandlePacket(_ *raop.Session, packet raop.Packet) {
	if p := b.pipeline.Load(); p != nil {
		p.push(packet)
	}
}
