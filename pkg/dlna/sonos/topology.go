package sonos

import "slices"

// A Topology is the groups of one household, ordered by their coordinator, with their
// members ordered by UUID.
type Topology struct {
	Household string // its id; two households on one network, such as S1 and S2, are independent
	Groups    []Group
}

// A Group is the players that play the same sound, which the coordinator fetches. A
// single player is a group of one.
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
	Bridge          bool   // has no speaker
	Satellite       bool   // a surround speaker or subwoofer of the player that it is bound to
	SoftwareVersion string // "79.1-56030"
	BootSeq         int    // grows with each start; 0: not reported
}

// A Room is what users regard as one speaker: a player, or several that are bound into
// a stereo pair or a home theatre.
type Room struct {
	UUID        UUID // of the player that represents the room
	Name        string
	Location    string // of that player's description
	Coordinator UUID   // the player to send the stream to
}

// Rooms are the rooms of a household, ordered by UUID. If a coordinator is missing in
// the topology, as happens for a moment while groups change, each room counts as its
// own coordinator.
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

// Equal reports whether two topologies are the same.
func (t Topology) Equal(other Topology) bool {
	return t.Household == other.Household && slices.EqualFunc(t.Groups, other.Groups, func(a, b Group) bool {
		return a.Coordinator == b.Coordinator && slices.Equal(a.Members, b.Members)
	})
}
