package fleet

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A found is a renderer that was described and asked what it accepts: all that is
// needed to play on it.
type found struct {
	player.Target
	renderer    *renderer.Renderer // which Target.Output drives
	device      *upnp.Device
	root        *upnp.Device            // of device, as it was described
	sink        []renderer.ProtocolInfo // what it says that it accepts; nil: not known
	ruled       rule.Settings           // what rules say about it
	skip        bool                    // by a rule
	included    bool                    // by a rule: whatever else would skip it
	fingerprint string                  // changes with anything that control depends on
}

// A finding is the outcome of one look at a LOCATION.
type finding struct {
	location string
	from     netip.Addr
	found    []*found // the renderers described there, ready to play
	err      error
}

// An inspector describes what was found, and makes it ready to play.
type inspector struct {
	client   *upnp.Client
	events   renderer.Events
	baseURL  func(peer netip.Addr) (string, error)
	memory   *quirk.Memory
	settings settings.Speaker // of all speakers
	rules    rule.Rules
	log      zerolog.Logger
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

// describe fetches a description and asks its renderers what they accept.
func (i *inspector) describe(ctx context.Context, location string, from netip.Addr) finding {
	root, err := i.client.Describe(ctx, location, from)
	if err != nil {
		return finding{location: location, from: from, err: err}
	}
	if zonePlayer, ok := sonos.PlayerOf(root); ok {
		from = zonePlayer.Address // another player may have answered for it
	}
	f := finding{location: location, from: from}
	for _, d := range usable(root) {
		one, err := i.inspect(ctx, d, root, from)
		if err != nil {
			i.log.Warn().Err(err).Str("device", d.FriendlyName).Msg("renderer cannot be used")
			continue
		}
		f.found = append(f.found, one)
	}
	return f
}

// inspect asks a described renderer what it accepts.
func (i *inspector) inspect(ctx context.Context, d, root *upnp.Device, from netip.Addr) (*found, error) {
	f, err := i.connect(d, root, from)
	if err != nil {
		return nil, err
	}
	f.sink, err = f.renderer.Protocols(ctx)
	if err != nil {
		i.log.Info().Err(err).Str("device", d.FriendlyName).Msg("renderer does not say which formats it plays; a guess is made")
	}
	i.setFormats(f)
	if _, isSonos := sonos.UUIDOf(f.UDN); isSonos {
		if fixed, err := sonos.OutputFixed(ctx, i.client, root); err == nil && fixed {
			f.Settings.Volume.Fixed = true
		}
	}
	return f, nil
}

// connect makes a found renderer without its formats.
func (i *inspector) connect(d, root *upnp.Device, from netip.Addr) (*found, error) {
	f := &found{device: d, root: root}
	f.UDN, f.Name, f.Model, f.Address = d.UDN, nameOf(d, from), d.ModelName, from
	if d.RoomName != "" {
		f.Name = d.RoomName // Sonos' friendlyName is its address
	}
	f.Location, f.Traits = d.Location.String(), quirk.For(subjectOf(d))
	f.applyRules(i.settings, i.rules.For(rule.Subject{
		Name: f.Name, Model: d.ModelName, ModelNumber: d.ModelNumber,
		Manufacturer: d.Manufacturer, UDN: d.UDN, Addresses: []netip.Addr{from},
	}))
	o, err := newOutput(func(onEvent func(renderer.Event)) (*renderer.Renderer, error) {
		return renderer.New(d, renderer.Options{
			Client:         i.client,
			Events:         i.events,
			Callback:       i.callback(from),
			DistrustEvents: f.Traits.DistrustEvents,
			OnEvent:        onEvent,
			Log:            i.log.With().Str("renderer", f.Name).Logger(),
		})
	})
	if err != nil {
		return nil, err
	}
	f.renderer, f.Output, f.OpenHome = o.Renderer, o, o.OpenHome()
	f.fingerprint = f.Location
	for _, s := range d.Services {
		f.fingerprint += " " + s.Control.String()
	}
	return f, nil
}

// nameOf is what a renderer is called: never empty.
func nameOf(d *upnp.Device, from netip.Addr) string {
	return cmp.Or(d.FriendlyName, d.ModelName, d.Manufacturer, from.String())
}

// again makes another connection to the same renderer, for another bridge.
func (i *inspector) again(f *found) (*found, error) {
	other, err := i.connect(f.device, f.root, f.Address)
	if err != nil {
		return nil, err
	}
	other.UDN, other.Name, other.sink = f.UDN, f.Name, f.sink
	other.ruled, other.Settings = f.ruled, f.Settings
	i.setFormats(other)
	if room, ok := f.Output.(*roomOutput); ok {
		twin := &roomOutput{
			output: other.Output.(*output), own: room.own, volume: room.volume, refresh: room.refresh, restore: room.restore,
		}
		twin.input, _ = sonos.NewInput(i.client, f.device) // without it, it is not looked at
		other.Output = twin
	}
	return other, nil
}

// subjectOf is what a description says that quirks depend on.
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

// applyRules lays what rules say about the renderer over the settings of all.
func (f *found) applyRules(all settings.Speaker, r rule.Settings) {
	f.ruled, f.Settings = r, r.Over(all)
	if f.Traits.NoVolume {
		f.Settings.Volume.Fixed = true
	}
	if f.Settings.Rename != "" {
		f.Name = f.Settings.Rename
	}
	f.skip, f.included = f.Settings.Offer == settings.OfferNever, f.Settings.Offer == settings.OfferAlways
}

// setFormats sets up the formats to try, beginning with the one that worked last.
func (i *inspector) setFormats(f *found) {
	forced := quirk.Forced{Codecs: []audio.Codec{f.Settings.Codec}, Preroll: f.Settings.Preroll}
	if f.Settings.Length != settings.LengthAuto {
		forced.Lengths = []settings.Length{f.Settings.Length}
	}
	f.Formats = quirk.NewFormatFallback(f.Traits, quirk.Offers(f.sink), forced)
	if format, ok := i.memory.Format(f.UDN); ok {
		f.Formats.Resume(format)
	}
}

// callback is where the renderer at peer reaches our handler of events; empty
// when that is not known.
func (i *inspector) callback(peer netip.Addr) string {
	if i.events == nil {
		return ""
	}
	base, err := i.baseURL(peer)
	if err != nil {
		return ""
	}
	return base
}
