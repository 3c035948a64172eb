package bridge

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// topologyWithin is how long a Sonos player is held back until its household
// says whether it is a room: the half of a stereo pair must not be offered.
const topologyWithin = 10 * time.Second

// regroupTime is how long after a change of its group what a player does by
// itself is put down to that: a coordinator that leaves stops, and so does one
// that joins others.
const regroupTime = 5 * time.Second

// errFollows is the outcome of a start on a player that is no coordinator. A
// stream of its own would pull it out of its group.
var errFollows = errors.New("bridge: the room follows another; its group is looked at again")

// lookAgainForCoordinator spaces the looks for a coordinator that was not found.
const lookAgainForCoordinator = 30 * time.Second

// faultNoCoordinator is the UPnP error of a Sonos player that follows another.
const faultNoCoordinator = 800

// A zonePlayer is a Sonos player that was described. The manager's loop alone
// uses it.
type zonePlayer struct {
	target *target // as it is by itself
	found  finding
	met    time.Time
	looked time.Time // for its coordinator, the last time
	volume *roomVolume
	input  *sonos.Input // of the coordinator that input was made for; nil: none
	on     string       // that coordinator, by its fingerprint
	group  string       // in which it plays, by the names of its rooms
}

// A place in its household that a Sonos player can have.
type standing uint8

const (
	standingUnknown standing = iota // its household has not told yet
	standingHidden                  // a part of another speaker: half of a pair, a satellite
	standingRoom                    // what people take for one speaker
)

// rooms are all rooms of all households by the player that stands for them, and
// the rooms that each coordinator has play, in an order of their own. members
// has every player known.
func (m *Manager) rooms() (rooms map[sonos.UUID]sonos.Room, groups map[sonos.UUID][]string, members map[sonos.UUID]bool) {
	rooms, groups, members = map[sonos.UUID]sonos.Room{}, map[sonos.UUID][]string{}, map[sonos.UUID]bool{}
	for _, topology := range m.households.Topologies() {
		for _, r := range topology.Rooms() {
			rooms[r.UUID] = r
			groups[r.Coordinator] = append(groups[r.Coordinator], string(r.UUID))
		}
		for _, g := range topology.Groups {
			for _, one := range g.Members {
				members[one.UUID] = true
			}
		}
	}
	return rooms, groups, members
}

// meet takes a target of a look: any other renderer as it is, a Sonos player as
// its household says, whose id may be known. It reports false for what is not to
// be offered, or not yet.
func (m *Manager) meet(ctx context.Context, group *errgroup.Group, t *target, f finding, household string, now time.Time) (*target, bool) {
	uuid, ok := sonos.UUIDOf(t.udn)
	if !ok {
		return t, true
	}
	p := m.zonePlayers[uuid]
	if p == nil {
		if len(m.zonePlayers) >= maxSpeakers {
			return nil, false
		}
		p = &zonePlayer{met: now, volume: &roomVolume{}}
		m.zonePlayers[uuid] = p
		signal(m.topologyC) // others may wait for it as their coordinator
	}
	p.target, p.found = t, f
	if player, ok := sonos.PlayerOf(t.root); ok {
		m.households.PlayerFound(player, household)
	}
	return m.room(ctx, group, uuid, p, now)
}

// room makes the target of a Sonos player's room.
func (m *Manager) room(ctx context.Context, group *errgroup.Group, uuid sonos.UUID, p *zonePlayer, now time.Time) (*target, bool) {
	rooms, groups, members := m.rooms()
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
		if now.Sub(p.looked) >= lookAgainForCoordinator {
			p.looked = now
			m.look(ctx, group, rooms[room.Coordinator].Location, p.target.address)
		}
		coordinator = p // which takes no stream as long as it follows the other
	}
	t, err := m.roomTarget(p, coordinator.target)
	if err != nil {
		m.log.Warn().Err(err).Str("room", room.Name).Msg("a Sonos room cannot be used")
		return nil, false
	}
	together := groups[room.Coordinator]
	p.group = strings.Join(together, " ")
	p.volume.follow(m.options.Client, coordinator.target, p.group, len(together) > 1)
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
	t.ruled, t.settings, t.skip, t.included = own.ruled, own.settings, own.skip, own.included
	t.sink = coordinator.sink
	t.initFormats()
	t.fingerprint = coordinator.fingerprint
	d := &roomDevice{
		Renderer: t.renderer, own: own.renderer, volume: p.volume,
		input: p.inputOf(m.options.Client, coordinator), restores: t.settings.Restore,
	}
	if uuid, ok := sonos.UUIDOf(coordinator.udn); ok {
		d.refused = func() { m.households.Refresh(uuid) }
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
		before := p.group
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
			e.bridge.post(message{regrouped: true, joins: m.playsAlready(e)})
			e.bridge.attach(t)
			m.join(ctx, group, t, false)
		case e != nil && offered && p.group != before:
			e.bridge.post(message{regrouped: true})
		}
	}
}

