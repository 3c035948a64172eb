package transport

import (
	"context"
	"fmt"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// Prefixes of the service types, any version.
const (
	typeAVTransport       = "urn:schemas-upnp-org:service:AVTransport:"
	typeConnectionManager = "urn:schemas-upnp-org:service:ConnectionManager:"
)

// An avTransport is the Transport of a MediaRenderer (AVTransport:1 section
// 2.4).
type avTransport struct {
	*conn.Conn
	svc     upnp.Service
	manager *upnp.Service // ConnectionManager; nil: the device has none
}

// Arguments of the actions, in the order of the SCPD: some devices read them
// by position, not by name.
type (
	instanceIn struct{ InstanceID string }
	setURIIn   struct{ InstanceID, CurrentURI, CurrentURIMetaData string }
	setNextIn  struct{ InstanceID, NextURI, NextURIMetaData string }
	playIn     struct{ InstanceID, Speed string }

	transportOut struct{ CurrentTransportState string }
	positionOut  struct{ TrackURI, RelTime string }
	mediaOut     struct{ CurrentURI, NextURI string }
	protocolOut  struct{ Source, Sink string }
)

// instance is the only one of a device that makes no connections.
var instance = instanceIn{InstanceID: "0"}

func (a *avTransport) EventService() upnp.Service { return a.svc }

func (a *avTransport) State(ctx context.Context) (State, error) {
	var out transportOut
	if err := a.Call(ctx, a.svc, "GetTransportInfo", instance, &out); err != nil {
		return StateUnknown, err
	}
	return parseState(out.CurrentTransportState), nil
}

// ClearNext removes the next track: upmpdcli is known to skip to it at once.
func (a *avTransport) ClearNext(ctx context.Context) error {
	var out mediaOut
	if err := a.Call(ctx, a.svc, "GetMediaInfo", instance, &out); err != nil {
		return err
	}
	if implemented(strings.TrimSpace(out.NextURI)) == "" {
		return nil
	}
	return a.Call(ctx, a.svc, "SetNextAVTransportURI", setNextIn{InstanceID: "0"}, nil)
}

// implemented is a reported value, or "" for NOT_IMPLEMENTED.
func implemented(value string) string {
	if value == "NOT_IMPLEMENTED" {
		return ""
	}
	return value
}

func (a *avTransport) Load(ctx context.Context, m media.Media) error {
	in := setURIIn{InstanceID: "0", CurrentURI: m.URI(), CurrentURIMetaData: media.DIDL(m)}
	return a.Call(ctx, a.svc, "SetAVTransportURI", in, nil)
}

func (a *avTransport) Play(ctx context.Context) error {
	return a.Call(ctx, a.svc, "Play", playIn{InstanceID: "0", Speed: "1"}, nil)
}

func (a *avTransport) Stop(ctx context.Context) error {
	err := a.Call(ctx, a.svc, "Stop", instance, nil)
	if conn.IsFault(err, FaultTransition) {
		return nil
	}
	return err
}

func (a *avTransport) Position(ctx context.Context) (Position, error) {
	var out positionOut
	trip, err := a.TimedCall(ctx, a.svc, "GetPositionInfo", instance, &out)
	if err != nil {
		return Position{}, err
	}
	p := Position{URI: implemented(strings.TrimSpace(out.TrackURI)), Trip: trip}
	p.Rel, p.Known = parseTime(out.RelTime)
	return p, nil
}

// LoadedURI requests the URI that was set last. The URI of the track may still be the
// previous one, or missing.
func (a *avTransport) LoadedURI(ctx context.Context) (string, error) {
	var out mediaOut
	if err := a.Call(ctx, a.svc, "GetMediaInfo", instance, &out); !conn.Answered(err) {
		return "", err
	}
	if uri := implemented(strings.TrimSpace(out.CurrentURI)); uri != "" {
		return uri, nil
	}
	p, err := a.Position(ctx)
	return p.URI, err
}

// Sink is what GetProtocolInfo answers (ConnectionManager:1 section 2.4.1).
func (a *avTransport) Sink(ctx context.Context) (string, error) {
	if a.manager == nil {
		return "", fmt.Errorf("renderer: ConnectionManager: %w", conn.ErrUnsupported)
	}
	var out protocolOut
	err := a.Call(ctx, *a.manager, "GetProtocolInfo", nil, &out)
	return out.Sink, err
}
