package doctor

import (
	"net/netip"
	"strings"
)

// An ownAddress explains how to give Breezeway an IP address of its own on this host.
type ownAddress struct {
	network *network
	links   func() (map[string]link, error)
	gateway func(index int) netip.Addr // of the IPv4 default route; zero if there is none
}

// steps suggests the macvlan profile with the values of this network.
func (o *ownAddress) steps() []Step {
	const intro = "Give Breezeway an address of its own, on which every port is free"
	for _, i := range o.network.selected {
		addr, ok := i.IPv4()
		if !ok || i.Loopback || !safeInterface(i.Name) {
			continue
		}
		if links, err := o.links(); err == nil && links[i.Name].wireless {
			return []Step{{Text: intro + ": not over " + i.Name + ", which is Wi-Fi; use a wired interface."}}
		}
		subnet := netip.PrefixFrom(addr, 24).Masked()
		for _, p := range i.Prefixes {
			if p.Addr() == addr {
				subnet = p.Masked()
			}
		}
		return []Step{
			{
				Text: intro + ". In .env, with a free IP address of the network that the router does not assign to other devices:",
				Paste: strings.Join([]string{
					"PARENT=" + i.Name, "SUBNET=" + subnet.String(), "GATEWAY=" + textOf(o.gateway(i.Index)), "IP=",
				}, "\n"),
			},
			{Text: "Then:", Paste: "docker compose --profile host down\ndocker compose --profile macvlan up -d"},
		}
	}
	return nil
}

// textOf is the address, "" without one.
func textOf(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}
