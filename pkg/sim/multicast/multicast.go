// Package multicast opens the sockets by which simulated devices hear a
// multicast group, in a way that no other program on the host notices.
package multicast

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// Interface is the one that has local as an address.
func Interface(local netip.Addr) (*net.Interface, error) {
	all, err := netif.List()
	if err != nil {
		return nil, fmt.Errorf("multicast: %w", err)
	}
	for _, i := range all {
		if i.Has(local) || i.Loopback && local.IsLoopback() {
			return &net.Interface{Index: i.Index, Name: i.Name}, nil
		}
	}
	return nil, fmt.Errorf("multicast: no interface has %v", local)
}
