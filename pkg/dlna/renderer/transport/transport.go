// Package transport controls playback on a renderer: the requests of AVTransport
// (versions 1 to 3, InstanceID 0) or, for a device without it, of OpenHome's Playlist or
// Radio; how a stream is started; and Playback, the state machine of our stream on the
// renderer.
package transport

import (
	"context"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A Transport is the part of a device that plays.
type Transport interface {
	// EventService is the service whose events report the state.
	EventService() upnp.Service
	State(ctx context.Context) (State, error)
	// ClearNext removes the queued next track of another app: it must not follow our
	// stream.
	ClearNext(ctx context.Context) error
	Load(ctx context.Context, m media.Media) error
	Play(ctx context.Context) error
	// Stop also succeeds if nothing plays.
	Stop(ctx context.Context) error
	Position(ctx context.Context) (Position, error)
	// LoadedURI is the URI that Play would play; "": not reported.
	LoadedURI(ctx context.Context) (string, error)
	// Sink is what the device can play, as GetProtocolInfo lists it; many lists
	// are empty.
	Sink(ctx context.Context) (string, error)
}

// A Position is the play position that a device reports.
type Position struct {
	URI   string        // of what it plays; "": not reported
	Rel   time.Duration // played of it
	Known bool          // Rel is reported
	Trip  conn.Trip     // of the request that asked for Rel; only if it is known
}

// New finds the Transport of a device: AVTransport if it has both, since more control
// points use it and so it is better tested. Nil if it has none.
func New(c *conn.Conn, device *upnp.Device) Transport {
	if svc, ok := device.Service(typeAVTransport); ok {
		return &avTransport{Conn: c, svc: svc, manager: find(device, typeConnectionManager)}
	}
	if o := newOpenHome(c, device); o != nil {
		return o
	}
	return nil
}

// IsOpenHome reports whether t is controlled by OpenHome.
func IsOpenHome(t Transport) bool {
	_, ok := t.(*openHome)
	return ok
}

// find is the service of that type, nil if the device has none.
func find(device *upnp.Device, typePrefix string) *upnp.Service {
	if svc, ok := device.Service(typePrefix); ok {
		return &svc
	}
	return nil
}
