// Package renderer is one UPnP MediaRenderer (versions 1 to 3) seen from a
// control point: it has it play a live stream, turns its volume and watches
// what it does. It stands on AVTransport, RenderingControl and
// ConnectionManager, each of version 1 to 3, all with InstanceID 0.
//
// Real devices answer late, lie about their state and refuse what they offer;
// where the code does more than the specifications ask for, a comment says
// which kind of device wants it.
//
// Changes at the device are found by asking for them. Events (GENA), Sonos
// groups, OpenHome and gapless playing are left out.
package renderer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
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
	// Redescribe tells that the device takes a SetAVTransportURI with the URI
	// that it plays as new metadata and plays on.
	Redescribe bool
	// OnEvent is called from Run, one event after the other, and must not
	// block. Nil: nobody listens.
	OnEvent func(Event)
	Log     zerolog.Logger
}

// Stats of a Renderer.
type Stats struct {
	State    State     // as last heard
	Answered time.Time // when it last answered anything; zero: never
	Requests uint64
	Faults   uint64 // requests that it refused
	Failures uint64 // requests without a useful answer
	Lost     bool   // Lost was told, Back not yet
}

// A Renderer is one device. Its methods may be called from any goroutine;
// Play, Stop and Pause take turns, and the device gets one request at a time.
type Renderer struct {
	client  Client
	onEvent func(Event)
	log     zerolog.Logger

	redescribe bool

	transport  upnp.Service
	rendering  *upnp.Service // nil: the device has none
	connection *upnp.Service // nil: the device has none

	slotC    chan struct{} // holds a token while a request is under way
	commandC chan struct{} // holds a token while Play, Stop or Pause is
	pollC    chan struct{} // has Run look at once

	mu           sync.Mutex // guards all below
	phase        phase
	serial       int       // counts our commands: what was seen before one is stale
	started      time.Time // when Play was accepted
	uri          string    // of the last SetAVTransportURI
	tellsURI     bool      // GetPositionInfo has shown uri: so it can be believed
	volume, mute watch
	scale        *scale // of Volume; nil: not asked yet
	failures     int    // in a row
	reason       string // of the last failure
	stats        Stats
}

// Usable reports whether New can make a Renderer of the device.
func Usable(device *upnp.Device) bool {
	_, ok := device.Service(typeAVTransport)
	return ok
}

// New makes the Renderer of a described device, which must be Usable. It sends
// nothing.
func New(device *upnp.Device, opts Options) (*Renderer, error) {
	transport, ok := device.Service(typeAVTransport)
	if !ok {
		return nil, fmt.Errorf("renderer: %s: AVTransport: %w", device.FriendlyName, ErrUnsupported)
	}
	r := &Renderer{
		client:     opts.Client,
		onEvent:    opts.OnEvent,
		log:        opts.Log,
		redescribe: opts.Redescribe,
		transport:  transport,
		slotC:      make(chan struct{}, 1),
		commandC:   make(chan struct{}, 1),
		pollC:      make(chan struct{}, 1),
	}
	if r.onEvent == nil {
		r.onEvent = func(Event) {}
	}
	if s, ok := device.Service(typeRenderingControl); ok {
		r.rendering = &s
	}
	if s, ok := device.Service(typeConnectionManager); ok {
		r.connection = &s
	}
	return r, nil
}

// Stats is a copy of the counters as they are now.
func (r *Renderer) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stats
}

// protocolOut is what GetProtocolInfo answers (ConnectionManager:1 section
// 2.4.1).
type protocolOut struct{ Source, Sink string }

// Protocols asks for the Sink: what the device plays. Many lists are empty.
func (r *Renderer) Protocols(ctx context.Context) ([]ProtocolInfo, error) {
	if r.connection == nil {
		return nil, fmt.Errorf("renderer: ConnectionManager: %w", ErrUnsupported)
	}
	var out protocolOut
	if err := r.call(ctx, *r.connection, "GetProtocolInfo", nil, &out); err != nil {
		return nil, err
	}
	return ParseProtocols(out.Sink), nil
}

// call performs one action in its turn.
func (r *Renderer) call(ctx context.Context, svc upnp.Service, action string, in, out any) error {
	return r.request(ctx, func() error {
		if err := r.client.Call(ctx, svc, action, in, out); err != nil {
			return fmt.Errorf("renderer: %w", err)
		}
		return nil
	})
}

// request waits for its turn, does send and keeps count of its outcome.
func (r *Renderer) request(ctx context.Context, send func() error) error {
	if err := acquire(ctx, r.slotC); err != nil {
		return err
	}
	defer release(r.slotC)
	err := send()
	r.count(ctx, err)
	return err
}

// count sorts the outcome of a request. A fault is an answer too; a request
// that our own caller cancelled tells nothing.
func (r *Renderer) count(ctx context.Context, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Requests++
	if isFault(err) {
		r.stats.Faults++
	}
	switch {
	case answered(err):
		r.failures = 0
		r.stats.Answered = time.Now()
	case !errors.Is(ctx.Err(), context.Canceled):
		r.failures++
		r.stats.Failures++
		r.reason = err.Error()
	}
}

// answered reports whether a device that understood us sent the outcome err.
func answered(err error) bool {
	return err == nil || isFault(err) || errors.Is(err, upnp.ErrMalformed)
}

// unreachable reports whether err says that the device sent nothing at all.
func unreachable(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.Canceled)
}

// isFault reports whether err is a UPnP error, of one of these codes if any
// are given.
func isFault(err error, codes ...int) bool {
	var fault *upnp.Fault
	if !errors.As(err, &fault) {
		return false
	}
	for _, code := range codes {
		if fault.Code == code {
			return true
		}
	}
	return len(codes) == 0
}

// acquire takes the token of a turn.
func acquire(ctx context.Context, turnC chan struct{}) error {
	select {
	case turnC <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("renderer: wait for a turn: %w", ctx.Err())
	}
}

func release(turnC chan struct{}) { <-turnC }
