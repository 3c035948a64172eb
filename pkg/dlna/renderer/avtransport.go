package renderer

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// An avTransport is the deck of a MediaRenderer (AVTransport:1 section 2.4).
type avTransport struct {
	*line
	svc upnp.Service
}

// Arguments of the actions, in the order of the SCPD: some devices read them
// by place.
type (
	instanceIn struct{ InstanceID string }
	setURIIn   struct{ InstanceID, CurrentURI, CurrentURIMetaData string }
	setNextIn  struct{ InstanceID, NextURI, NextURIMetaData string }
	playIn     struct{ InstanceID, Speed string }

	transportOut struct{ CurrentTransportState string }
	positionOut  struct{ TrackURI, RelTime string }
	mediaOut     struct{ CurrentURI, NextURI string }
)

// instance is the only one of a device that makes no connections.
var instance = instanceIn{InstanceID: "0"}

// UPnP errors of AVTransport:1 section 2.4.
const (
	faultTransition = 701 // Transition not available
	faultFormat     = 704 // Format not supported for playback
	faultLocked     = 705 // Transport is locked
	faultMIME       = 714 // Illegal MIME-type
	faultBusy       = 715 // Content busy
	faultNotFound   = 716 // Resource not found
	faultInstance   = 718 // Invalid InstanceID
)

func (a *avTransport) service() upnp.Service { return a.svc }

func (a *avTransport) state(ctx context.Context) (State, error) {
	var out transportOut
	if err := a.call(ctx, a.svc, "GetTransportInfo", instance, &out); err != nil {
		return StateUnknown, err
	}
	return parseState(out.CurrentTransportState), nil
}

func parseState(word string) State {
	return stateWords[strings.ToUpper(strings.TrimSpace(word))]
}

// dequeue takes the next track off: upmpdcli is known to jump to it at once.
func (a *avTransport) dequeue(ctx context.Context) error {
	var out mediaOut
	if err := a.call(ctx, a.svc, "GetMediaInfo", instance, &out); err != nil {
		return err
	}
	if next := strings.TrimSpace(out.NextURI); next == "" || next == notImplemented {
		return nil
	}
	return a.call(ctx, a.svc, "SetNextAVTransportURI", setNextIn{InstanceID: "0"}, nil)
}

// notImplemented stands for a value that a device does not have.
const notImplemented = "NOT_IMPLEMENTED"

func (a *avTransport) load(ctx context.Context, m Media) error {
	in := setURIIn{InstanceID: "0", CurrentURI: m.URI(), CurrentURIMetaData: DIDL(m)}
	return a.call(ctx, a.svc, "SetAVTransportURI", in, nil)
}

func (a *avTransport) play(ctx context.Context) error {
	return a.call(ctx, a.svc, "Play", playIn{InstanceID: "0", Speed: "1"}, nil)
}

func (a *avTransport) stop(ctx context.Context) error {
	err := a.call(ctx, a.svc, "Stop", instance, nil)
	if isFault(err, faultTransition) {
		return nil
	}
	return err
}

func (a *avTransport) pause(ctx context.Context) error {
	return a.call(ctx, a.svc, "Pause", instance, nil)
}

func (a *avTransport) position(ctx context.Context) (progress, error) {
	var out positionOut
	when, err := a.timed(ctx, a.svc, "GetPositionInfo", instance, &out)
	if err != nil {
		return progress{}, err
	}
	p := progress{uri: told(strings.TrimSpace(out.TrackURI)), when: when}
	p.rel, p.counts = parseTime(out.RelTime)
	return p, nil
}

// loaded asks what was handed over: that of the track may still be the one
// before. It is all that there is where a device does not tell the other.
func (a *avTransport) loaded(ctx context.Context) (string, error) {
	var out mediaOut
	if err := a.call(ctx, a.svc, "GetMediaInfo", instance, &out); !answered(err) {
		return "", err
	}
	if uri := told(strings.TrimSpace(out.CurrentURI)); uri != "" {
		return uri, nil
	}
	p, err := a.position(ctx)
	return p.uri, err
}

// maxHours bounds a position: beyond it, it is nonsense.
const maxHours = 10000

// parseTime reads "H+:MM:SS", "H+:MM:SS.F+" and "H+:MM:SS.F0/F1"
// (AVTransport:1 section 2.2.15), down to a millisecond. ok is false for
// anything else, as "NOT_IMPLEMENTED".
func parseTime(s string) (at time.Duration, ok bool) {
	parts := strings.Split(strings.TrimSpace(s), ":")
	if len(parts) != 3 {
		return 0, false
	}
	whole, fraction, _ := strings.Cut(parts[2], ".")
	hours, errH := strconv.ParseUint(parts[0], 10, 32)
	minutes, errM := strconv.ParseUint(parts[1], 10, 8)
	seconds, errS := strconv.ParseUint(whole, 10, 8)
	if errH != nil || errM != nil || errS != nil || hours > maxHours || minutes > 59 || seconds > 59 {
		return 0, false
	}
	at = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second
	return at + parseFraction(fraction), true
}

// parseFraction reads what follows the point of a second; nonsense is 0.
func parseFraction(s string) time.Duration {
	if above, below, ok := strings.Cut(s, "/"); ok {
		num, errN := strconv.ParseUint(above, 10, 16)
		den, errD := strconv.ParseUint(below, 10, 16)
		if errN != nil || errD != nil || num >= den {
			return 0
		}
		return time.Second * time.Duration(num) / time.Duration(den)
	}
	thousandths, err := strconv.ParseUint((s + "000")[:3], 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(thousandths) * time.Millisecond
}
