package renderer

import (
	"context"
	"strconv"
	"strings"
	"time"

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
	typeVolume   = "urn:av-openhome-org:service:Volume:"
)

// An openHome is the deck of a device that is driven by OpenHome: its
// Playlist, which all known ones have, else its Radio. Play selects the source
// by itself.
type openHome struct {
	*line
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
func newOpenHome(l *line, device *upnp.Device) *openHome {
	o := &openHome{line: l}
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

// find is the service of that type, nil if the device has none.
func find(device *upnp.Device, typePrefix string) *upnp.Service {
	if svc, ok := device.Service(typePrefix); ok {
		return &svc
	}
	return nil
}

func (o *openHome) service() upnp.Service { return o.source }

// openHomeWords are the values of TransportState.
var openHomeWords = map[string]State{
	"stopped":   Stopped,
	"buffering": Transitioning,
	"waiting":   Transitioning,
	"playing":   Playing,
	"paused":    Paused,
}

func (o *openHome) state(ctx context.Context) (State, error) {
	var out valueOut
	if err := o.call(ctx, o.source, "TransportState", nil, &out); err != nil {
		return StateUnknown, err
	}
	return parseOpenHomeState(out.Value), nil
}

func parseOpenHomeState(word string) State {
	return openHomeWords[strings.ToLower(strings.TrimSpace(word))]
}

// dequeue does nothing: load replaces the whole list.
func (o *openHome) dequeue(context.Context) error { return nil }

// load wakes the device and hands over the stream. A playlist becomes one of
// this track alone, which is not played again when it ends.
func (o *openHome) load(ctx context.Context, m Media) error {
	if err := o.wake(ctx); err != nil && !answered(err) {
		return err
	}
	if !o.playlist {
		return o.call(ctx, o.source, "SetChannel", channelTo{URI: m.URI(), Metadata: DIDL(m)}, nil)
	}
	if err := o.call(ctx, o.source, "SetRepeat", valueIn{Value: "0"}, nil); !answered(err) {
		return err
	}
	if err := o.call(ctx, o.source, "DeleteAll", nil, nil); err != nil {
		return err
	}
	return o.call(ctx, o.source, "Insert", insertIn{AfterID: "0", URI: m.URI(), Metadata: DIDL(m)}, nil)
}

// wake takes the device out of standby, where it would not play.
func (o *openHome) wake(ctx context.Context) error {
	if o.product == nil {
		return nil
	}
	var out valueOut
	if err := o.call(ctx, *o.product, "Standby", nil, &out); err != nil || parseMute(out.Value) == 0 {
		return err
	}
	return o.call(ctx, *o.product, "SetStandby", valueIn{Value: "0"}, nil)
}

func (o *openHome) play(ctx context.Context) error {
	return o.call(ctx, o.source, "Play", nil, nil)
}

func (o *openHome) stop(ctx context.Context) error {
	return o.call(ctx, o.source, "Stop", nil, nil)
}

func (o *openHome) pause(ctx context.Context) error {
	return o.call(ctx, o.source, "Pause", nil, nil)
}

func (o *openHome) position(ctx context.Context) (progress, error) {
	var p progress
	if o.time != nil {
		var out timeOut
		when, err := o.timed(ctx, *o.time, "Time", nil, &out)
		if err != nil {
			return progress{}, err
		}
		seconds, err := strconv.ParseUint(strings.TrimSpace(out.Seconds), 10, 25)
		p.when, p.rel, p.counts = when, time.Duration(seconds)*time.Second, err == nil
	}
	uri, err := o.track(ctx)
	if err != nil {
		return progress{}, err
	}
	p.uri = uri
	return p, nil
}

// track is the URI of what plays, or played last: a device that has begun to
// buffer another may still tell the one before. "": not told.
func (o *openHome) track(ctx context.Context) (string, error) {
	if o.info == nil {
		return "", nil
	}
	return o.uri(ctx, *o.info, "Track", nil)
}

// loaded asks the source itself, of which ours is gone as soon as somebody
// else has cleared the playlist or set the channel.
func (o *openHome) loaded(ctx context.Context) (string, error) {
	if !o.playlist {
		return o.uri(ctx, o.source, "Channel", nil)
	}
	var current valueOut
	if err := o.call(ctx, o.source, "Id", nil, &current); err != nil {
		return "", err
	}
	id, err := strconv.ParseUint(strings.TrimSpace(current.Value), 10, 32)
	if err != nil || id == 0 { // no track, or no Id
		return "", nil
	}
	return o.uri(ctx, o.source, "Read", readIn{ID: strconv.FormatUint(id, 10)})
}

// uri asks for one.
func (o *openHome) uri(ctx context.Context, svc upnp.Service, action string, in any) (string, error) {
	var out uriOut
	err := o.call(ctx, svc, action, in, &out)
	return strings.TrimSpace(out.URI), err
}

// protocols is what the source plays, as the Sink of a ConnectionManager.
func (o *openHome) protocols(ctx context.Context) (string, error) {
	var out valueOut
	err := o.call(ctx, o.source, "ProtocolInfo", nil, &out)
	return out.Value, err
}
