package sockets

import (
	"fmt"
	"net/netip"
)

// Access is whether a socket can be bound to a multicast group and UDP port, with
// both reuse options set.
type Access uint8

const (
	AccessUnknown   Access = iota
	AccessFree             // no program has the port
	AccessBeside           // others have it on single addresses only, which does not affect the group
	AccessShared           // others have it and share
	AccessExclusive        // another program has it and does not share, with this user at least
)

func (a Access) String() string {
	return [...]string{"unknown", "free", "beside", "shared", "exclusive"}[a]
}

// A Survey is the access to a port, and which sockets have it.
type Survey struct {
	Access  Access
	Holders []Holder // in the group's address family
}

// Survey finds out who may use the port of a multicast group. index is that of the
// interface, needed for IPv6 groups.
//
// Only a bind shows whether a holder shares. The trial socket is bound to the group's
// address and thus never receives unicast datagrams (a wildcard one would take them
// from the holder, if only for a moment). It is made only if a program has the port
// already, so that it cannot block one that is just starting.
func (t *Table) Survey(group netip.AddrPort, index int) (Survey, error) {
	var s Survey
	ipv4 := false // one of them is an IPv4 socket
	for _, h := range t.On(UDP, group.Port()) {
		if group.Addr().Is4() && h.ServesIPv4() || group.Addr().Is6() && h.ServesIPv6() {
			s.Holders = append(s.Holders, h)
			ipv4 = ipv4 || h.Local.Addr().Is4()
		}
	}
	if len(s.Holders) == 0 {
		s.Access = AccessFree
		return s, nil
	}
	shared, err := bindable(group, index, true)
	if err != nil {
		return s, fmt.Errorf("sockets: try %s: %w", group, err)
	}
	if !shared {
		s.Access = AccessExclusive
		return s, nil
	}
	alone, err := bindable(group, index, false)
	if err != nil {
		return s, fmt.Errorf("sockets: try %s alone: %w", group, err)
	}
	switch {
	case !alone:
		s.Access = AccessShared
	case ipv4 || group.Addr().Is6():
		s.Access = AccessBeside
	default:
		// Sockets of [::] that turn out to be IPv6 only
		s.Access, s.Holders = AccessFree, nil
	}
	return s, nil
}

// Among is the access to the port of a group if only these holders have it, by their
// addresses. The holders must be known to share, as they are if our own socket is
// among those that a Survey finds.
func Among(holders []Holder, group netip.Addr) Access {
	access := AccessFree
	for _, h := range holders {
		addr := h.Local.Addr()
		switch {
		case group.Is4() && !h.ServesIPv4() || group.Is6() && !h.ServesIPv6():
			// It has the port in the other address family
		case addr.IsUnspecified() || addr.WithZone("") == group:
			return AccessShared
		default:
			access = AccessBeside
		}
	}
	return access
}
