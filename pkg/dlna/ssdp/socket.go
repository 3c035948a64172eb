package ssdp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	multicastTTL = 2 // UDA 1.1 section 1.3.2
	// A send never waits longer: a broken link must not hold up the others.
	sendTimeout = 100 * time.Millisecond
)

var errNoIPv4 = errors.New("no IPv4 address")

// A socketKey changes when a socket no longer fits its interface: an interface
// that was made anew has another index.
type socketKey struct {
	name  string
	index int
	addr  netip.Addr
}

// A socket searches on one interface and gets the answers.
type socket struct {
	key   socketKey
	iface netif.Interface // as it is now
	conn  *net.UDPConn
}

// A packet is a datagram that a socket got, or the error that ended it.
type packet struct {
	socket   *socket
	from     netip.AddrPort
	received time.Time
	data     []byte
	err      error
}

func keyOf(iface netif.Interface) (socketKey, error) {
	addr, ok := iface.IPv4()
	if !ok {
		return socketKey{}, errNoIPv4
	}
	return socketKey{iface.Name, iface.Index, addr}, nil
}

// openSocket binds a port of the range on the interface's address and sends
// multicast out of it only. Where no port of the range is free it takes any:
// answers that a firewall may drop are better than no search.
func openSocket(ctx context.Context, key socketKey, iface netif.Interface, ports settings.PortRange) (*socket, error) {
	var conn *net.UDPConn
	open := func(port uint16) (err error) {
		conn, err = multicast.Dial(ctx, netip.AddrPortFrom(key.addr, port), iface.Index, multicastTTL)
		return err
	}
	err := ports.FirstFree(0, nil, open)
	if errors.Is(err, settings.ErrPortsInUse) {
		err = open(0)
	}
	if err != nil {
		return nil, fmt.Errorf("ssdp: %w", err)
	}
	return &socket{key: key, iface: iface, conn: conn}, nil
}

// read passes datagrams on until the socket is closed or ctx ends. Any other
// error is passed on too and is the last.
func (k *socket) read(ctx context.Context, out chan<- packet) {
	buffer := make([]byte, maxDatagramBytes+1) // one more shows what is too long
	for {
		n, from, err := k.conn.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		p := packet{socket: k, received: time.Now(), err: err}
		if err == nil {
			p.from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
			p.data = bytes.Clone(buffer[:n])
		}
		select {
		case <-ctx.Done():
			return
		case out <- p:
		}
		if err != nil {
			return
		}
	}
}

// send sends one search.
func (k *socket) send(to netip.AddrPort, search []byte) error {
	if err := k.conn.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return fmt.Errorf("ssdp: send: %w", err)
	}
	if _, err := k.conn.WriteToUDPAddrPort(search, to); err != nil {
		return fmt.Errorf("ssdp: send: %w", err)
	}
	return nil
}
