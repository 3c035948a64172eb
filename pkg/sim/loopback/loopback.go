// Package loopback gives tests the one network that every machine has: its
// interface, and a port on it for programs that share one. A network that a test
// makes for itself is package namespace's. Only tests import it.
package loopback

import (
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/sharedport"
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

// SharedPort is a UDP port that only programs which share their port can bind, as
// package sharedport holds it until the test ends or release is called, whichever
// is first.
func SharedPort(t testing.TB) (port uint16, release func()) {
	t.Helper()
	held, err := sharedport.Hold()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(held.Close)
	return held.Number(), held.Close
}
