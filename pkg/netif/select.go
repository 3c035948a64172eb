package netif

import (
	"net/netip"
	"path"
	"slices"
	"strings"
)

// virtual are the names of interfaces that do not lead to speakers or senders:
// bridges of containers and virtual machines, tunnels, the host's side of macvlan
// containers (ours, Unraid's). They are used only if the user names them.
var virtual = []string{
	"docker*", "br-*", "veth*", "virbr*", "tun*", "tap*", "wg*", "zt*", "tailscale*", "breezeway-shim", "shim-*",
}

// Select picks the interfaces to work on, the default route's first and the
// others in the kernel's order.
//
// With wanted empty these are the ones that are up, can multicast, have an
// address, are no loopback and do not look virtual. Otherwise these are the ones
// that are up, have an address and match one of wanted: a name ("eth0"), a glob
// ("eth*"), an address ("192.168.1.5") or a prefix ("192.168.1.0/24"). Loopback
// is picked only when named without a wildcard.
func Select(all []Interface, wanted []string) []Interface {
	var picked []Interface
	for _, i := range all {
		if i.Up && len(i.Prefixes) > 0 && eligible(i, wanted) {
			picked = append(picked, i)
		}
	}
	slices.SortStableFunc(picked, func(a, b Interface) int {
		return rank(a) - rank(b)
	})
	return picked
}

func rank(i Interface) int {
	if i.Default {
		return 0
	}
	return i.Index
}

func eligible(i Interface, wanted []string) bool {
	if len(wanted) > 0 {
		return slices.ContainsFunc(wanted, func(w string) bool { return matches(i, w) })
	}
	if i.Loopback || !i.Multicast {
		return false
	}
	return !slices.ContainsFunc(virtual, func(glob string) bool { return matchName(glob, i.Name) })
}

// matches reports whether the pattern matches this interface. A pattern that is
// neither address nor prefix is a name or glob; a malformed one matches nothing.
func matches(i Interface, pattern string) bool {
	if addr, err := netip.ParseAddr(pattern); err == nil {
		return i.Has(addr)
	}
	if prefix, err := netip.ParsePrefix(pattern); err == nil {
		return slices.ContainsFunc(i.Prefixes, func(p netip.Prefix) bool { return prefix.Contains(p.Addr()) })
	}
	if i.Loopback && strings.ContainsAny(pattern, "*?[") {
		return false
	}
	return matchName(pattern, i.Name)
}

func matchName(glob, name string) bool {
	ok, err := path.Match(glob, name)
	return ok && err == nil
}
