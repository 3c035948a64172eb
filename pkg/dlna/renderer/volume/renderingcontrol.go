package volume

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

const typeRenderingControl = "urn:schemas-upnp-org:service:RenderingControl:" // any version

// A renderingControl is the control of a MediaRenderer (RenderingControl:1
// section 2.4).
type renderingControl struct {
	*conn.Conn
	svc upnp.Service
}

// Arguments of the actions, in the order of the SCPD.
type (
	channelIn   struct{ InstanceID, Channel string }
	setVolumeIn struct{ InstanceID, Channel, DesiredVolume string }
	setMuteIn   struct{ InstanceID, Channel, DesiredMute string }

	volumeOut struct{ CurrentVolume string }
	muteOut   struct{ CurrentMute string }
)

var master = channelIn{InstanceID: instanceID, Channel: masterChannel}

func (c *renderingControl) service() upnp.Service { return c.svc }

// scale reads the SCPD; if the range in it is invalid, the usual scale is used.
func (c *renderingControl) scale(ctx context.Context) (scale, error) {
	doc, err := c.SCPD(ctx, c.svc)
	if err != nil && conn.Unreachable(err) && !errors.Is(err, upnp.ErrMalformed) {
		return scale{}, fmt.Errorf("renderer: %w", err)
	}
	s := usualScale
	if err == nil {
		s.mutes = doc.HasAction("SetMute") && doc.HasAction("GetMute")
		if allowed, ok := doc.Range("Volume"); ok {
			s.Range = allowed
		}
	}
	return s, nil
}

func (c *renderingControl) volume(ctx context.Context) (int, error) {
	var out volumeOut
	if err := c.Call(ctx, c.svc, "GetVolume", master, &out); err != nil {
		return 0, err
	}
	return parseVolume(out.CurrentVolume)
}

func (c *renderingControl) setVolume(ctx context.Context, raw int) error {
	in := setVolumeIn{InstanceID: instanceID, Channel: masterChannel, DesiredVolume: strconv.Itoa(raw)}
	return c.Call(ctx, c.svc, "SetVolume", in, nil)
}

func (c *renderingControl) mute(ctx context.Context) (bool, error) {
	var out muteOut
	if err := c.Call(ctx, c.svc, "GetMute", master, &out); err != nil {
		return false, err
	}
	return upnp.ParseBool(out.CurrentMute), nil
}

func (c *renderingControl) setMute(ctx context.Context, on bool) error {
	in := setMuteIn{InstanceID: instanceID, Channel: masterChannel, DesiredMute: strconv.Itoa(bit(on))}
	return c.Call(ctx, c.svc, "SetMute", in, nil)
}
