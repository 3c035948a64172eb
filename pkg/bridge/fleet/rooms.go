package fleet

import (
	"net/netip"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
)

const (
	// topologyWithin is how long a Sonos player is held back until its household
	// says whether it is a room: the half of a stereo pair must not be offered.
	topologyWithin = 10 * time.Second
	// coordinatorAgain spaces the looks for a coordinator that was not found.
	coordinatorAgain = 30 * time.Second
)

// A zonePlayer is a Sonos player that was described.
type zonePlayer struct {
	found  *found // as it is by itself
	from   finding
	met    time.Time
	looked time.Time // for its coordinator, the last time
	volume *roomVolume
	input  *sonos.Input // of the coordinator that input was made for; nil: none
	of     string       // that coordinator, by its fingerprint
	group  string       // in which it plays, by the names of its rooms
}

// A role is that of a Sonos player in its household.
type role uint8

const (
	roleUnknown role = iota // its household has not said yet
	roleHidden              // a part of another speaker: half of a pair, a satellite
	roleRoom                // what people take for one speaker
)

// sonosRooms are the players of Sonos households and the rooms that they are. The
// manager's loop alone uses them.
type sonosRooms struct {
	households *sonos.Households
	players    map[sonos.UUID]*zonePlayer
	inspect    *inspector
	// look has a LOCATION described.
	look func(url string, from netip.Addr)
	log  zerolog.Logger
}

// topology are all rooms of all households by the player that stands for them, and
// the rooms that each coordinator has play, in an order of their own. members
// has every player known.
func (s *sonosRooms) topology() (rooms map[sonos.UUID]sonos.Room, groups map[sonos.UUID][]string, members map[sonos.UUID]bool) {
	rooms, groups, members = map[sonos.UUID]sonos.Room{}, map[sonos.UUID][]string{}, map[sonos.UUID]bool{}
	for _, topology := range s.households.Topologies() {
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

func roleOf(isRoom, isMember bool) role {
	switch {
	case isRoom:
		return roleRoom
	case isMember:
		return roleHidden
	}
	return roleUnknown
}

// resolve takes a renderer that was found: any other one as it is, a Sonos player as
// the room that its household says it is. household is the player's, if it is known.
// It reports false for what is not to be offered, or not yet; isNew says that the
// player is met for the first time.
func (s *sonosRooms) resolve(f *found, from finding, household string, now time.Time) (room *found, offered, isNew bool) {
	uuid, ok := sonos.UUIDOf(f.UDN)
	if !ok {
		return f, true, false
	}
	p := s.players[uuid]
	if p == nil {
		if len(s.players) >= maxSpeakers {
			return nil, false, false
		}
		p, isNew = &zonePlayer{met: now, volume: &roomVolume{}}, true
		s.players[uuid] = p
	}
	p.found, p.from = f, from
	if player, ok := sonos.PlayerOf(f.root); ok {
		s.households.PlayerFound(player, household)
	}
	room, offered = s.room(uuid, p, now)
	return room, offered, isNew
}

// room returns the room of a Sonos player, ready to play.
func (s *sonosRooms) room(uuid sonos.UUID, p *zonePlayer, now time.Time) (*found, bool) {
	rooms, groups, members := s.topology()
	room, isRoom := rooms[uuid]
	switch roleOf(isRoom, members[uuid]) {
	case roleHidden:
		return nil, false
	case roleUnknown:
		return p.found, now.Sub(p.met) >= topologyWithin
	case roleRoom:
	}
	coordinator := s.players[room.Coordinator]
	if coordinator == nil {
		if now.Sub(p.looked) >= coordinatorAgain {
			p.looked = now
			s.look(rooms[room.Coordinator].Location, p.found.Address)
		}
		coordinator = p // which takes no stream as long as it follows the other
	}
	f, err := s.roomOf(p, coordinator.found)
	if err != nil {
		s.log.Warn().Err(err).Str("room", room.Name).Msg("Sonos room cannot be used")
		return nil, false
	}
	together := groups[room.Coordinator]
	p.group = strings.Join(together, " ")
	p.volume.follow(s.inspect.client, coordinator.found, p.group, len(together) > 1)
	return f, true
}

// roomOf is a room that has the coordinator play, and is called and set as the room
// is.
func (s *sonosRooms) roomOf(p *zonePlayer, coordinator *found) (*found, error) {
	f, err := s.inspect.connect(coordinator.device, coordinator.root, coordinator.Address)
	if err != nil {
		return nil, err
	}
	own := p.found
	f.UDN, f.Name, f.Model = own.UDN, own.Name, own.Model
	f.ruled, f.Settings, f.skip, f.included = own.ruled, own.Settings, own.skip, own.included
	f.sink, f.fingerprint = coordinator.sink, coordinator.fingerprint
	s.inspect.setFormats(f)
	room := &roomOutput{
		output: f.Output.(*output), own: own.renderer, volume: p.volume,
		input: p.inputOf(s.inspect.client, coordinator), restore: f.Settings.Restore,
	}
	if uuid, ok := sonos.UUIDOf(coordinator.UDN); ok {
		room.refresh = func() { s.households.Refresh(uuid) }
	}
	f.Output = room
	return f, nil
}

// inputOf is the memory of what the coordinator had before it played for us: the
// same as long as it is the same coordinator.
func (p *zonePlayer) inputOf(client sonos.Client, coordinator *found) *sonos.Input {
	if p.input == nil || p.of != coordinator.fingerprint {
		p.input, p.of = nil, coordinator.fingerprint
		if input, err := sonos.NewInput(client, coordinator.device); err == nil {
			p.input = input
		}
	}
	return p.input
}

// hiddenHosts are the hosts of players that are a part of another speaker.
func (s *sonosRooms) hiddenHosts() []netip.Addr {
	var hosts []netip.Addr
	rooms, _, members := s.topology()
	for uuid, p := range s.players {
		if _, isRoom := rooms[uuid]; roleOf(isRoom, members[uuid]) == roleHidden {
			hosts = append(hosts, p.from.from.Unmap())
		}
	}
	return hosts
}

// forget drops a player that stayed away, or the next change would offer it anew.
func (s *sonosRooms) forget(udn string) {
	if uuid, ok := sonos.UUIDOf(udn); ok {
		delete(s.players, uuid)
	}
}
