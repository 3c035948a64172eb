package multicast

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// Listen binds the group's port on all addresses of the group's family, together
// with all programs that agree to share it. Port 0 is any free port, which is
// not shared. All that is sent has this TTL; 0 keeps multicast on this host and
// leaves the TTL of unicast as the system has it. An error wraps EADDRINUSE where
// another program does not share the port, EAFNOSUPPORT without the family.
func Listen(group netip.AddrPort, ttl int) (*Conn, error) {
	network, host := "udp4", "0.0.0.0"
	if group.Addr().Is6() {
		network, host = "udp6", "::"
	}
	var config net.ListenConfig
	if group.Port() != 0 {
		config.Control = shareable
	}
	c, err := config.ListenPacket(context.Background(), network, net.JoinHostPort(host, strconv.Itoa(int(group.Port()))))
	if err != nil {
		return nil, fmt.Errorf("multicast: bind: %w", err)
	}
	socket, err := prepare(c, group.Addr(), ttl)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("multicast: set socket options: %w", err), c.Close())
	}
	group = netip.AddrPortFrom(group.Addr(), addrPort(c.LocalAddr()).Port())
	return &Conn{group: group, socket: socket}, nil
}

// shareable lets others bind the same port, and us after them. Some programs set
// only one of the two options, so that either has to match.
func shareable(_, _ string, raw syscall.RawConn) error {
	var err error
	outer := raw.Control(func(fd uintptr) {
		err = errors.Join(
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1),
		)
	})
	return errors.Join(outer, err)
}

// prepare sets what sockets need that send and receive. Multicast is looped back:
// other programs on this host look for speakers, too.
func prepare(c net.PacketConn, group netip.Addr, ttl int) (familySocket, error) {
	if group.Is4() {
		p := ipv4.NewPacketConn(c)
		err := errors.Join(
			p.SetMulticastTTL(ttl),
			p.SetMulticastLoopback(true),
			p.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true),
		)
		if ttl > 0 {
			err = errors.Join(err, p.SetTTL(ttl))
		}
		return socketIPv4{p}, err
	}
	p := ipv6.NewPacketConn(c)
	err := errors.Join(
		p.SetMulticastHopLimit(ttl),
		p.SetMulticastLoopback(true),
		p.SetControlMessage(ipv6.FlagInterface|ipv6.FlagDst, true),
	)
	if ttl > 0 {
		err = errors.Join(err, p.SetHopLimit(ttl))
	}
	return socketIPv6{p}, err
}

// Dial opens a socket on a local address whose multicast leaves through one
// interface with this TTL; 0 keeps it on this host, where it is looped back.
// Port 0 is any free port.
func Dial(ctx context.Context, local netip.AddrPort, index, ttl int) (*net.UDPConn, error) {
	network := "udp4"
	if local.Addr().Is6() {
		network = "udp6"
	}
	var config net.ListenConfig
	c, err := config.ListenPacket(ctx, network, local.String())
	if err != nil {
		return nil, fmt.Errorf("multicast: bind: %w", err)
	}
	out := &net.Interface{Index: index}
	if local.Addr().Is4() {
		p := ipv4.NewPacketConn(c)
		err = errors.Join(p.SetMulticastInterface(out), p.SetMulticastTTL(ttl), p.SetMulticastLoopback(true))
	} else {
		p := ipv6.NewPacketConn(c)
		err = errors.Join(p.SetMulticastInterface(out), p.SetMulticastHopLimit(ttl), p.SetMulticastLoopback(true))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("multicast: set socket options: %w", err), c.Close())
	}
	return c.(*net.UDPConn), nil
}
