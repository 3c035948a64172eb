// Package speaker is a simulated MediaRenderer: a UPnP AV speaker whose sound card
// counts and records, for `breezeway demo` and the tests.
//
// It speaks the real protocols: SSDP answers and announcements, description,
// SOAP control and GENA events (UPnP Device Architecture 1.0), AVTransport:1,
// RenderingControl:1 and ConnectionManager:1, or OpenHome's services. It fetches the stream by HTTP,
// decodes WAV, L16 and FLAC, and plays it at the pace of a clock; of MP3 it
// plays silence of the right length. It is strict where some renderers are, so
// that faults of a control point show, and deviates as Options.Quirks says.
// Left out: playlists, seeking, several instances, and IPv6.
package speaker

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/device"
)

// A Pace says how fast a speaker takes the sound.
type Pace uint8

const (
	PaceClock Pace = iota // as it is heard, by the system's clock
	PaceFree              // as fast as it comes
)

// DefaultSinks are the protocolInfo values of what a speaker can play.
var DefaultSinks = []string{
	"http-get:*:audio/flac:*",
	"http-get:*:audio/wav:*",
	"http-get:*:audio/L16;rate=44100;channels=2:*",
	"http-get:*:audio/mpeg:*",
}

// Options describe a speaker. Only Name and Listen must be set.
type Options struct {
	Name        string         // friendlyName
	UDN         string         // "uuid:..."; empty: made from Name, the same each time
	Listen      netip.Addr     // of the HTTP server; its interface is the only one that SSDP uses
	SSDPGroup   netip.AddrPort // multicast group and port; the zero value: not found by search
	Sinks       []string       // protocolInfo of the Sink list; nil: DefaultSinks
	Volume      int            // 0..MaxVolume or Quirks.VolumeMax, at the start
	Pace        Pace
	StartBuffer time.Duration // of sound gathered before the first is heard
	KeepFrames  int           // frames of sound kept for Samples; 0: none
	Capture     io.Writer     // gets all sound as it is played, packed, little-endian; may be nil
	// Fault gives the UPnP error with which a call is refused, 0 for none; nil:
	// none ever is. It may be called from several goroutines.
	Fault  func(service, action string) int
	Quirks Quirks
	Log    zerolog.Logger
}

// A Speaker is one MediaRenderer. New makes it, Run makes it work.
type Speaker struct {
	options    Options
	player     *player
	transport  *transport
	rendering  *rendering
	admission  *uriAdmission
	services   []*service
	avt        *device.Publisher // of the transport
	playlist   *playlist         // nil but with OpenHome
	calls      callLog
	readyC     chan struct{}
	rebootC    chan struct{} // capacity 1: a reboot that was asked for
	rebootOnce sync.Once     // by Quirks.RebootAfter

	mu       sync.Mutex // guards what follows
	location string
	boots    int
}

// New makes a speaker; it opens and starts nothing.
func New(o Options) (*Speaker, error) {
	if top := o.Quirks.volumeMax(); o.Volume < 0 || o.Volume > top {
		return nil, fmt.Errorf("speaker: volume %d is not in 0..%d", o.Volume, top)
	}
	if o.UDN == "" {
		o.UDN = udnOf(o.Name)
	}
	if o.Sinks == nil {
		o.Sinks = slices.Clone(DefaultSinks)
	}
	s := &Speaker{options: o, admission: &uriAdmission{quirks: o.Quirks}, readyC: make(chan struct{}), rebootC: make(chan struct{}, 1)}
	parts := s.avParts()
	if o.Quirks.OpenHome {
		parts = s.openHomeParts()
	}
	s.transport = &transport{onMove: s.logTransition, onChange: s.avt.Publish}
	s.player = newPlayer(o, s.transport.report, s.rebootIfDue)
	s.transport.player = s.player
	if err := s.addServices(parts); err != nil {
		return nil, err
	}
	return s, nil
}

