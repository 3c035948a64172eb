package speaker

import (
	"context"
	"net"
	"net/netip"
)

// dialFrom dials from an address of the speaker's, by which others know it.
// What the other side sends waits in a buffer of so many bytes; 0: the system
// chooses, and chooses anew as it goes.
func dialFrom(local netip.Addr, receiveBufferBytes int) func(context.Context, string, string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: local.AsSlice()}}
	if receiveBufferBytes > 0 {
		d.Control = bufferOf(receiveBufferBytes)
	}
	return d.DialContext
}
