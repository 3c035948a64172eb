package doctor

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// markFiles are created in the root of a container by its engine.
var markFiles = []string{"/.dockerenv", "/run/.containerenv"}

func engineMarks() []string {
	var found []string
	for _, name := range markFiles {
		if _, err := os.Stat(name); err == nil {
			found = append(found, name)
		}
	}
	return found
}

// dockerPool are the networks that Docker assigns to bridges by default.
var dockerPool = netip.MustParsePrefix("172.16.0.0/12")

// A placeCheck guesses whether this is a container on a bridge network with address
// translation, which multicast does not pass.
type placeCheck struct {
	network    *network
	links      func() (map[string]link, error) // by name
	gateway    func(index int) netip.Addr      // of the IPv4 default route; zero if there is none
	marks      func() []string                 // markFiles that exist
	ownAddress *ownAddress
}

// check needs at least one interface in use.
func (p *placeCheck) check(context.Context) Result {
	links, err := p.links()
	if err != nil {
		return skip("interfaces cannot be examined: " + err.Error())
	}
	first := p.network.selected[0]
	switch kind := links[first.Name].kind; kind {
	case "macvlan", "ipvlan", "macvtap", "ipvtap":
		return fine(first.Name + " is " + kind + ": an address of its own on the LAN, on which every port is free")
	}
	signs := p.bridgeSigns(first, links[first.Name])
	if len(p.network.selected) > 1 || len(signs) < 2 || hasBridge(links) {
		return fine("this host's own network, as far as can be seen")
	}
	return Result{
		Status: Warning,
		Seen:   "a guess from these signs: " + strings.Join(signs, "; "),
		Means:  "This looks like a container on a bridge network. The bridge does not forward multicast: speakers are not found, and senders do not see them.",
		Do: append([]Step{{
			Text:  "Use the host's network (Linux only):",
			Paste: "docker compose --profile host up -d",
		}}, p.ownAddress.steps()...),
	}
}

// hasBridge reports whether an interface is a bridge, as on hosts with Docker:
// a container of a bridge network does not see the bridge.
func hasBridge(links map[string]link) bool {
	for _, l := range links {
		if l.kind == "bridge" {
			return true
		}
	}
	return false
}

// bridgeSigns are the hints that i is a container's end of a container engine's
// bridge. Any one of them also occurs elsewhere.
func (p *placeCheck) bridgeSigns(i netif.Interface, l link) []string {
	var signs []string
	if marks := p.marks(); len(marks) > 0 {
		signs = append(signs, "there is "+marks[0])
	}
	if l.kind == "veth" {
		signs = append(signs, i.Name+" is one end of a pair (veth)")
	}
	addr, ok := i.IPv4()
	if !ok {
		return signs
	}
	if madeFrom(l.mac, addr) {
		signs = append(signs, "its MAC is made from its address, as Docker does")
	}
	if dockerPool.Contains(addr) && p.gateway(i.Index) == firstOf(i, addr) {
		signs = append(signs, addr.String()+" and its gateway are where Docker puts bridges")
	}
	return signs
}

// madeFrom reports whether a MAC is 02:42 followed by the four bytes of the address.
func madeFrom(mac net.HardwareAddr, addr netip.Addr) bool {
	b := addr.As4()
	return len(mac) == 6 && mac[0] == 0x02 && mac[1] == 0x42 && [4]byte(mac[2:]) == b
}

// firstOf is the first host address of the subnet that addr is in.
func firstOf(i netif.Interface, addr netip.Addr) netip.Addr {
	for _, prefix := range i.Prefixes {
		if prefix.Addr() == addr {
			return prefix.Masked().Addr().Next()
		}
	}
	return netip.Addr{}
}
