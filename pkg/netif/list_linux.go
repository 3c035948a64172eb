package netif

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// List is every interface of the host as it is now, in the kernel's order. It
// costs three netlink dumps, however many interfaces there are.
func List() ([]Interface, error) {
	links, err := netlink.LinkList()
	if err != nil {
		return nil, fmt.Errorf("netif: list links: %w", err)
	}
	addrs, err := netlink.AddrList(nil, netlink.FAMILY_ALL)
	if err != nil {
		return nil, fmt.Errorf("netif: list addresses: %w", err)
	}
	prefixes := usable(addrs)
	defaultIndex := defaultRoute()

	list := make([]Interface, 0, len(links))
	for _, link := range links {
		a := link.Attrs()
		list = append(list, Interface{
			Name:      a.Name,
			Index:     a.Index,
			MTU:       a.MTU,
			Loopback:  a.Flags&net.FlagLoopback != 0,
			Up:        a.Flags&net.FlagUp != 0 && a.Flags&net.FlagRunning != 0,
			Multicast: a.Flags&net.FlagMulticast != 0,
			Prefixes:  prefixes[a.Index],
			Default:   a.Index == defaultIndex,
		})
	}
	return list, nil
}

// usable groups the addresses that may be announced by interface index.
func usable(addrs []netlink.Addr) map[int][]netip.Prefix {
	const unfit = unix.IFA_F_TENTATIVE | unix.IFA_F_DADFAILED | unix.IFA_F_DEPRECATED
	prefixes := make(map[int][]netip.Prefix)
	for _, a := range addrs {
		ip, ok := netip.AddrFromSlice(a.IP)
		if !ok || a.Flags&unfit != 0 {
			continue
		}
		ones, _ := a.Mask.Size()
		prefixes[a.LinkIndex] = append(prefixes[a.LinkIndex], netip.PrefixFrom(ip.Unmap(), ones))
	}
	for _, list := range prefixes {
		sortPrefixes(list)
	}
	return prefixes
}

// defaultRoute is the index of the interface that the best default route leads
// out of, IPv4 before IPv6; 0 when there is none. A host whose routes cannot be
// read is treated as one without a default route: it only decides the order.
func defaultRoute() int {
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		routes, err := netlink.RouteList(nil, family)
		if err != nil {
			continue
		}
		if index := best(routes); index != 0 {
			return index
		}
	}
	return 0
}

// best is the interface of the default route with the lowest metric, 0 for none.
func best(routes []netlink.Route) int {
	index, metric := 0, 0
	for _, r := range routes {
		if !isDefault(r) || (index != 0 && r.Priority >= metric) {
			continue
		}
		index, metric = outOf(r), r.Priority
	}
	return index
}

func isDefault(r netlink.Route) bool {
	if r.Dst != nil {
		if ones, _ := r.Dst.Mask.Size(); ones != 0 {
			return false
		}
	}
	return outOf(r) != 0
}

// outOf is the interface a route leads out of; a multipath route has it in its
// first hop.
func outOf(r netlink.Route) int {
	if r.LinkIndex == 0 && len(r.MultiPath) > 0 {
		return r.MultiPath[0].LinkIndex
	}
	return r.LinkIndex
}
