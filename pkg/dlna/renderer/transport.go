package renderer

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Arguments of AVTransport:1 section 2.4, in the order of its SCPD: some
// devices read them by place.
type (
	instanceIn struct{ InstanceID string }
	setURIIn   struct{ InstanceID, CurrentURI, CurrentURIMetaData string }
	playIn     struct{ InstanceID, Speed string }

	transportOut struct{ CurrentTransportState string }
	positionOut  struct{ TrackURI, RelTime string }
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

func (r *Renderer) transportState(ctx context.Context) (State, error) {
	var out transportOut
	if err := r.call(ctx, r.transport, "GetTransportInfo", instance, &out); err != nil {
		return StateUnknown, err
	}
	state := stateWords[strings.ToUpper(strings.TrimSpace(out.CurrentTransportState))]
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.State = state
	return state, nil
}

func (r *Renderer) setURI(ctx context.Context, m Media) error {
	in := setURIIn{InstanceID: "0", CurrentURI: m.URI(), CurrentURIMetaData: DIDL(m)}
	return r.call(ctx, r.transport, "SetAVTransportURI", in, nil)
}

func (r *Renderer) play(ctx context.Context) error {
	return r.call(ctx, r.transport, "Play", playIn{InstanceID: "0", Speed: "1"}, nil)
}

// stop has the device stop. That it cannot, since nothing plays, is success.
func (r *Renderer) stop(ctx context.Context) error {
	err := r.call(ctx, r.transport, "Stop", instance, nil)
	if isFault(err, faultTransition) {
		return nil
	}
	return err
}

// Position is how much of the stream the device has played, by its own count.
// ErrUnsupported where it does not count.
func (r *Renderer) Position(ctx context.Context) (time.Duration, error) {
	out, err := r.position(ctx)
	if err != nil {
		return 0, err
	}
	at, ok := parseTime(out.RelTime)
	if !ok {
		return 0, fmt.Errorf("renderer: RelTime %.20q: %w", out.RelTime, ErrUnsupported)
	}
	return at, nil
}

func (r *Renderer) position(ctx context.Context) (positionOut, error) {
	var out positionOut
	err := r.call(ctx, r.transport, "GetPositionInfo", instance, &out)
	return out, err
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
