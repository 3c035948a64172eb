//go:build !linux

package multicast

import (
	"fmt"
	"net"
	"net/netip"
)

// Listen shares the group's port in the way that package net has for it.
func Listen(group netip.AddrPort, ifi *net.Interface) (net.PacketConn, error) {
	conn, err := net.ListenMulticastUDP("udp4", ifi, net.UDPAddrFromAddrPort(group))
	if err != nil {
		return nil, fmt.Errorf("multicast: listen to %v on %s: %w", group, ifi.Name, err)
	}
	return conn, nil
}
