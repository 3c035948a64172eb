package lab

import (
	"net/netip"
	"testing"
)

// AddSegment lays a second Ethernet segment, 10.78.0.0/24, to some hosts, as a
// VLAN would be one: it has no default route. It may be called once.
func (l *LAN) AddSegment(t testing.TB, names ...string) {
	t.Helper()
	l.hub.ip(t, `
		link add br1 type bridge mcast_snooping 0 stp_state 0 forward_delay 0
		link set br1 up`)
	for _, name := range names {
		h := l.Host(name)
		last := h.Addr.As4()[3]
		h.Second = netip.AddrFrom4([4]byte{10, 78, 0, last})
		l.hub.ip(t, `
			link add second%[1]d type veth peer name eth1 netns %[2]d
			link set second%[1]d master br1
			link set second%[1]d up`, last, h.pid())
		h.ip(t, `
			link set eth1 address 02:4c:41:42:01:%02x
			addr add %s/24 brd + dev eth1
			link set eth1 up`, last, h.Second)
	}
}
