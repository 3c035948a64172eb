//go:build !linux

package netif

import (
	"fmt"
	"net"
	"net/netip"
)

// List is every interface of the host as it is now. On systems other than Linux the
// default route is unknown, and deprecated addresses are included.
func List() ([]Interface, error) {
	links, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("netif: list interfaces: %w", err)
	}
	list := make([]Interface, 0, len(links))
	for _, link := range links {
		addrs, err := link.Addrs()
		if err != nil {
			return nil, fmt.Errorf("netif: addresses of %s: %w", link.Name, err)
		}
		list = append(list, Interface{
			Name:      link.Name,
			Index:     link.Index,
			MTU:       link.MTU,
			Loopback:  link.Flags&net.FlagLoopback != 0,
			Up:        link.Flags&net.FlagUp != 0 && link.Flags&net.FlagRunning != 0,
			Multicast: link.Flags&net.FlagMulticast != 0,
			Prefixes:  prefixes(addrs),
		})
	}
	return list, nil
}

func prefixes(addrs []net.Addr) []netip.Prefix {
	var list []netip.Prefix
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, p)
		}
	}
	sortPrefixes(list)
	return list
}