// avParts are the services of a MediaRenderer.
func (s *Speaker) avParts() []part {
	const domain = "schemas-upnp-org"
	q, version := s.options.Quirks, max(1, s.options.Quirks.ServiceVersion)
	s.avt = newPublisher(avtSpace, q, s.transportVariables)
	rcs := newPublisher(rcsSpace, q, s.renderingVariables)
	s.rendering = &rendering{volume: s.options.Volume, onChange: rcs.Publish}
	return []part{
		{"AVTransport", domain, version, s.avTransportActions(), s.avt},
		{"RenderingControl", domain, version, s.renderingActions(), rcs},
		{"ConnectionManager", domain, version, s.connectionActions(), newPublisher("", q, s.connectionVariables)},
	}
}

func (s *Speaker) addServices(parts []part) error {
	for _, p := range parts {
		if s.options.Fault != nil {
			p.handlers = s.refusing(p.name, p.handlers)
		}
		service, err := newService(p, s.options.Quirks, s.calls.add)
		if err != nil {
			return err
		}
		s.services = append(s.services, service)
	}
	return nil
}

// refusing guards handlers with Options.Fault.
func (s *Speaker) refusing(service string, handlers map[string]handler) map[string]handler {
	guarded := make(map[string]handler, len(handlers))
	for action, h := range handlers {
		guarded[action] = func(in map[string]string) ([]string, *device.Fault) {
			if code := s.options.Fault(service, action); code != 0 {
				return nil, &device.Fault{Code: code, Text: "on demand"}
			}
			return h(in)
		}
	}
	return guarded
}

// udnOf makes a UUID (version 8, RFC 9562) that stays the same for a name.
func udnOf(name string) string {
	sum := sha256.Sum256([]byte("breezeway speaker " + name))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("uuid:%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func (s *Speaker) logTransition(from, to TransportState, e event, cause error) {
	s.options.Log.Info().Str("speaker", s.options.Name).Stringer("from", from).Stringer("to", to).
		Stringer("reason", e).AnErr("cause", cause).Msg("software speaker changed its transport state")
}

// Ready is closed when the speaker can be found and used.
func (s *Speaker) Ready() <-chan struct{} { return s.readyC }

// Location is the URL of the description, "" before Ready.
func (s *Speaker) Location() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.location
}

// UDN is the device's unique name, "uuid:...".
func (s *Speaker) UDN() string { return s.options.UDN }

// State is where the transport stands.
func (s *Speaker) State() TransportState { return s.transport.view().state }

// Position is how much of the current stream has been heard.
func (s *Speaker) Position() time.Duration { return s.transport.view().position }

// Volume is the volume and whether the speaker is muted. Neither touches the
// samples.
func (s *Speaker) Volume() (volume int, mute bool) { return s.rendering.view() }

// SetVolume turns the knob at the speaker; volume is cut to its range.
func (s *Speaker) SetVolume(volume int) {
	s.rendering.set(func() { s.rendering.volume = max(0, min(volume, s.options.Quirks.volumeMax())) })
}

// SetMute presses the mute button at the speaker.
func (s *Speaker) SetMute(mute bool) {
	s.rendering.set(func() { s.rendering.mute = mute })
}

// Samples are the sound played since the start, interleaved, of all streams one
// after the other, as far as Options.KeepFrames goes.
func (s *Speaker) Samples() []int32 { return s.player.out.kept() }

// Format is the format of the latest stream, zero before the first.
func (s *Speaker) Format() audio.Format {
	_, f, _ := s.player.out.snapshot()
	return f
}

// Stats are the numbers up to now.
func (s *Speaker) Stats() Stats {
	stats, _, _ := s.player.out.snapshot()
	return stats
}

// ICY is what streams called themselves and their music by ICY metadata, which
// a speaker with Quirks.AsksICY asks for.
func (s *Speaker) ICY() (station string, titles []string) { return s.player.out.icy() }

// CaptureErr is why Options.Capture no longer gets the sound, nil while it does.
func (s *Speaker) CaptureErr() error {
	_, _, err := s.player.out.snapshot()
	return err
}

// Subscriptions is the number of active event subscriptions.
func (s *Speaker) Subscriptions() int {
	n := 0
	for _, service := range s.services {
		n += service.events.Subscribers()
	}
	return n
}

// Calls are the latest SOAP calls, oldest first.
func (s *Speaker) Calls() []Call { return s.calls.all() }
