// Package loopback gives tests the one network that every machine has: its
// interface, and a port on it for programs that share one. It makes nothing: a
// network of a test's own is package namespace's. Only tests import it.
package loopback

import (
	"errors"
	"net"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// Interfaces is the loopback interface. Without one the test fails.
func Interfaces(t testing.TB) []netif.Interface {
	t.Helper()
	all, err := netif.List()
	if err != nil {
		t.Fatal(err)
	}
	lo := netif.Select(all, []string{"127.0.0.1"})
	if len(lo) != 1 {
		t.Fatal("no loopback interface with 127.0.0.1")
	}
	return lo
}

// SharedPort is a UDP port that only programs which share their port
// (SO_REUSEADDR and SO_REUSEPORT) can bind, in IPv4 and IPv6. A socket holds it
// until the test ends or release is called, whichever is first, so that no other
// program gets it in between. That socket is bound to the wildcard address of
// IPv6, where there is IPv6: the kernel prefers any IPv4 socket for a unicast
// datagram of IPv4.
func SharedPort(t testing.TB) (port uint16, release func()) {
	t.Helper()
	conn, err := net.ListenUDP("udp", nil)
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { _ = conn.Close() }) // nothing was written
	t.Cleanup(release)
	if err := share(conn); err != nil {
		t.Fatal(err)
	}
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Port(), release
}

// share lets others bind the port of a socket. Until then the port was the
// socket's alone: with these options set before, the kernel might have chosen a
// port that another test shares.
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
