package query

import (
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// Port is the port of Multicast DNS.
const Port = 5353

const (
	// Hops is the TTL of every packet (RFC 6762 section 11). Apple's responder
	// drops packets with another.
	Hops = 255
	// MaxPacketBytes is the largest packet that is read (RFC 6762 section 17); a
	// longer one is cut and then found malformed.
	MaxPacketBytes = 9000
)

// Group is the one that questions and answers are sent to in a family; the port
// is Port, or another in tests and the demo.
func Group(f multicast.Family, port uint16) netip.AddrPort {
	return netip.AddrPortFrom([...]netip.Addr{groupIPv4, groupIPv6}[f], port)
}

var (
	groupIPv4 = netip.MustParseAddr("224.0.0.251")
	groupIPv6 = netip.MustParseAddr("ff02::fb")
)

// LinkLocal is the first link-local IPv6 address of an interface, without zone.
func LinkLocal(i netif.Interface) (addr netip.Addr, ok bool) {
	for _, p := range i.Prefixes {
		if p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
			return p.Addr(), true
		}
	}
	return netip.Addr{}, false
}
