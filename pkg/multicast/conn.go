package multicast

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// A Conn is a socket that receives a group's datagrams. One goroutine may read
// while another does all the rest.
type Conn struct {
	group  netip.AddrPort
	socket familySocket
	raw    *rawFraming // nil: the kernel adds and strips UDP headers
}

// A familySocket is what the sockets of both address families have in common.
type familySocket interface {
	JoinGroup(ifi *net.Interface, group net.Addr) error
	LeaveGroup(ifi *net.Interface, group net.Addr) error
	SetReadDeadline(t time.Time) error
	LocalAddr() net.Addr
	Close() error

	read(buf []byte) (Packet, error)
	// write sends out of the interface with this index, 0 for the route's, from
	// source if that is valid.
	write(b []byte, to netip.AddrPort, index int, source netip.Addr) error
}

// Group is the group with the port that the Conn is bound to.
func (c *Conn) Group() netip.AddrPort { return c.group }

// Join makes the group's datagrams arrive that reach an interface. It fails where
// that is done already. ENOBUFS means that the kernel allows no more memberships
// (sysctl net.ipv4.igmp_max_memberships).
func (c *Conn) Join(index int) error {
	if err := c.socket.JoinGroup(&net.Interface{Index: index}, c.groupAddr()); err != nil {
		return fmt.Errorf("multicast: join: %w", err)
	}
	return nil
}

// Leave ends what Join began. It fails where the interface is gone.
func (c *Conn) Leave(index int) error {
	if err := c.socket.LeaveGroup(&net.Interface{Index: index}, c.groupAddr()); err != nil {
		return fmt.Errorf("multicast: leave: %w", err)
	}
	return nil
}

func (c *Conn) groupAddr() net.Addr {
	return &net.UDPAddr{IP: c.group.Addr().AsSlice()}
}

// Read waits for a datagram to the port.
func (c *Conn) Read(buf []byte) (Packet, error) {
	for {
		p, err := c.socket.read(buf)
		if err != nil {
			return Packet{}, fmt.Errorf("multicast: read: %w", err)
		}
		if c.raw == nil || c.raw.unwrap(&p, len(buf)) {
			return p, nil
		}
	}
}

// Write sends b out of one interface, from source if that is valid.
func (c *Conn) Write(b []byte, to netip.AddrPort, index int, source netip.Addr) (err error) {
	if c.raw != nil {
		b, source, err = c.raw.wrap(b, to, source)
		to = netip.AddrPortFrom(to.Addr(), 0)
	}
	if err == nil {
		err = c.socket.write(b, to, index, source)
	}
	if err != nil {
		return fmt.Errorf("multicast: send: %w", err)
	}
	return nil
}

// SetReadDeadline ends a Read at t with os.ErrDeadlineExceeded.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.socket.SetReadDeadline(t) }

// Close ends a Read with net.ErrClosed.
func (c *Conn) Close() error { return c.socket.Close() }

type socketIPv4 struct{ *ipv4.PacketConn }

func (s socketIPv4) read(buf []byte) (Packet, error) {
	n, cm, from, err := s.ReadFrom(buf)
	if err != nil {
		return Packet{}, err
	}
	p := Packet{Data: buf[:n], From: addrPort(from)}
	if cm != nil {
		p.Index, p.To = cm.IfIndex, addrOf(cm.Dst)
	}
	return p, nil
}

func (s socketIPv4) write(b []byte, to netip.AddrPort, index int, source netip.Addr) error {
	_, err := s.WriteTo(b, &ipv4.ControlMessage{IfIndex: index, Src: source.AsSlice()}, net.UDPAddrFromAddrPort(to))
	return err
}

type socketIPv6 struct{ *ipv6.PacketConn }

func (s socketIPv6) read(buf []byte) (Packet, error) {
	n, cm, from, err := s.ReadFrom(buf)
	if err != nil {
		return Packet{}, err
	}
	p := Packet{Data: buf[:n], From: addrPort(from)}
	if cm != nil {
		p.Index, p.To = cm.IfIndex, addrOf(cm.Dst)
	}
	return p, nil
}

func (s socketIPv6) write(b []byte, to netip.AddrPort, index int, source netip.Addr) error {
	_, err := s.WriteTo(b, &ipv6.ControlMessage{IfIndex: index, Src: source.AsSlice()}, net.UDPAddrFromAddrPort(to))
	return err
}

// addrPort is a source address without zone, as Packet.Index names the interface.
// On a raw socket the port is 0.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return netip.AddrPortFrom(addrOf(a.IP), uint16(a.Port))
	case *net.IPAddr:
		return netip.AddrPortFrom(addrOf(a.IP), 0)
	}
	return netip.AddrPort{}
}

func addrOf(ip net.IP) netip.Addr {
	addr, _ := netip.AddrFromSlice(ip)
	return addr.Unmap()
}
