// Package renderer is one UPnP MediaRenderer (versions 1 to 3) seen from a
// control point: it has it play a live stream, turns its volume and watches
// what it does. It stands on AVTransport, RenderingControl and
// ConnectionManager, each of version 1 to 3, all with InstanceID 0. A device
// without AVTransport is driven by OpenHome: Playlist or Radio, Volume, Time
// and Info.
//
// Real devices answer late, lie about their state and refuse what they offer;
// where the code does more than the specifications ask for, a comment says
// which kind of device wants it.
//
// Changes at the device are told by its events (GENA) and found by asking,
// rarely where events come and are true, often where not.
//
// Gapless playing is left out; Sonos groups are package sonos'.
package renderer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// Prefixes of the service types, any version.
const (
	typeAVTransport       = "urn:schemas-upnp-org:service:AVTransport:"
	typeRenderingControl  = "urn:schemas-upnp-org:service:RenderingControl:"
	typeConnectionManager = "urn:schemas-upnp-org:service:ConnectionManager:"
)

// ErrUnsupported is returned for what the device does not offer.
var ErrUnsupported = errors.New("not offered by the renderer")

// A Client carries requests to devices; *upnp.Client is one.
type Client interface {
	Call(ctx context.Context, svc upnp.Service, action string, in, out any) error
	SCPD(ctx context.Context, svc upnp.Service) (*upnp.SCPD, error)
}

// Events keeps a subscription to the events of one service until ctx ends;
// *upnp.Subscriptions is one.
type Events interface {
	Run(ctx context.Context, sub upnp.Subscription) error
}

// Options of a Renderer.
type Options struct {
	Client Client
	// Events brings what the device tells by itself. Nil: it is asked for all.
	Events Events
	// Callback is where the device reaches the handler of Events on this host,
	// as "http://192.0.2.7:49200". Empty: as without Events.
	Callback string
	// DistrustEvents has the device asked for all although it sends events:
	// for those known to lie.
	DistrustEvents bool
	// OnEvent is called from Run, one event after the other, and must not
	// block. Nil: nobody listens.
	OnEvent func(Event)
	Log     zerolog.Logger
}

// Stats of a Renderer.
type Stats struct {
	State    State     // as last heard
	Told     bool      // the device tells its state by events
	Answered time.Time // when it last answered anything; zero: never
	Requests uint64
	Faults   uint64 // requests that it refused
	Failures uint64 // requests without a useful answer
	Lost     bool   // Lost was told, Back not yet
}

// A Renderer is one device. Its methods may be called from any goroutine;
// Play, Stop and Pause take turns, and the device gets one request at a time.
type Renderer struct {
	onEvent  func(Event)
	log      zerolog.Logger
	events   Events
	callback string

	line       *line
	deck       deck
	mixer      mixer         // nil: the device has none
	connection *upnp.Service // nil: the device has none
	feeds      []*feed       // none: it is asked for all

	commandC chan struct{} // holds a token while Play, Stop or Pause is under way
	pollC    chan struct{} // has Run think again when to look
	noticeC  chan notice   // from the subscriptions to watch

	mu           sync.Mutex // guards all below and what feeds say is guarded
	phase        phase
	since        time.Time       // when phase began
	serial       int             // counts our commands: what was seen before one is stale
	started      time.Time       // when Play was accepted
	uri          string          // that was last handed over
	rest         time.Duration   // that the device has to take before it counts as a press when it plays on
	poked        time.Time       // by RequestPoll
	tellsURI     [witnesses]bool // it has told uri: so it can be believed
	sounding     bool            // AudioStarted was sent since Play
	counts       bool            // it tells a position
	lastRel      time.Duration   // that position
	hand         secondHand      // reads its clock from it, once it sounds
	follows      bool            // its clock is followed
	volume, mute watch
	scale        *scale      // of the volume; nil: not asked yet
	state        State       // as last heard
	told         [looks]bool // events tell this
	toldState    State       // by the last event
	doubtAt      time.Time   // since when state and toldState differ; zero: they do not
	lies         int         // changes of state without an event
	lost         bool
}

// Usable reports whether New can make a Renderer of the device.
func Usable(device *upnp.Device) bool { return newDeck(nil, device) != nil }

// New makes the Renderer of a described device, which must be Usable. It sends
// nothing.
func New(device *upnp.Device, opts Options) (*Renderer, error) {
	r := &Renderer{
		onEvent:    opts.OnEvent,
		log:        opts.Log,
		events:     opts.Events,
		callback:   opts.Callback,
		line:       newLine(opts.Client),
		connection: find(device, typeConnectionManager),
		commandC:   make(chan struct{}, 1),
		pollC:      make(chan struct{}, 1),
		noticeC:    make(chan notice),
	}
	r.deck, r.mixer = newDeck(r.line, device), newMixer(r.line, device)
	if r.deck == nil {
		return nil, fmt.Errorf("renderer: %s: AVTransport or OpenHome: %w", device.FriendlyName, ErrUnsupported)
	}
	if r.onEvent == nil {
		r.onEvent = func(Event) {}
	}
	if opts.Events != nil && opts.Callback != "" && !opts.DistrustEvents {
		r.feeds = newFeeds(r.deck, r.mixer)
	}
	return r, nil
}

// OpenHome reports whether the device is driven by OpenHome, since it has no
// AVTransport.
func (r *Renderer) OpenHome() bool {
	_, ok := r.deck.(*openHome)
	return ok
}

// Stats is a copy of the counters as they are now.
func (r *Renderer) Stats() Stats {
	s := r.line.stats()
	r.mu.Lock()
	defer r.mu.Unlock()
	s.State, s.Told, s.Lost = r.state, r.told[lookTransport], r.lost
	return s
}

// protocolOut is what GetProtocolInfo answers (ConnectionManager:1 section
// 2.4.1).
type protocolOut struct{ Source, Sink string }

// Protocols asks for the Sink: what the device plays. Many lists are empty.
func (r *Renderer) Protocols(ctx context.Context) ([]ProtocolInfo, error) {
	if o, ok := r.deck.(*openHome); ok {
		sink, err := o.protocols(ctx)
		return ParseProtocols(sink), err
	}
	if r.connection == nil {
		return nil, fmt.Errorf("renderer: ConnectionManager: %w", ErrUnsupported)
	}
	var out protocolOut
	if err := r.line.call(ctx, *r.connection, "GetProtocolInfo", nil, &out); err != nil {
		return nil, err
	}
	return ParseProtocols(out.Sink), nil
}

// wakeLocked has Run think again when to look.
func (r *Renderer) wakeLocked() {
	select {
	case r.pollC <- struct{}{}:
	default: // it will
	}
}
