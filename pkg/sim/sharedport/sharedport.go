// Package sharedport holds a UDP port for programs of one machine that share it,
// so that no other program gets it before they bind it, or between two of them.
package sharedport

import (
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// A Port is a UDP port that only programs which share their port (SO_REUSEADDR and
// SO_REUSEPORT) can bind, in IPv4 and IPv6, until it is closed.
//
// The socket that holds it is bound to the wildcard address of IPv6, where there is
// IPv6: the kernel prefers any IPv4 socket for a unicast datagram of IPv4.
type Port struct{ conn *net.UDPConn }

// Hold holds a port that the kernel chooses among those that nobody has.
func Hold() (*Port, error) {
	conn, err := net.ListenUDP("udp", nil)
	if err != nil {
		return nil, fmt.Errorf("hold a UDP port: %w", err)
	}
	if err := share(conn); err != nil {
		return nil, errors.Join(fmt.Errorf("share a UDP port: %w", err), conn.Close())
	}
	return &Port{conn}, nil
}

// Number is the port's number.
func (p *Port) Number() uint16 { return p.conn.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

// Close lets the port go. It may be called twice.
func (p *Port) Close() { _ = p.conn.Close() } // nothing was written

// share lets others bind the port of a socket. Until then the port was the
// socket's alone: with these options set before, the kernel might have chosen a
// port that another program shares.
func share(conn *net.UDPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	outer := raw.Control(func(fd uintptr) {
		err = errors.Join(
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1),
		)
	})
	return errors.Join(outer, err)
}
