package bridge

import (
	"net/netip"
	"slices"
)

// noteLeftOut takes up which hosts have renderers that are known and not offered:
// those that a rule leaves out, and Sonos players that are a part of a room.
func (m *Manager) noteLeftOut(known *places) {
	var hosts []netip.Addr
	for _, pl := range known.all {
		if pl.leftOut.IsValid() {
			hosts = append(hosts, pl.leftOut)
		}
	}
	rooms, _, members := m.rooms()
	for uuid, p := range m.zonePlayers {
		if _, isRoom := rooms[uuid]; standingOf(isRoom, members[uuid]) == standingHidden {
			hosts = append(hosts, p.found.from.Unmap())
		}
	}
	slices.SortFunc(hosts, netip.Addr.Compare)
	hosts = slices.Compact(hosts)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leftOut = hosts
}

// leavesOut are the hosts as last noted.
func (m *Manager) leavesOut() []netip.Addr {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leftOut
}
