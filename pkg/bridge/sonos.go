package bridge

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// topologyWithin is how long a Sonos player is held back until its household
// says whether it is a room: the half of a stereo pair must not be offered.
const topologyWithin = 10 * time.Second

// faultNoCoordinator is the UPnP error of a Sonos player that follows another.
const faultNoCoordinator = 800

// A zonePlayer is a Sonos player that was described. The manager's loop alone
// uses it.
type zonePlayer struct {
	target *target // as it is by itself
	found  finding
	met    time.Time
	volume *roomVolume
	input  *sonos.Input // of the coordinator that input was made for; nil: none
	on     string       // that coordinator, by its fingerprint
}

// A place in its household that a Sonos player can have.
type standing uint8

const (
	standingUnknown standing = iota // its household has not told yet
	standingHidden                  // a part of another speaker: half of a pair, a satellite
	standingRoom                    // what people take for one speaker
)

// rooms are all rooms of all households by the player that stands for them, and
// how many rooms each coordinator has play. members has every player known.
func (m *Manager) rooms() (rooms map[sonos.UUID]sonos.Room, sizes map[sonos.UUID]int, members map[sonos.UUID]bool) {
	rooms, sizes, members = map[sonos.UUID]sonos.Room{}, map[sonos.UUID]int{}, map[sonos.UUID]bool{}
	for _, topology := range m.households.Topologies() {
		for _, r := range topology.Rooms() {
			rooms[r.UUID] = r
			sizes[r.Coordinator]++
		}
		for _, g := range topology.Groups {
			for _, one := range g.Members {
				members[one.UUID] = true
			}
		}
	}
	return rooms, sizes, members
}

// meet takes a target of a look: any other renderer as it is, a Sonos player as
// its household says. It reports false for what is not to be offered, or not
// yet.
func (m *Manager) meet(ctx context.Context, group *errgroup.Group, t *target, f finding, now time.Time) (*target, bool) {
	uuid, ok := sonos.UUIDOf(t.udn)
	if !ok {
		return t, true
	}
	p := m.zonePlayers[uuid]
	if p == nil {
		p = &zonePlayer{met: now, volume: &roomVolume{}}
		m.zonePlayers[uuid] = p
	}
	p.target, p.found = t, f
	if player, ok := sonos.PlayerOf(t.root); ok {
		m.households.Meet(player, "")
	}
	return m.room(ctx, group, uuid, p, now)
}

// room makes the target of a Sonos player's room.
func (m *Manager) room(ctx context.Context, group *errgroup.Group, uuid sonos.UUID, p *zonePlayer, now time.Time) (*target, bool) {
	rooms, sizes, members := m.rooms()
	room, isRoom := rooms[uuid]
	switch standingOf(isRoom, members[uuid]) {
	case standingHidden:
		return nil, false
	case standingUnknown:
		return p.target, now.Sub(p.met) >= topologyWithin
	case standingRoom:
	}
	coordinator := m.zonePlayers[room.Coordinator]
	if coordinator == nil {
		m.look(ctx, group, rooms[room.Coordinator].Location, p.target.address)
		return nil, false
	}
	t, err := m.roomTarget(p, coordinator.target)
	if err != nil {
		m.log.Warn().Err(err).Str("room", room.Name).Msg("a Sonos room cannot be used")
		return nil, false
	}
	p.volume.follow(m.options.Client, coordinator.target, sizes[room.Coordinator] > 1)
	return t, true
}

func standingOf(isRoom, isMember bool) standing {
	switch {
	case isRoom:
		return standingRoom
	case isMember:
		return standingHidden
	}
	return standingUnknown
}

// roomTarget is a room's: it has the coordinator play, and is called and set as
// the room is.
func (m *Manager) roomTarget(p *zonePlayer, coordinator *target) (*target, error) {
	t, err := m.target(coordinator.device, coordinator.root, coordinator.address)
	if err != nil {
		return nil, err
	}
	own := p.target
	t.udn, t.name, t.model = own.udn, own.name, own.model
	t.settings, t.skip, t.included = own.settings, own.skip, own.included
	t.sink = coordinator.sink
	t.climb()
	t.fingerprint = coordinator.fingerprint
	d := &roomDevice{Renderer: t.renderer, own: own.renderer, volume: p.volume}
	if uuid, ok := sonos.UUIDOf(coordinator.udn); ok {
		d.refused = func() { m.households.Refresh(uuid) }
	}
	if t.settings.Play.Restore {
		d.input = p.inputOf(m.options.Client, coordinator)
	}
	t.plays = d
	return t, nil
}

