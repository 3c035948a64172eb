// Package netif lists the network interfaces of the host, selects those to use,
// reports changes, and finds the local address from which a peer is reached.
//
// It covers what multicast discovery needs (RFC 6762 section 14, UPnP Device
// Architecture 1.0 section 1): one entry for each interface with its addresses.
// Addresses that must not be announced are left out: tentative ones, whose duplicate
// check still runs, and deprecated ones (RFC 4862 section 5.5.4). Routing tables,
// neighbours and traffic counters are not covered.
package netif

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// An Interface is one network interface at one moment.
type Interface struct {
	Name      string
	Index     int // the kernel's; it changes when the interface is created again
	MTU       int // bytes
	Loopback  bool
	Up        bool // enabled, and with a carrier
	Multicast bool
	Prefixes  []netip.Prefix // the addresses with their prefix length, IPv4 first
	Default   bool           // the default route uses it
}

// IPv4 is the interface's first IPv4 address; ok is false when it has none.
func (i Interface) IPv4() (addr netip.Addr, ok bool) {
	for _, p := range i.Prefixes {
		if p.Addr().Is4() {
			return p.Addr(), true
		}
	}
	return netip.Addr{}, false
}

// Has reports whether addr is one of the interface's own addresses.
func (i Interface) Has(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(i.Prefixes, func(p netip.Prefix) bool { return p.Addr() == addr })
}

// OnLink reports whether addr is reached over the interface without a router:
// it lies in one of the prefixes or is a link-local address.
func (i Interface) OnLink(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if addr.IsLinkLocalUnicast() {
		return true
	}
	return slices.ContainsFunc(i.Prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func (i Interface) equal(o Interface) bool {
	return i.Name == o.Name && i.Index == o.Index && i.MTU == o.MTU &&
		i.Loopback == o.Loopback && i.Up == o.Up && i.Multicast == o.Multicast &&
		i.Default == o.Default && slices.Equal(i.Prefixes, o.Prefixes)
}

// discardPort is the port to which SourceFor connects; nothing is ever sent there.
const discardPort = 9

// SourceFor is the local address from which the kernel reaches peer. It asks by
// connecting a UDP socket, which sends nothing.
func SourceFor(peer netip.Addr) (netip.Addr, error) {
	if !peer.IsValid() {
		return netip.Addr{}, errors.New("netif: route to no address")
	}
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(peer.Unmap(), discardPort)))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("netif: route to %v: %w", peer, err)
	}
	defer conn.Close()
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr()
	return local.Unmap(), nil
}

// sortPrefixes puts IPv4 first and keeps the kernel's order otherwise, in which
// the primary address of an interface comes first.
func sortPrefixes(prefixes []netip.Prefix) {
	slices.SortStableFunc(prefixes, func(a, b netip.Prefix) int {
		return a.Addr().BitLen() - b.Addr().BitLen()
	})
}
