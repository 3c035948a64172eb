package netif

import (
	"fmt"
	"net/netip"
)

// ByAddr is the interface with an address; loopback has all of 127.0.0.0/8.
func ByAddr(addr netip.Addr) (Interface, error) {
	all, err := List()
	if err != nil {
		return Interface{}, err
	}
	for _, i := range all {
		if i.Has(addr) || i.Loopback && addr.IsLoopback() {
			return i, nil
		}
	}
	return Interface{}, fmt.Errorf("netif: no interface has %v", addr)
}
