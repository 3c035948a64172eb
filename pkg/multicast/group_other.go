//go:build !linux

package multicast

import (
	"errors"
	"fmt"
	"net/netip"
)

// ListenGroup works on Linux only.
func ListenGroup(group netip.AddrPort) (*Conn, error) {
	return nil, fmt.Errorf("multicast: open %v: %w", group, errors.ErrUnsupported)
}

// ListenGroupRaw works on Linux only.
func ListenGroupRaw(netip.AddrPort) (*Conn, error) {
	return nil, fmt.Errorf("multicast: open raw socket: %w", errors.ErrUnsupported)
}
