package sonos

import "slices"

// A Topology is who plays with whom in one household, ordered: groups by their
// coordinator, members by their UUID.
type Topology struct {
	Household string // its id; two households of one network, as S1 and S2, do not know each other
	Groups    []Group
}

// A Group are players that play the same: the coordinator's sound. A player by
// itself is a group of one.
type Group struct {
	Coordinator UUID
	Members     []Member
}

// A Member is one player of a group.
type Member struct {
	UUID            UUID
	Room            string // one line, as people named it; a stereo pair shares it
	Location        string // URL of the description, not checked in any way
	Invisible       bool   // the second half of a stereo pair, a subwoofer, a bridge
	Bridge          bool   // makes no sound
	Satellite       bool   // a surround speaker or subwoofer of the player that it is bound to
	SoftwareVersion string // "79.1-56030"
	BootSeq         int    // grows with each start; 0: not reported
}

// A Room is what people take for one speaker: a player, or several that are
// bound into one as a stereo pair or a home theatre.
type Room struct {
	UUID        UUID // of the player that represents the room
	Name        string
	Location    string // of that player's description
	Coordinator UUID   // the player to send the stream to
}

// Rooms are the rooms of a household, ordered by UUID. A coordinator that is
// missing in the topology, as for a moment while groups change, is ignored: its
// rooms play by themselves.
func (t Topology) Rooms() []Room {
	listed := t.listed()
	var rooms []Room
	for _, g := range t.Groups {
		for _, m := range g.Members {
			if m.Invisible || m.Bridge || m.Satellite {
				continue
			}
			coordinator := g.Coordinator
			if !listed[coordinator] {
				coordinator = m.UUID
			}
			rooms = append(rooms, Room{UUID: m.UUID, Name: m.Room, Location: m.Location, Coordinator: coordinator})
		}
	}
	slices.SortFunc(rooms, func(a, b Room) int { return compareUUID(a.UUID, b.UUID) })
	return rooms
}

// listed are all players of the topology.
func (t Topology) listed() map[UUID]bool {
	listed := make(map[UUID]bool)
	for _, g := range t.Groups {
		for _, m := range g.Members {
			listed[m.UUID] = true
		}
	}
	return listed
}

// Equal reports whether two topologies say the same.
func (t Topology) Equal(other Topology) bool {
	return t.Household == other.Household && slices.EqualFunc(t.Groups, other.Groups, func(a, b Group) bool {
		return a.Coordinator == b.Coordinator && slices.Equal(a.Members, b.Members)
	})
}
