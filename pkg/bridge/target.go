package bridge

import (
	"context"
	"net/netip"
	"sync/atomic"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A target is a renderer that was looked at and can be played on.
type target struct {
	renderer    *renderer.Renderer
	udn         string
	name        string
	model       string
	address     netip.Addr // where it asks for its stream from
	play        PlayOptions
	volume      VolumeOptions
	codec       audio.Codec
	protocol    renderer.ProtocolInfo
	fingerprint string // changes with anything that control depends on

	owner atomic.Pointer[player] // gets the renderer's events
}

// event hands an event of the renderer to the player that plays on it.
func (t *target) event(e renderer.Event) {
	if p := t.owner.Load(); p != nil {
		p.tell(note{renderer: e, target: t})
	}
}

// inspect makes a target of a described renderer.
func (m *Manager) inspect(ctx context.Context, d *upnp.Device, from netip.Addr) (*target, error) {
	t := &target{udn: d.UDN, name: d.FriendlyName, model: d.ModelName, address: from, play: m.options.Play, volume: m.options.Volume}
	if d.RoomName != "" {
		t.name = d.RoomName // Sonos' friendlyName is its address
	}
	r, err := renderer.New(d, renderer.Options{
		Client:  m.options.Client,
		OnEvent: t.event,
		Log:     m.log.With().Str("renderer", t.name).Logger(),
	})
	if err != nil {
		return nil, err
	}
	t.renderer = r
	t.fingerprint = d.Location.String()
	for _, s := range d.Services {
		t.fingerprint += " " + s.Control.String()
	}
	sink, err := r.Protocols(ctx)
	if err != nil {
		m.log.Info().Err(err).Str("device", d.FriendlyName).Msg("the renderer does not say what it plays; a guess is made")
	}
	t.codec, t.protocol = renderer.Choose(sink, t.play.Codecs)
	return t, nil
}

// rendererType finds MediaRenderers of every version.
const rendererType = "urn:schemas-upnp-org:device:MediaRenderer:"

// describe fetches a description and asks its renderers what they take.
func (m *Manager) describe(ctx context.Context, location string, from netip.Addr) ([]*target, error) {
	device, err := m.options.Client.Describe(ctx, location, from)
	if err != nil {
		return nil, err
	}
	var targets []*target
	for _, d := range device.Find(rendererType) {
		t, err := m.inspect(ctx, d, from)
		if err != nil {
			m.log.Warn().Err(err).Str("device", d.FriendlyName).Msg("a renderer cannot be used")
			continue
		}
		targets = append(targets, t)
	}
	return targets, nil
}
