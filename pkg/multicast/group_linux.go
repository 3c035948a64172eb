package multicast

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// ListenGroup binds the address and port of an IPv4 group, together with all
// programs that agree to share them. It receives only what is sent to the group
// on interfaces that it joined, and nothing can be sent from it. An error wraps
// EADDRINUSE where another program does not share the port.
func ListenGroup(group netip.AddrPort) (*Conn, error) {
	c, err := bindGroup(unix.SOCK_DGRAM, group,
		option{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1},
		option{unix.SOL_SOCKET, unix.SO_REUSEPORT, 1},
	)
	if errors.Is(err, unix.EADDRINUSE) {
		return nil, fmt.Errorf("multicast: open %v: %w: a program holds %d/UDP and does not share it", group, err, group.Port())
	}
	if err != nil {
		return nil, fmt.Errorf("multicast: open %v: %w", group, err)
	}
	return newGroupConn(c, group, false)
}

// ListenGroupRaw gets copies of what the group gets, whichever program holds the
// port. An error wraps EPERM without the capability NET_RAW.
func ListenGroupRaw(group netip.AddrPort) (*Conn, error) {
	c, err := bindGroup(unix.SOCK_RAW, group)
	if err != nil {
		return nil, openingRaw(err)
	}
	return newGroupConn(c, group, true)
}

type option struct{ level, name, value int }

// bindGroup binds a UDP socket to the group's address. Package net would take
// the wildcard address instead, so it is made by hand.
func bindGroup(kind int, group netip.AddrPort, options ...option) (net.PacketConn, error) {
	fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_UDP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	file := os.NewFile(uintptr(fd), "multicast")
	defer file.Close() // the conn has a copy
	// Only what this very socket joined, not what others on this host did
	options = append(options, option{unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0})
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return nil, os.NewSyscallError("setsockopt", err)
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: int(group.Port()), Addr: group.Addr().As4()}); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	return net.FilePacketConn(file)
}
