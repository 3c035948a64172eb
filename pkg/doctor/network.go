package doctor

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// A network is this host's interfaces, and which of them Breezeway uses.
type network struct {
	wanted   []string // BREEZEWAY_INTERFACES
	all      []netif.Interface
	selected []netif.Interface // of all, those that are used
	fault    error             // why all is empty
}

func readNetwork(wanted []string, list func() ([]netif.Interface, error)) *network {
	n := &network{wanted: wanted}
	n.all, n.fault = list()
	n.selected = netif.Select(n.all, wanted)
	return n
}

// owner is the interface of a list that has an address.
func owner(list []netif.Interface, addr netip.Addr) (netif.Interface, bool) {
	for _, i := range list {
		if i.Has(addr) {
			return i, true
		}
	}
	return netif.Interface{}, false
}

// has reports whether an address belongs to this host.
func (n *network) has(addr netip.Addr) bool {
	_, ok := owner(n.all, addr)
	return ok || addr.IsLoopback()
}

// addresses are this host's IPv4 addresses, loopback first, with a port, and the
// interfaces that can multicast.
func (n *network) addresses(port uint16) (targets []netip.AddrPort, interfaces []int) {
	const most = 32
	targets = append(targets, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port))
	for _, i := range n.all {
		addr, ok := i.IPv4()
		if !ok || i.Loopback || len(targets) == most {
			continue
		}
		targets = append(targets, netip.AddrPortFrom(addr, port))
		if i.Multicast {
			interfaces = append(interfaces, i.Index)
		}
	}
	return targets, interfaces
}

// uses reports whether i is one of the interfaces that are used.
func (n *network) uses(i netif.Interface) bool {
	for _, s := range n.selected {
		if s.Index == i.Index {
			return true
		}
	}
	return false
}

// unmatched are the patterns in BREEZEWAY_INTERFACES that match no usable interface.
func (n *network) unmatched() []string {
	var missing []string
	for _, w := range n.wanted {
		if len(netif.Select(n.all, []string{w})) == 0 {
			missing = append(missing, w)
		}
	}
	return missing
}

// nameSteps suggests interfaces for BREEZEWAY_INTERFACES.
func (n *network) nameSteps() []Step {
	var candidates []string
	for _, i := range n.all {
		if i.Up && !i.Loopback && i.Multicast && len(i.Prefixes) > 0 && safeInterface(i.Name) {
			candidates = append(candidates, "BREEZEWAY_INTERFACES="+i.Name)
		}
	}
	if len(candidates) == 0 {
		return []Step{{Text: "Plug in the cable, or give the interface an address."}}
	}
	return []Step{{
		Text:  "Name the interface that the speakers are on, as one of these:",
		Paste: strings.Join(candidates, "\n"),
	}}
}

// interfaceName matches names that are safe in a command: the kernel allows nearly
// any character in a name.
var interfaceName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}$`)

func safeInterface(name string) bool { return interfaceName.MatchString(name) }
