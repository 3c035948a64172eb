package sonos

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

const (
	// MaxVolume is the highest volume, of a group and of a player.
	MaxVolume = 100
	// sliderTime is how long after a Set the next one counts as the same movement of a
	// slider: other changes are unlikely meanwhile, and a group needs some time until it
	// reports its new volume.
	sliderTime = 2 * time.Second
	// roundingStep is how far a group's volume, the mean of its members', may differ
	// from the volume that was set.
	roundingStep = 1
)

// faultTransition is the answer of a player to calls for a group of which it is not
// the coordinator.
const faultTransition = 701

// A GroupVolume sets the volume of a group through its coordinator; a single player is
// a group of one. The members keep the ratio that they had when the snapshot was
// taken, even if the volume was 0 in between. It is not safe for use by several
// goroutines.
type GroupVolume struct {
	client       Client
	svc          upnp.Service
	snapshot     bool // one was taken, and lastSet comes from it
	lastSet      int
	lastReported int // after that: less, where a member is at its maximum
	setAt        time.Time
}

// NewGroupVolume makes a GroupVolume of the coordinator's description, root or
// MediaRenderer. It sends nothing.
func NewGroupVolume(client Client, coordinator *upnp.Device) (*GroupVolume, error) {
	svc, ok := coordinator.Service(typeGroupRendering)
	if !ok {
		return nil, fmt.Errorf("sonos: GroupRenderingControl: %w", ErrUnsupported)
	}
	return &GroupVolume{client: client, svc: svc}, nil
}

// Arguments of the actions, in the order of the service description.
type (
	instanceIn     struct{ InstanceID string }
	groupVolumeIn  struct{ InstanceID, DesiredVolume string }
	groupMuteIn    struct{ InstanceID, DesiredMute string }
	groupVolumeOut struct{ CurrentVolume string }
)

// instance is the InstanceID; a player has only this one.
var instance = instanceIn{InstanceID: "0"}

// Set sets the group's volume, 0 to MaxVolume. It fails with ErrNotCoordinator if
// another player is the coordinator.
func (g *GroupVolume) Set(ctx context.Context, volume int) error {
	if err := g.keepRatio(ctx); err != nil {
		return err
	}
	volume = max(0, min(volume, MaxVolume))
	in := groupVolumeIn{InstanceID: "0", DesiredVolume: strconv.Itoa(volume)}
	if err := g.call(ctx, "SetGroupVolume", in, nil); err != nil {
		return err
	}
	g.lastSet, g.lastReported, g.setAt = volume, volume, time.Now()
	if reported, err := g.Volume(ctx); err == nil {
		g.lastReported = reported
	}
	return nil
}

// keepRatio takes a snapshot of the members' volumes if the last one is outdated. A
// snapshot after each Set would lose the ratio by rounding, and completely at volume
// 0.
func (g *GroupVolume) keepRatio(ctx context.Context) error {
	if g.snapshot && time.Since(g.setAt) < sliderTime {
		return nil
	}
	volume, err := g.Volume(ctx)
	if err != nil {
		return err
	}
	left := difference(volume, g.lastSet) <= roundingStep || difference(volume, g.lastReported) <= roundingStep
	if g.snapshot && (volume == 0 || left) {
		return nil
	}
	if err := g.call(ctx, "SnapshotGroupVolume", instance, nil); err != nil {
		return err
	}
	g.snapshot = true
	return nil
}

func difference(a, b int) int { return max(a-b, b-a) }

// Volume is the mean of the members' volumes, 0 to MaxVolume.
func (g *GroupVolume) Volume(ctx context.Context) (int, error) {
	var out groupVolumeOut
	if err := g.call(ctx, "GetGroupVolume", instance, &out); err != nil {
		return 0, err
	}
	volume, err := strconv.Atoi(strings.TrimSpace(out.CurrentVolume))
	if err != nil || volume < 0 || volume > MaxVolume {
		return 0, fmt.Errorf("sonos: GetGroupVolume: %w: %.20q", ErrMalformed, out.CurrentVolume)
	}
	return volume, nil
}

// SetMute mutes all members or none.
func (g *GroupVolume) SetMute(ctx context.Context, mute bool) error {
	in := groupMuteIn{InstanceID: "0", DesiredMute: "0"}
	if mute {
		in.DesiredMute = "1"
	}
	return g.call(ctx, "SetGroupMute", in, nil)
}

func (g *GroupVolume) call(ctx context.Context, action string, in, out any) error {
	err := g.client.Call(ctx, g.svc, action, in, out)
	switch {
	case err == nil:
		return nil
	case fault(err, faultTransition):
		return fmt.Errorf("sonos: %w: %w", ErrNotCoordinator, err)
	}
	return fmt.Errorf("sonos: %w", err)
}

// OutputFixed reports whether the player's volume cannot be changed: its line output
// is set to a fixed level. Most players have no such setting.
func OutputFixed(ctx context.Context, client Client, player *upnp.Device) (bool, error) {
	svc, ok := player.Service(typeRendering)
	if !ok {
		return false, fmt.Errorf("sonos: RenderingControl: %w", ErrUnsupported)
	}
	var supports struct{ CurrentSupportsFixed string }
	if err := client.Call(ctx, svc, "GetSupportsOutputFixed", instance, &supports); err != nil {
		return false, fmt.Errorf("sonos: %w", err)
	}
	if !isTrue(supports.CurrentSupportsFixed) {
		return false, nil
	}
	var fixed struct{ CurrentFixed string }
	if err := client.Call(ctx, svc, "GetOutputFixed", instance, &fixed); err != nil {
		return false, fmt.Errorf("sonos: %w", err)
	}
	return isTrue(fixed.CurrentFixed), nil
}
