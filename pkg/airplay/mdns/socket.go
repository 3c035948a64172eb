package mdns

import (
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// A conn is an open socket of one family. One goroutine may read while another
// does all the rest.
type conn interface {
	// Join makes the group's datagrams arrive that reach the interface.
	Join(index int) error
	Leave(index int) error
	// Read waits for a packet, whose data lies in buf.
	Read(buf []byte) (multicast.Packet, error)
	// Write sends b out of one interface, from source if that is valid.
	Write(b []byte, to netip.AddrPort, index int, source netip.Addr) error
	Close() error
}

// An opener opens a socket on the mDNS port.
type opener func(multicast.Family, uint16) (conn, error)

// listen binds the port in one family beside all others who agree to share it.
func listen(f multicast.Family, port uint16) (conn, error) {
	c, err := multicast.Listen(query.Group(f, port), query.Hops)
	if err != nil {
		return nil, err // a nil *multicast.Conn would be a conn that is not nil
	}
	return c, nil
}

// listenRaw opens a raw socket, for which the kernel wants the capability
// NET_RAW.
func listenRaw(f multicast.Family, port uint16) (conn, error) {
	c, err := multicast.ListenRaw(query.Group(f, port), query.Hops, netif.SourceFor)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// sourceOn is the address to send from on an interface; ok is false when it has
// none of the family. For IPv6 the kernel picks, by scope (RFC 6724), and the
// group's scope is the link: without an address of that scope, as on loopback,
// nothing can be sent.
func sourceOn(i netif.Interface, f multicast.Family) (source netip.Addr, ok bool) {
	if f == multicast.IPv4 {
		return i.IPv4()
	}
	_, ok = query.LinkLocal(i)
	return netip.Addr{}, ok
}
