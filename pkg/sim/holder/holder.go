// Package holder binds a UDP port in each of the ways in which other programs were
// seen to bind 1900 (SSDP) and 5353 (mDNS): media servers, docker-proxy, avahi and the
// rest. Tests open and close such sockets beside what they test.
//
// Which sockets live side by side is the kernel's rule (socket(7), ip(7)): both
// set SO_REUSEADDR, or both set SO_REUSEPORT and are of one user; a socket of
// [::] counts as one of 0.0.0.0 unless it is IPV6_V6ONLY. Nothing is answered on
// these sockets.
package holder

import "net/netip"

// A Binding is a way to bind a port.
type Binding struct {
	Name      string
	Addr      netip.Addr // the address bound
	ReuseAddr bool       // SO_REUSEADDR
	ReusePort bool       // SO_REUSEPORT
	V6Only    bool       // IPV6_V6ONLY
	OtherUser bool       // the program runs as another user than ours

	// SharesGroup reports whether a socket that is bound to the multicast group
	// and sets both options can be beside it; SharesAny, one bound to 0.0.0.0.
	SharesGroup, SharesAny bool
	// SharesIPv6 is the same of a socket of [::] that is IPV6_V6ONLY.
	SharesIPv6 bool
	// TakesUnicast reports whether it gets what is sent to the host's address,
	// while nobody else is bound to 0.0.0.0.
	TakesUnicast bool
}

// Exclusive is the binding beside which no program can bind the port in IPv4.
var Exclusive = Binding{Name: "exclusive", Addr: netip.IPv4Unspecified(), SharesIPv6: true, TakesUnicast: true}

// Bindings are all nine known ones, on a host with that address and for that group, both IPv4.
func Bindings(host, group netip.Addr) []Binding {
	all, all6 := netip.IPv4Unspecified(), netip.IPv6Unspecified()
	return []Binding{
		Exclusive,
		{Name: "SO_REUSEADDR", Addr: all, ReuseAddr: true, SharesGroup: true, SharesAny: true, SharesIPv6: true, TakesUnicast: true},
		{Name: "SO_REUSEPORT, same user", Addr: all, ReusePort: true, SharesGroup: true, SharesAny: true, SharesIPv6: true, TakesUnicast: true},
		{Name: "SO_REUSEPORT, other user", Addr: all, ReusePort: true, OtherUser: true, SharesIPv6: true, TakesUnicast: true},
		{Name: "both options, other user", Addr: all, ReuseAddr: true, ReusePort: true, OtherUser: true, SharesGroup: true, SharesAny: true, SharesIPv6: true, TakesUnicast: true},
		{Name: "exclusive on the host's address", Addr: host, SharesGroup: true, SharesIPv6: true, TakesUnicast: true},
		{Name: "exclusive on the group", Addr: group, SharesIPv6: true},
		{Name: "exclusive, dual stack", Addr: all6, TakesUnicast: true},
		{Name: "exclusive, IPv6 only", Addr: all6, V6Only: true, SharesGroup: true, SharesAny: true},
	}
}
