package ssdp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"golang.org/x/net/bpf"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// openEar opens the socket of a method. Neither one gets a unicast datagram: both
// are bound to the group's address, which Go's net package turns into the
// wildcard one, so they are made by hand.
func openEar(method ListenMethod, group netip.AddrPort) (*ear, error) {
	open := openGroup
	if method == MethodRaw {
		open = openRaw
	}
	conn, err := open(group)
	if err != nil {
		return nil, err
	}
	return newEar(method, group, conn)
}

// openGroup shares the port with everybody who shares it: those who set one
// of the two options only find it in ours.
func openGroup(group netip.AddrPort) (net.PacketConn, error) {
	conn, err := openBound(unix.SOCK_DGRAM, group,
		option{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1},
		option{unix.SOL_SOCKET, unix.SO_REUSEPORT, 1},
	)
	if errors.Is(err, unix.EADDRINUSE) {
		return nil, fmt.Errorf("ssdp: open %v: %w: a program holds %d/UDP and does not share it", group, err, group.Port())
	}
	if err != nil {
		return nil, fmt.Errorf("ssdp: open %v: %w", group, err)
	}
	return conn, nil
}

// openRaw gets copies of what the group gets, whoever holds the port.
func openRaw(group netip.AddrPort) (net.PacketConn, error) {
	conn, err := openBound(unix.SOCK_RAW, group)
	if errors.Is(err, unix.EPERM) {
		return nil, fmt.Errorf("ssdp: open raw socket: %w: it takes the capability NET_RAW", err)
	}
	if err != nil {
		return nil, fmt.Errorf("ssdp: open raw socket: %w", err)
	}
	filter, err := bpf.Assemble(portFilter(group.Port()))
	if err == nil {
		err = ipv4.NewPacketConn(conn).SetBPF(filter)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ssdp: filter raw socket: %w", err), conn.Close())
	}
	return conn, nil
}

// portFilter lets IPv4 datagrams to a UDP port pass.
func portFilter(port uint16) []bpf.Instruction {
	const wholeDatagram = 1 << 16
	return []bpf.Instruction{
		bpf.LoadMemShift{Off: 0}, // X: length of the IP header
		bpf.LoadIndirect{Off: udpDestination, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(port), SkipTrue: 1},
		bpf.RetConstant{Val: wholeDatagram},
		bpf.RetConstant{Val: 0},
	}
}

type option struct{ level, name, value int }

// openBound opens a socket for UDP bound to the group. It hears the group only
// where it is joined by that very socket: not where others joined.
func openBound(kind int, group netip.AddrPort, options ...option) (net.PacketConn, error) {
	fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_UDP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	file := os.NewFile(uintptr(fd), "ssdp")
	defer file.Close() // the conn has a copy
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
