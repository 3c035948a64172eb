package doctor

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
)

// listLinks returns the kind of every interface, by name.
func listLinks() (map[string]link, error) {
	list, err := netlink.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list links: %w", err)
	}
	links := make(map[string]link, len(list))
	for _, l := range list {
		a := l.Attrs()
		_, err := os.Stat(filepath.Join("/sys/class/net", a.Name, "phy80211"))
		links[a.Name] = link{kind: l.Type(), mac: a.HardwareAddr, wireless: err == nil}
	}
	return links, nil
}

// gatewayOf is the router of the IPv4 default route of an interface.
func gatewayOf(index int) netip.Addr {
	routes, err := netlink.RouteList(nil, netlink.FAMILY_V4)
	if err != nil {
		return netip.Addr{} // treated like a host without a default route
	}
	for _, r := range routes {
		isDefault := r.Dst == nil || r.Dst.IP.IsUnspecified()
		if gateway, ok := netip.AddrFromSlice(r.Gw); ok && isDefault && r.LinkIndex == index {
			return gateway.Unmap()
		}
	}
	return netip.Addr{}
}
