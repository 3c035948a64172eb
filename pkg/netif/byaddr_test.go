package netif_test

import (
	"net/netip"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

func TestByAddr(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "127.0.0.2"} {
		if i, err := netif.ByAddr(netip.MustParseAddr(addr)); err != nil || !i.Loopback {
			t.Errorf("%s: want the loopback interface, got %+v, %v", addr, i, err)
		}
	}
	if _, err := netif.ByAddr(netip.MustParseAddr("192.0.2.1")); err == nil {
		t.Error("want an error for an address that no interface has")
	}
}
