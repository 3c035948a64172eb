package stream

import "net/netip"

// admits reports whether the peer ("host:port") may read a stream for want.
func admits(want netip.Addr, remote string) bool {
	if !want.IsValid() {
		return true
	}
	peer, err := netip.ParseAddrPort(remote)
	return err == nil && plain(peer.Addr()) == plain(want)
}

// plain is addr without its zone and not IPv4-mapped, so that it can be compared.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }
