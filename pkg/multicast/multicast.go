// Package multicast opens the multicast and raw UDP sockets of the program.
//
//   - Listen shares a port on all addresses of this host, so it gets unicast as
//     well as the group's datagrams (mDNS, whose answers must come from 5353).
//   - ListenRaw does the same with a raw socket, where another program holds the
//     port exclusively.
//   - ListenGroup and ListenGroupRaw are bound to the group's own address and
//     never take a unicast datagram from another program (SSDP).
//   - Dial sends to groups from a port of its own, out of one interface.
//
// A socket is a member of no group until it joins on an interface. Raw sockets
// need the capability NET_RAW. Left out: source-specific multicast, and IPv6 for
// ListenGroup.
package multicast

import "net/netip"

//go:generate go tool stringer -type=Family

// MaxDatagramBytes is the largest UDP datagram, its header included.
const MaxDatagramBytes = 1<<16 - 1

// A Family is an address family.
type Family uint8

const (
	IPv4 Family = iota
	IPv6
)

// FamilyOf is the family of an address.
func FamilyOf(addr netip.Addr) Family {
	if addr.Unmap().Is4() {
		return IPv4
	}
	return IPv6
}

// A Packet is one datagram as it was received.
type Packet struct {
	Data  []byte         // lies in the buffer of Read; cut where that was too short
	From  netip.AddrPort // without zone
	To    netip.Addr     // the group, or an address of this host
	Index int            // of the interface it came in on
}

// Family is the one in which the packet was received.
func (p Packet) Family() Family { return FamilyOf(p.From.Addr()) }
