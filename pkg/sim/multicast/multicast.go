// Package multicast opens the sockets by which simulated devices hear a
// multicast group, in a way that no other program on the host notices.
package multicast

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// Holder is the interface that has local as an address.
func Holder(local netip.Addr) (netif.Interface, error) {
	all, err := netif.List()
	if err != nil {
		return netif.Interface{}, fmt.Errorf("multicast: %w", err)
	}
	for _, i := range all {
		if i.Has(local) || i.Loopback && local.IsLoopback() {
			return i, nil
		}
	}
	return netif.Interface{}, fmt.Errorf("multicast: no interface has %v", local)
}

// Interface is the Holder as package net knows it.
func Interface(local netip.Addr) (*net.Interface, error) {
	i, err := Holder(local)
	if err != nil {
		return nil, err
	}
	return &net.Interface{Index: i.Index, Name: i.Name}, nil
}
