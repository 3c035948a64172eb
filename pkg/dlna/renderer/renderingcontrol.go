package renderer

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A renderingControl is the mixer of a MediaRenderer (RenderingControl:1
// section 2.4).
type renderingControl struct {
	*line
	svc upnp.Service
}

// Arguments of the actions. Channel is always Master, the only one that all
// devices know.
type (
	channelIn   struct{ InstanceID, Channel string }
	setVolumeIn struct{ InstanceID, Channel, DesiredVolume string }
	setMuteIn   struct{ InstanceID, Channel, DesiredMute string }

	volumeOut struct{ CurrentVolume string }
	muteOut   struct{ CurrentMute string }
)

const masterChannel = "Master"

var master = channelIn{InstanceID: "0", Channel: masterChannel}

func (c *renderingControl) service() upnp.Service { return c.svc }

// scale reads the SCPD; a device that answers nonsense has the usual scale.
func (c *renderingControl) scale(ctx context.Context) (scale, error) {
	doc, err := c.describe(ctx, c.svc)
	if err != nil && unreachable(err) {
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
	if err := c.call(ctx, c.svc, "GetVolume", master, &out); err != nil {
		return 0, err
	}
	return parseVolume(out.CurrentVolume)
}

func (c *renderingControl) setVolume(ctx context.Context, raw int) error {
	in := setVolumeIn{InstanceID: "0", Channel: masterChannel, DesiredVolume: strconv.Itoa(raw)}
	return c.call(ctx, c.svc, "SetVolume", in, nil)
}

func (c *renderingControl) mute(ctx context.Context) (int, error) {
	var out muteOut
	if err := c.call(ctx, c.svc, "GetMute", master, &out); err != nil {
		return 0, err
	}
	return parseMute(out.CurrentMute), nil
}

func (c *renderingControl) setMute(ctx context.Context, raw int) error {
	in := setMuteIn{InstanceID: "0", Channel: masterChannel, DesiredMute: strconv.Itoa(raw)}
	return c.call(ctx, c.svc, "SetMute", in, nil)
}

// parseVolume reads the device's number; "20.0" has been seen.
func parseVolume(text string) (int, error) {
	whole, _, _ := strings.Cut(strings.TrimSpace(text), ".")
	raw, err := strconv.ParseInt(whole, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("renderer: volume: %w: %w", upnp.ErrMalformed, err)
	}
	return int(raw), nil
}

// parseMute reads a boolean of UPnP, 1 for muted.
func parseMute(text string) int {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "1", "true", "yes":
		return 1
	}
	return 0
}
