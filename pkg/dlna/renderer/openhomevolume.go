package renderer

import (
	"context"
	"strconv"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// An openHomeVolume is the mixer of a device that is driven by OpenHome.
type openHomeVolume struct {
	*line
	svc upnp.Service
}

type characteristicsOut struct{ VolumeMax string }

func (v *openHomeVolume) service() upnp.Service { return v.svc }

// scale goes from 0 to what the owner of the device allows, else to all that
// it can.
func (v *openHomeVolume) scale(ctx context.Context) (scale, error) {
	s := usualScale
	var limit valueOut
	err := v.call(ctx, v.svc, "VolumeLimit", nil, &limit)
	if raw, bad := parseVolume(limit.Value); err == nil && bad == nil && raw > 0 {
		s.Max = raw
		return s, nil
	}
	var all characteristicsOut
	if err == nil || answered(err) {
		err = v.call(ctx, v.svc, "Characteristics", nil, &all)
	}
	if raw, bad := parseVolume(all.VolumeMax); err == nil && bad == nil && raw > 0 {
		s.Max = raw
	}
	if answered(err) {
		return s, nil
	}
	return scale{}, err
}

func (v *openHomeVolume) volume(ctx context.Context) (int, error) {
	var out valueOut
	if err := v.call(ctx, v.svc, "Volume", nil, &out); err != nil {
		return 0, err
	}
	return parseVolume(out.Value)
}

func (v *openHomeVolume) setVolume(ctx context.Context, raw int) error {
	return v.call(ctx, v.svc, "SetVolume", valueIn{Value: strconv.Itoa(raw)}, nil)
}

func (v *openHomeVolume) mute(ctx context.Context) (int, error) {
	var out valueOut
	if err := v.call(ctx, v.svc, "Mute", nil, &out); err != nil {
		return 0, err
	}
	return parseMute(out.Value), nil
}

func (v *openHomeVolume) setMute(ctx context.Context, raw int) error {
	return v.call(ctx, v.svc, "SetMute", valueIn{Value: strconv.Itoa(raw)}, nil)
}