// inputOf is the memory of what the coordinator had before it played for us: the
// same as long as it is the same coordinator.
func (p *zonePlayer) inputOf(client sonos.Client, coordinator *target) *sonos.Input {
	if p.input == nil || p.on != coordinator.fingerprint {
		p.input, p.on = nil, coordinator.fingerprint
		if input, err := sonos.NewInput(client, coordinator.device); err == nil {
			p.input = input
		}
	}
	return p.input
}

// regroup follows a change of the households: rooms come and go, and play on
// another coordinator.
func (m *Manager) regroup(ctx context.Context, group *errgroup.Group, now time.Time) {
	for uuid, p := range m.zonePlayers {
		t, offered := m.room(ctx, group, uuid, p, now)
		e := m.roster[p.target.udn]
		switch {
		case e == nil && offered && !t.skip && !m.native(t.settings, t.included, p.found.from):
			m.add(ctx, group, t, p.found)
		case e != nil && !offered:
			e.bridge.log.Info().Msg("the player is a part of another speaker now: it is not offered by itself")
			m.remove(e)
		case e != nil && offered && e.fingerprint != t.fingerprint:
			e.bridge.log.Info().Str("coordinator", t.location()).Msg("the room plays with others now, or by itself again")
			e.fingerprint = t.fingerprint
			e.bridge.attach(t)
			m.join(ctx, group, t)
		}
	}
}

// A roomDevice has a Sonos room play: by the coordinator of its group, and as
// loud as its own volume or the group's says.
type roomDevice struct {
	*renderer.Renderer                    // the coordinator's
	own                *renderer.Renderer // the room's own
	volume             *roomVolume
	input              *sonos.Input // nil: what was interrupted is not gone back to
	refused            func()       // has the household looked at again; nil: not
}

// Play implements device.
func (d *roomDevice) Play(ctx context.Context, media renderer.Media) error {
	if d.input != nil {
		_, _ = d.input.Remember(ctx) // not remembered, not gone back to
	}
	err := d.Renderer.Play(ctx, media)
	var fault *upnp.Fault
	if errors.As(err, &fault) && fault.Code == faultNoCoordinator && d.refused != nil {
		d.refused()
	}
	return err
}

// Stop implements device.
func (d *roomDevice) Stop(ctx context.Context) error {
	err := d.Renderer.Stop(ctx)
	if d.input != nil && err == nil {
		err = d.input.Restore(ctx)
	}
	return err
}

// SetVolume implements device.
func (d *roomDevice) SetVolume(ctx context.Context, level float64) error {
	done, err := d.volume.do(func(g *sonos.GroupVolume) error {
		return g.Set(ctx, int(math.Round(level*sonos.MaxVolume)))
	})
	if errors.Is(err, sonos.ErrNotCoordinator) && d.refused != nil {
		d.refused()
	}
	if done {
		return err
	}
	return d.own.SetVolume(ctx, level)
}

// SetMute implements device.
func (d *roomDevice) SetMute(ctx context.Context, mute bool) error {
	done, err := d.volume.do(func(g *sonos.GroupVolume) error { return g.SetMute(ctx, mute) })
	if done {
		return err
	}
	return d.own.SetMute(ctx, mute)
}

// Volume implements device.
func (d *roomDevice) Volume(ctx context.Context) (level float64, err error) {
	done, err := d.volume.do(func(g *sonos.GroupVolume) error {
		volume, err := g.Volume(ctx)
		level = float64(volume) / sonos.MaxVolume
		return err
	})
	if done {
		return level, err
	}
	return d.own.Volume(ctx)
}

// A roomVolume is which volume a Sonos room has: its own, or its group's while it
// plays with others.
type roomVolume struct {
	mu          sync.Mutex // guards below; held during a call, as a GroupVolume wants
	coordinator string     // fingerprint
	group       *sonos.GroupVolume
}

// follow switches to the coordinator's group, or to the room's own volume.
func (v *roomVolume) follow(client sonos.Client, coordinator *target, grouped bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !grouped {
		v.group, v.coordinator = nil, ""
		return
	}
	if v.group != nil && v.coordinator == coordinator.fingerprint {
		return // the ratios of its members are in there
	}
	group, err := sonos.NewGroupVolume(client, coordinator.device)
	if err != nil {
		return // its own volume then
	}
	v.group, v.coordinator = group, coordinator.fingerprint
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

// tellsVolume reports whether what the renderer tells of its volume is that of
// the speaker. A room that plays with others is asked instead.
func (t *target) tellsVolume() bool {
	d, ok := t.plays.(*roomDevice)
	return !ok || !d.volume.grouped()
}
