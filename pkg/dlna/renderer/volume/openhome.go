package volume

import (
	"context"
	"strconv"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

const typeOpenHomeVolume = "urn:av-openhome-org:service:Volume:" // any version

// An openHome is the control of a device with OpenHome (the service description of
// ohNet).
type openHome struct {
	*conn.Conn
	svc upnp.Service
}

// Arguments of the actions. Answers of one value call it Value.
type (
	valueIn            struct{ Value string }
	valueOut           struct{ Value string }
	characteristicsOut struct{ VolumeMax string }
)

func (v *openHome) service() upnp.Service { return v.svc }

// scale goes from 0 to the limit that the owner of the device has set, else to the
// device's maximum.
func (v *openHome) scale(ctx context.Context) (scale, error) {
	s := usualScale
	var limit valueOut
	err := v.Call(ctx, v.svc, "VolumeLimit", nil, &limit)
	if raw, bad := parseVolume(limit.Value); err == nil && bad == nil && raw > 0 {
		s.Max = raw
		return s, nil
	}
	var all characteristicsOut
	if err == nil || conn.Answered(err) {
		err = v.Call(ctx, v.svc, "Characteristics", nil, &all)
	}
	if raw, bad := parseVolume(all.VolumeMax); err == nil && bad == nil && raw > 0 {
		s.Max = raw
	}
	if conn.Answered(err) {
		return s, nil
	}
	return scale{}, err
}

func (v *openHome) volume(ctx context.Context) (int, error) {
	var out valueOut
	if err := v.Call(ctx, v.svc, "Volume", nil, &out); err != nil {
		return 0, err
	}
	return parseVolume(out.Value)
}

func (v *openHome) setVolume(ctx context.Context, raw int) error {
	return v.Call(ctx, v.svc, "SetVolume", valueIn{Value: strconv.Itoa(raw)}, nil)
}

func (v *openHome) mute(ctx context.Context) (bool, error) {
	var out valueOut
	if err := v.Call(ctx, v.svc, "Mute", nil, &out); err != nil {
		return false, err
	}
	return upnp.ParseBool(out.Value), nil
}

func (v *openHome) setMute(ctx context.Context, on bool) error {
	return v.Call(ctx, v.svc, "SetMute", valueIn{Value: strconv.Itoa(bit(on))}, nil)
}
