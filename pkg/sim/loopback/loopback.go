// Package loopback gives tests the one network that every machine has: its
// interface, and ports on it that nobody else has. It makes nothing: a network of
// a test's own is package namespace's. Only tests import it.
package loopback

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// Ports are given out below those that the kernel gives to whoever asks for any.
const (
	firstPort = 20000
	portCount = 10000
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

// Port is a UDP port that nobody had a moment ago.
func Port(t testing.TB) uint16 {
	t.Helper()
	for {
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(firstPort+rand.N(portCount)))
		conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		return at.Port()
	}
}