// playsAlready reports whether the coordinator of e's room has the sound of
// another sender: who joins a group wants to hear what it plays.
func (m *Manager) playsAlready(e *entry) bool {
	for _, other := range m.roster {
		if other != e && other.fingerprint == e.fingerprint && other.bridge.Snapshot().Playing() {
			return true
		}
	}
	return false
}

// A roomDevice has a Sonos room play: by the coordinator of its group, and as
// loud as its own volume or the group's says.
type roomDevice struct {
	*renderer.Renderer                    // the coordinator's
	own                *renderer.Renderer // the room's own
	volume             *roomVolume
	input              *sonos.Input // what it had before; nil: it is not looked at
	restores           bool         // it goes back to that
	refused            func()       // has the household looked at again; nil: not
}

// Play implements device.
func (d *roomDevice) Play(ctx context.Context, media renderer.Media) error {
	if d.input != nil {
		// One that does not tell is not gone back to, and takes what it is given.
		if source, _ := d.input.Remember(ctx); source == sonos.SourceFollower {
			d.doubt()
			return errFollows
		}
	}
	err := d.Renderer.Play(ctx, media)
	var fault *upnp.Fault
	if errors.As(err, &fault) && fault.Code == faultNoCoordinator {
		d.doubt()
	}
	return err
}

// doubt has the household looked at again.
func (d *roomDevice) doubt() {
	if d.refused != nil {
		d.refused()
	}
}

// Stop implements device.
func (d *roomDevice) Stop(ctx context.Context) error {
	err := d.Renderer.Stop(ctx)
	if d.restores && d.input != nil && err == nil {
		err = d.input.Restore(ctx)
	}
	return err
}

// SetVolume implements device.
func (d *roomDevice) SetVolume(ctx context.Context, level float64) error {
	done, err := d.volume.do(func(g *sonos.GroupVolume) error {
		return g.Set(ctx, int(math.Round(level*sonos.MaxVolume)))
	})
	if errors.Is(err, sonos.ErrNotCoordinator) {
		d.doubt()
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
	mu    sync.Mutex // guards below; held during a call, as a GroupVolume wants
	of    string     // coordinator and members that group was made for
	group *sonos.GroupVolume
}

// follow switches to the group of these members, or to the room's own volume.
func (v *roomVolume) follow(client sonos.Client, coordinator *target, members string, grouped bool) {
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

// tellsVolume reports whether what the renderer tells of its volume is that of
// the speaker. A room that plays with others is asked instead.
func (t *target) tellsVolume() bool {
	d, ok := t.plays.(*roomDevice)
	return !ok || !d.volume.grouped()
}

// joinsOthers reports whether a URI, which is not ours, says that a Sonos player
// follows another one now; its household is looked at again then.
func (t *target) joinsOthers(uri string) bool {
	d, ok := t.plays.(*roomDevice)
	if !ok || sonos.SourceOf(uri) != sonos.SourceFollower {
		return false
	}
	d.doubt()
	return true
}

// regroup notes that the room's group has changed. A session that had to wait
// goes on; one of a room that joins others who play already leaves it at that.
func (p *player) regroup(joins bool) {
	if joins {
		p.step(eventTakenOver, "the group that the room has joined plays for another sender")
		p.bridge.send(dacp.Pause, "its room has joined a group that plays")
		return
	}
	p.failures, p.regrouped = 0, time.Now()
	p.step(eventRetryNow, "its group has changed")
}

// ungrouped starts anew after a stop that the change of its group has caused. It
// reports false for any other stop.
func (p *player) ungrouped() bool {
	if time.Since(p.regrouped) >= regroupTime {
		return false
	}
	p.regrouped = time.Time{}
	p.step(eventFailed, "the speaker stopped as its group has changed")
	p.failures = 0
	p.step(eventRetryNow, "its group has changed")
	return true
}
