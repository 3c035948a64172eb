package fleet

import (
	"context"
	"errors"
	"math"
	"sync"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// errFollows is the outcome of a start on a player that is no coordinator. A
// stream of its own would pull it out of its group.
var errFollows = errors.New("fleet: the room follows another; its group is looked at again")

// faultNoCoordinator is the UPnP error of a Sonos player that follows another.
const faultNoCoordinator = 800

// A roomOutput has a Sonos room play: by the coordinator of its group, and as loud as
// its own volume or the group's says.
type roomOutput struct {
	*output                    // the coordinator
	own     *renderer.Renderer // the room's own player
	volume  *roomVolume
	input   *sonos.Input // what it had before; nil: it is not looked at
	restore bool         // it goes back to that
	refresh func()       // has the household looked at again; nil: not
}

// Play implements player.Output.
func (r *roomOutput) Play(ctx context.Context, media renderer.Media) error {
	if r.input != nil {
		// One that does not say what it plays is not gone back to, and takes what it is
		// given.
		if source, _ := r.input.Remember(ctx); source == sonos.SourceFollower {
			r.refreshHousehold()
			return errFollows
		}
	}
	err := r.output.Play(ctx, media)
	var fault *upnp.Fault
	if errors.As(err, &fault) && fault.Code == faultNoCoordinator {
		r.refreshHousehold()
	}
	return err
}

// refreshHousehold has the household looked at again.
func (r *roomOutput) refreshHousehold() {
	if r.refresh != nil {
		r.refresh()
	}
}

// Stop implements player.Output.
func (r *roomOutput) Stop(ctx context.Context) error {
	err := r.output.Stop(ctx)
	if r.restore && r.input != nil && err == nil {
		err = r.input.Restore(ctx)
	}
	return err
}

// SetVolume implements player.Output.
func (r *roomOutput) SetVolume(ctx context.Context, level float64) error {
	done, err := r.volume.do(func(g *sonos.GroupVolume) error {
		return g.Set(ctx, int(math.Round(level*sonos.MaxVolume)))
	})
	if errors.Is(err, sonos.ErrNotCoordinator) {
		r.refreshHousehold()
	}
	if done {
		return err
	}
	return r.own.SetVolume(ctx, level)
}

// SetMute implements player.Output.
func (r *roomOutput) SetMute(ctx context.Context, mute bool) error {
	done, err := r.volume.do(func(g *sonos.GroupVolume) error { return g.SetMute(ctx, mute) })
	if done {
		return err
	}
	return r.own.SetMute(ctx, mute)
}

// Volume implements player.Output.
func (r *roomOutput) Volume(ctx context.Context) (level float64, err error) {
	done, err := r.volume.do(func(g *sonos.GroupVolume) error {
		volume, err := g.Volume(ctx)
		level = float64(volume) / sonos.MaxVolume
		return err
	})
	if done {
		return level, err
	}
	return r.own.Volume(ctx)
}

// ReportsOwnVolume implements player.Output. A room that plays with others reports
// its own volume, which is not the group's.
func (r *roomOutput) ReportsOwnVolume() bool { return !r.volume.grouped() }

// FollowsAnother implements player.Output. The household of a room that does is
// looked at again.
func (r *roomOutput) FollowsAnother(uri string) bool {
	if sonos.SourceOf(uri) != sonos.SourceFollower {
		return false
	}
	r.refreshHousehold()
	return true
}

// A roomVolume is which volume a Sonos room has: its own, or its group's while it
// plays with others.
type roomVolume struct {
	mu    sync.Mutex // guards below; held during a call, as a GroupVolume wants
	of    string     // coordinator and members that group was made for
	group *sonos.GroupVolume
}

// follow switches to the volume of the group of these members, or to the room's own.
func (v *roomVolume) follow(client sonos.Client, coordinator *found, members string, grouped bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !grouped {
		v.group, v.of = nil, ""
		return
	}
	of := coordinator.fingerprint + " " + members
	if v.group != nil && v.of == of {
		return // the ratios of its members are in there
	}
	group, err := sonos.NewGroupVolume(client, coordinator.device)
	if err != nil {
		return // its own volume then
	}
	v.group, v.of = group, of
}

// do does something to the group's volume, if it is the one that counts.
func (v *roomVolume) do(act func(*sonos.GroupVolume) error) (done bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.group == nil {
		return false, nil
	}
	return true, act(v.group)
}

// grouped reports whether the group's volume is the one that counts.
func (v *roomVolume) grouped() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.group != nil
}
