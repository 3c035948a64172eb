package multicast

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// Listen opens a socket that hears an IPv4 group on one interface. It is bound
// to the group's own address, which package net cannot do: it would take the
// wildcard instead. Both reuse flags let others share the port.
func Listen(group netip.AddrPort, ifi *net.Interface) (net.PacketConn, error) {
	conn, err := bind(group)
	if err != nil {
		return nil, fmt.Errorf("multicast: bind %v: %w", group, err)
	}
	if err := ipv4.NewPacketConn(conn).JoinGroup(ifi, net.UDPAddrFromAddrPort(group)); err != nil {
		return nil, errors.Join(fmt.Errorf("multicast: join %v on %s: %w", group, ifi.Name, err), conn.Close())
	}
	return conn, nil
}

func bind(group netip.AddrPort) (net.PacketConn, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "multicast")
	defer f.Close() // FilePacketConn works on a copy
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1),
		// Only what this socket joined, not what others on the host did.
		unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0),
		unix.Bind(fd, &unix.SockaddrInet4{Port: int(group.Port()), Addr: group.Addr().As4()}),
	)
	if err != nil {
		return nil, err
	}
	return net.FilePacketConn(f)
}
