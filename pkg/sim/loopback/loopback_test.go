package loopback_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
)

func TestInterfaces(t *testing.T) {
	lo := loopback.Interfaces(t)
	if len(lo) != 1 || !lo[0].Loopback || !lo[0].Has(netip.MustParseAddr("127.0.0.1")) {
		t.Errorf("want the loopback interface alone, got %+v", lo)
	}
}

func TestPort(t *testing.T) {
	held := make(map[uint16]bool)
	for range 50 {
		port := loopback.Port(t)
		if held[port] {
			t.Errorf("want a port that nobody has, got %d, which is held", port)
		}
		held[port] = true
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }() // nothing was written
	}
}
