package sockets

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// bindable reports whether a socket can be bound to a multicast group's own
// address, willing to share or not. It is closed at once. The net package cannot
// do this: it binds the wildcard address instead.
func bindable(group netip.AddrPort, index int, share bool) (ok bool, err error) {
	family, address := unix.AF_INET, unix.Sockaddr(nil)
	if group.Addr().Is4() {
		address = &unix.SockaddrInet4{Port: int(group.Port()), Addr: group.Addr().As4()}
	} else {
		family = unix.AF_INET6
		address = &unix.SockaddrInet6{Port: int(group.Port()), Addr: group.Addr().As16(), ZoneId: uint32(index)}
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, fmt.Errorf("open socket: %w", err)
	}
	defer func() { _ = unix.Close(fd) }() // a failure has no consequence
	if share {
		err = errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1),
		)
	}
	if family == unix.AF_INET6 {
		err = errors.Join(err, unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1))
	}
	if err != nil {
		return false, fmt.Errorf("set socket options: %w", err)
	}
	switch err := unix.Bind(fd, address); {
	case errors.Is(err, unix.EADDRINUSE):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("bind: %w", err)
	}
	return true, nil
}
