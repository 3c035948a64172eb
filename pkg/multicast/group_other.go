//go:build !linux

package multicast

import (
	"errors"
	"fmt"
	"net/netip"
)

// ListenGroup shares the group's port on all addresses, since only Linux keeps
// unicast to it away: it serves simulators alone.
func ListenGroup(group netip.AddrPort) (*Conn, error) { return Listen(group, 0) }

// ListenGroupRaw works on Linux only.
func ListenGroupRaw(netip.AddrPort) (*Conn, error) {
	return nil, fmt.Errorf("multicast: open raw socket: %w", errors.ErrUnsupported)
}
