package bridge

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A target is a renderer that was looked at and can be played on.
type target struct {
	renderer    *renderer.Renderer
	device      *upnp.Device
	root        *upnp.Device            // of device, as it was described
	plays       device                  // what commands go to, in place of renderer; nil: renderer
	sink        []renderer.ProtocolInfo // what it says that it takes; nil: not known
	memory      *quirk.Memory
	udn         string
	name        string // its own, or what a rule calls it
	model       string
	address     netip.Addr       // where it asks for its stream from
	ruled       rule.Settings    // what rules say about it
	settings    settings.Speaker // as ruled
	traits      quirk.Traits
	formats     *quirk.FormatFallback // the ways to play on it; its player's alone
	openHome    bool                  // driven by OpenHome, since it has no AVTransport
	skip        bool                  // by a rule
	included    bool                  // by a rule: whatever else would skip it
	fingerprint string                // changes with anything that control depends on

	owner atomic.Pointer[player] // gets the renderer's events
}

// event hands an event of the renderer to the player that plays on it.
func (t *target) event(e renderer.Event) {
	if p := t.owner.Load(); p != nil {
		p.tell(note{renderer: e, target: t})
	}
}

// commanded is what commands go to.
func (t *target) commanded() device {
	if t.plays != nil {
		return t.plays
	}
	return t.renderer
}

// location is the URL of the description, with which the fingerprint begins.
func (t *target) location() string {
	location, _, _ := strings.Cut(t.fingerprint, " ")
	return location
}

// codec is that of the first way to be tried.
func (t *target) codec() audio.Codec { return t.formats.Current().Codec }

// inspect makes a target of a described renderer, and asks it what it takes.
func (m *Manager) inspect(ctx context.Context, d, root *upnp.Device, from netip.Addr) (*target, error) {
	t, err := m.target(d, root, from)
	if err != nil {
		return nil, err
	}
	t.sink, err = t.renderer.Protocols(ctx)
	if err != nil {
		m.log.Info().Err(err).Str("device", d.FriendlyName).Msg("the renderer does not say what it plays; a guess is made")
	}
	t.initFormats()
	if _, isSonos := sonos.UUIDOf(t.udn); isSonos {
		if fixed, err := sonos.OutputFixed(ctx, m.options.Client, root); err == nil && fixed {
			t.settings.Volume.Fixed = true
		}
	}
	return t, nil
}

// twin makes another target of the same renderer, for another bridge.
func (m *Manager) twin(t *target) (*target, error) {
	other, err := m.target(t.device, t.root, t.address)
	if err != nil {
		return nil, err
	}
	other.udn, other.name, other.sink = t.udn, t.name, t.sink
	other.ruled, other.settings = t.ruled, t.settings
	other.initFormats()
	if d, ok := t.plays.(*roomDevice); ok {
		twin := &roomDevice{Renderer: other.renderer, own: d.own, volume: d.volume, refused: d.refused, restores: d.restores}
		twin.input, _ = sonos.NewInput(m.options.Client, t.device) // without it, it is not looked at
		other.plays = twin
	}
	return other, nil
}

// target makes a target without its ways.
func (m *Manager) target(d, root *upnp.Device, from netip.Addr) (*target, error) {
	t := &target{device: d, root: root, memory: m.options.Memory, udn: d.UDN, name: d.FriendlyName, model: d.ModelName, address: from}
	if d.RoomName != "" {
		t.name = d.RoomName // Sonos' friendlyName is its address
	}
	t.traits = quirk.For(subjectOf(d))
	t.settle(m.options.Settings, m.options.Rules.For(rule.Subject{
		Name: t.name, Model: d.ModelName, Manufacturer: d.Manufacturer, UDN: d.UDN, Addresses: []netip.Addr{from},
	}))
	r, err := renderer.New(d, renderer.Options{
		Client:         m.options.Client,
		Events:         m.options.Events,
		Callback:       m.callback(from),
		DistrustEvents: t.traits.DistrustEvents,
		OnEvent:        t.event,
		Log:            m.log.With().Str("renderer", t.name).Logger(),
	})
	if err != nil {
		return nil, err
	}
	t.renderer, t.openHome = r, r.OpenHome()
	t.fingerprint = d.Location.String()
	for _, s := range d.Services {
		t.fingerprint += " " + s.Control.String()
	}
	return t, nil
}

// subjectOf is what a description tells that quirks depend on.
func subjectOf(d *upnp.Device) quirk.Subject {
	return quirk.Subject{
		Manufacturer: d.Manufacturer,
		ModelName:    d.ModelName,
		ModelNumber:  d.ModelNumber,
		Server:       d.Server,
		UDN:          d.UDN,

		SoftwareGeneration: d.SoftwareGeneration,
		Firmware:           cmp.Or(d.DisplayVersion, d.SoftwareVersion),
	}
}

// settle applies the rules for the target.
func (t *target) settle(all settings.Speaker, r rule.Settings) {
	t.ruled, t.settings = r, r.Over(all)
	if t.traits.NoVolume {
		t.settings.Volume.Fixed = true
	}
	if t.settings.Rename != "" {
		t.name = t.settings.Rename
	}
	t.skip, t.included = t.settings.Offer == settings.OfferNever, t.settings.Offer == settings.OfferAlways
}

// climb sets up the ways to play on the target, beginning with the one that
// worked last.
func (t *target) initFormats() {
	forced := quirk.Forced{Codecs: []audio.Codec{t.settings.Codec}, Preroll: t.settings.Preroll}
	if t.settings.Length != settings.LengthAuto {
		forced.Lengths = []settings.Length{t.settings.Length}
	}
	t.formats = quirk.NewFormatFallback(t.traits, quirk.Offers(t.sink), forced)
	if way, ok := t.memory.Format(t.udn); ok {
		t.formats.Resume(way)
	}
}

// callback is where the renderer at peer reaches our handler of events; empty
// when that is not known.
func (m *Manager) callback(peer netip.Addr) string {
	if m.options.Events == nil {
		return ""
	}
	base, err := m.options.BaseURL(peer)
	if err != nil {
		return ""
	}
	return base
}

// rendererTypes begin the types of devices that may play: MediaRenderers of
// every version, and players that know OpenHome alone.
var rendererTypes = []string{
	"urn:schemas-upnp-org:device:MediaRenderer:", "urn:av-openhome-org:device:", "urn:linn-co-uk:device:",
}

// usable are the renderers of a description, each once.
func usable(root *upnp.Device) []*upnp.Device {
	var all []*upnp.Device
	for _, kind := range rendererTypes {
		for _, d := range root.Find(kind) {
			known := slices.ContainsFunc(all, func(other *upnp.Device) bool { return other.UDN == d.UDN })
			if !known && (kind == rendererTypes[0] || renderer.Usable(d)) {
				all = append(all, d)
			}
		}
	}
	return all
}

// describe fetches a description and asks its renderers what they take.
func (m *Manager) describe(ctx context.Context, location string, from netip.Addr) finding {
	device, err := m.options.Client.Describe(ctx, location, from)
	if err != nil {
		return finding{location: location, from: from, err: err}
	}
	if player, ok := sonos.PlayerOf(device); ok {
		from = player.Address // another player may have told of it
	}
	f := finding{location: location, from: from}
	for _, d := range usable(device) {
		t, err := m.inspect(ctx, d, device, from)
		if err != nil {
			m.log.Warn().Err(err).Str("device", d.FriendlyName).Msg("a renderer cannot be used")
			continue
		}
		f.targets = append(f.targets, t)
	}
	return f
}
