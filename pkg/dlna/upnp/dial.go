package upnp

import (
	"context"
	"errors"
	"net"
	"syscall"
)

// A dialFunc is net.Dialer's DialContext.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// dialTwice dials again at once where the first dial ends with EHOSTUNREACH. The
// kernel gives up a neighbour after three unanswered probes (arp(7), mcast_solicit),
// and with it every dial that waits for them: one that began as a cable was plugged in
// may have joined the last probe of another. A new dial has three of its own. Both
// together take at most connectTimeout; the first error is returned.
func dialTwice(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		conn, err := dial(ctx, network, address)
		if !errors.Is(err, syscall.EHOSTUNREACH) {
			return conn, err
		}
		if conn, again := dial(ctx, network, address); again == nil {
			return conn, nil
		}
		return nil, err
	}
}
