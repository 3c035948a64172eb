package ssdp

import (
	"net"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
)

func TestPortRangeListen(t *testing.T) {
	lo := loopback.Interfaces(t)[0]
	key, err := keyOf(lo)
	if err != nil {
		t.Fatal(err)
	}
	take := func(r settings.PortRange) uint16 {
		t.Helper()
		k, err := openSocket(t.Context(), key, lo, r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = k.conn.Close() })
		return k.conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	}
	const first = 31866 // below what the kernel hands out
	r := settings.PortRange{First: first, Last: first + 1}
	if got := take(r); got != first {
		t.Errorf("want the first, %d, got %d", first, got)
	}
	if got := take(r); got != first+1 {
		t.Errorf("want the next, %d, got %d", first+1, got)
	}
	if got := take(r); got == first || got == first+1 || got == 0 {
		t.Errorf("want any other when all are taken, got %d", got)
	}
	if got := take(settings.PortRange{First: 65535, Last: 65535}); got == 0 {
		t.Error("want an end at the last port there is")
	}
}
