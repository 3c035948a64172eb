// Package renderer controls one UPnP MediaRenderer (versions 1 to 3): it plays a live
// stream on it, sets its volume and reports what happens at it. It uses AVTransport,
// RenderingControl and ConnectionManager, each of version 1 to 3, all with InstanceID
// 0. A device without AVTransport is controlled by OpenHome: Playlist or Radio, Volume,
// Time and Info.
//
// Renderer is the facade of the packages below it: conn (requests), media (what
// is played), transport (playing, and the state machine of our stream), clock
// (the position and its clock), volume, and poll (how often to poll what).
//
// Real devices answer late, report wrong states and refuse actions that they offer;
// where the code does more than the specifications require, a comment names the kind
// of device that needs it.
//
// Changes at the device are reported by its events (GENA) and found by polling:
// rarely where events come and are right, often where not.
//
// Gapless playing is left out; Sonos groups are in package sonos.
package renderer

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/clock"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/poll"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/volume"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// Options of a Renderer.
type Options struct {
	Client Client
	// Events receives the events of the device. Nil: it is polled.
	Events Events
	// Callback is the URL at which the device reaches the handler of Events on this
	// host, such as "http://192.0.2.7:49200". Empty: as without Events.
	Callback string
	// DistrustEvents polls the device although it sends events: for those known
	// to send wrong ones.
	DistrustEvents bool
	// OnEvent is called from Run, one event after another, and must not block. May be
	// nil.
	OnEvent func(Event)
	Log     zerolog.Logger
}

// Stats of a Renderer.
type Stats struct {
	conn.Stats
	Evented bool // events report the state; false: it is polled
}

// A Renderer is one device. Its methods may be called from any goroutine; Play
// and Stop take turns, and the device gets one request at a time.
type Renderer struct {
	onEvent func(Event)
	log     zerolog.Logger

	conn          *conn.Conn
	transport     transport.Transport
	volume        *volume.Volume
	subscriptions []*subscription // none: the device is polled

	command conn.Turn     // held during Play and Stop
	wakeC   chan struct{} // makes Run decide again when to poll
	noticeC chan notice   // from the subscriptions to the goroutine that polls

	mu            sync.Mutex // guards all below
	playback      transport.Playback
	position      clock.Tracker
	events        poll.Events
	pollRequested time.Time // when RequestPoll last had an effect
	lost          bool      // Lost was reported, Back not yet
}

// Usable reports whether New can make a Renderer of the device.
func Usable(device *upnp.Device) bool { return transport.New(nil, device) != nil }

// New makes the Renderer of a described device, which must be Usable. It sends
// nothing.
func New(device *upnp.Device, opts Options) (*Renderer, error) {
	c := conn.New(opts.Client)
	r := &Renderer{
		onEvent:   opts.OnEvent,
		log:       opts.Log,
		conn:      c,
		transport: transport.New(c, device),
		volume:    volume.New(c, device),
		command:   conn.NewTurn(),
		wakeC:     make(chan struct{}, 1),
		noticeC:   make(chan notice),
	}
	if r.transport == nil {
		return nil, fmt.Errorf("renderer: %s: AVTransport or OpenHome: %w", device.FriendlyName, ErrUnsupported)
	}
	if r.onEvent == nil {
		r.onEvent = func(Event) {}
	}
	r.playback = transport.NewPlayback(r.movedLocked)
	if opts.Events != nil && opts.Callback != "" && !opts.DistrustEvents {
		r.subscriptions = r.newSubscriptions(opts)
	}
	return r, nil
}

// newSubscriptions are the subscriptions to the services whose events are used.
func (r *Renderer) newSubscriptions(opts Options) []*subscription {
	newSubscription := func(service upnp.Service, questions ...poll.Question) *subscription {
		return &subscription{events: opts.Events, callback: opts.Callback, service: service, questions: questions}
	}
	all := []*subscription{newSubscription(r.transport.EventService(), poll.AskState)}
	if svc, ok := r.volume.EventService(); ok {
		all = append(all, newSubscription(svc, poll.AskVolume, poll.AskMute))
	}
	return all
}

// OpenHome reports whether the device is controlled by OpenHome, since it has no
// AVTransport.
func (r *Renderer) OpenHome() bool { return transport.IsOpenHome(r.transport) }

// Stats is a copy of the counters as they are now.
func (r *Renderer) Stats() Stats {
	s := Stats{Stats: r.conn.Stats()}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Evented = r.events.Evented()[poll.AskState]
	return s
}

// Protocols requests the Sink: the formats that the device plays. Many lists are empty.
func (r *Renderer) Protocols(ctx context.Context) ([]ProtocolInfo, error) {
	sink, err := r.transport.Sink(ctx)
	if err != nil {
		return nil, err
	}
	return media.ParseProtocols(sink), nil
}

// movedLocked is called with each change of the phase.
func (r *Renderer) movedLocked(m transport.Move) {
	if m.To == transport.PhasePlaying {
		r.position.Restart(m.At)
	}
	r.log.Debug().Stringer("from", m.From).Stringer("to", m.To).Stringer("reason", m.On).Msg("playback on the speaker changed")
}

// wake makes Run decide again when to poll.
func (r *Renderer) wake() {
	select {
	case r.wakeC <- struct{}{}:
	default: // a signal is pending already
	}
}
