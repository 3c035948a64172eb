package transport

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// Prefixes of OpenHome's service types, any version (the service descriptions
// of ohNet and the OpenHome wiki).
const (
	typeProduct  = "urn:av-openhome-org:service:Product:"
	typePlaylist = "urn:av-openhome-org:service:Playlist:"
	typeRadio    = "urn:av-openhome-org:service:Radio:"
	typeInfo     = "urn:av-openhome-org:service:Info:"
	typeTime     = "urn:av-openhome-org:service:Time:"
)

// An openHome is the Transport of a device that is controlled by OpenHome: its
// Playlist, which all known devices have, else its Radio. Play selects the source.
type openHome struct {
	*conn.Conn
	source   upnp.Service // Playlist or Radio
	playlist bool         // which of the two

	product, time, info *upnp.Service // nil: the device has none
}

// Arguments of the actions. Answers of one value call it Value.
type (
	valueIn  struct{ Value string }
	insertIn struct {
		AfterID  string `soap:"AfterId"`
		URI      string `soap:"Uri"`
		Metadata string
	}
	channelTo struct {
		URI      string `soap:"Uri"`
		Metadata string
	}
	readIn struct {
		ID string `soap:"Id"`
	}

	valueOut struct{ Value string }
	timeOut  struct{ Seconds string }
	uriOut   struct {
		URI string `xml:"Uri"`
	}
)

// newOpenHome is nil for a device that has neither Playlist nor Radio.
func newOpenHome(c *conn.Conn, device *upnp.Device) *openHome {
	o := &openHome{Conn: c}
	var ok bool
	if o.source, ok = device.Service(typePlaylist); ok {
		o.playlist = true
	} else if o.source, ok = device.Service(typeRadio); !ok {
		return nil
	}
	o.product = find(device, typeProduct)
	o.time = find(device, typeTime)
	o.info = find(device, typeInfo)
	return o
}

func (o *openHome) EventService() upnp.Service { return o.source }

func (o *openHome) State(ctx context.Context) (State, error) {
	var out valueOut
	if err := o.Call(ctx, o.source, "TransportState", nil, &out); err != nil {
		return StateUnknown, err
	}
	return parseOpenHomeState(out.Value), nil
}

// ClearNext does nothing: Load replaces the whole list.
func (o *openHome) ClearNext(context.Context) error { return nil }

// Load wakes the device and loads the stream. The playlist then has only this track,
// which is not repeated when it ends.
func (o *openHome) Load(ctx context.Context, m media.Media) error {
	if err := o.wake(ctx); err != nil && !conn.Answered(err) {
		return err
	}
	if !o.playlist {
		return o.Call(ctx, o.source, "SetChannel", channelTo{URI: m.URI(), Metadata: media.DIDL(m)}, nil)
	}
	if err := o.Call(ctx, o.source, "SetRepeat", valueIn{Value: "0"}, nil); !conn.Answered(err) {
		return err
	}
	if err := o.Call(ctx, o.source, "DeleteAll", nil, nil); err != nil {
		return err
	}
	return o.Call(ctx, o.source, "Insert", insertIn{AfterID: "0", URI: m.URI(), Metadata: media.DIDL(m)}, nil)
}

// wake takes the device out of standby, where it would not play.
func (o *openHome) wake(ctx context.Context) error {
	if o.product == nil {
		return nil
	}
	var out valueOut
	if err := o.Call(ctx, *o.product, "Standby", nil, &out); err != nil || !upnp.ParseBool(out.Value) {
		return err
	}
	return o.Call(ctx, *o.product, "SetStandby", valueIn{Value: "0"}, nil)
}

func (o *openHome) Play(ctx context.Context) error {
	return o.Call(ctx, o.source, "Play", nil, nil)
}

func (o *openHome) Stop(ctx context.Context) error {
	return o.Call(ctx, o.source, "Stop", nil, nil)
}

func (o *openHome) Position(ctx context.Context) (Position, error) {
	var p Position
	if o.time != nil {
		var out timeOut
		trip, err := o.TimedCall(ctx, *o.time, "Time", nil, &out)
		if err != nil {
			return Position{}, err
		}
		seconds, err := strconv.ParseUint(strings.TrimSpace(out.Seconds), 10, 25)
		p.Trip, p.Rel, p.Known = trip, time.Duration(seconds)*time.Second, err == nil
	}
	uri, err := o.track(ctx)
	if err != nil {
		return Position{}, err
	}
	p.URI = uri
	return p, nil
}

// track is the URI of what plays, or played last: a device that has begun to
// buffer another may still report the one before. "": not reported.
func (o *openHome) track(ctx context.Context) (string, error) {
	if o.info == nil {
		return "", nil
	}
	return o.uri(ctx, *o.info, "Track", nil)
}

// LoadedURI requests the URI from the source itself: it is no longer ours as soon as
// another app has cleared the playlist or set the channel.
func (o *openHome) LoadedURI(ctx context.Context) (string, error) {
	if !o.playlist {
		return o.uri(ctx, o.source, "Channel", nil)
	}
	var current valueOut
	if err := o.Call(ctx, o.source, "Id", nil, &current); err != nil {
		return "", err
	}
	id, err := strconv.ParseUint(strings.TrimSpace(current.Value), 10, 32)
	if err != nil || id == 0 { // no track, or no Id
		return "", nil
	}
	return o.uri(ctx, o.source, "Read", readIn{ID: strconv.FormatUint(id, 10)})
}

// uri performs an action whose answer is a URI.
func (o *openHome) uri(ctx context.Context, svc upnp.Service, action string, in any) (string, error) {
	var out uriOut
	err := o.Call(ctx, svc, action, in, &out)
	return strings.TrimSpace(out.URI), err
}

// Sink is what the source plays, in the form of a ConnectionManager's Sink.
func (o *openHome) Sink(ctx context.Context) (string, error) {
	var out valueOut
	err := o.Call(ctx, o.source, "ProtocolInfo", nil, &out)
	return out.Value, err
}
