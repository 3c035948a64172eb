package mdns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// hops is the TTL of every packet sent; Apple's responder drops packets whose
// TTL is another.
const hops = 255

// maxPacketBytes is the largest packet that is read (RFC 6762 section 17); a
// longer one is cut and then found malformed.
const maxPacketBytes = 9000

// A family is an address family with a socket of its own.
type family uint8

const (
	familyIPv4 family = iota
	familyIPv6
)

func (f family) String() string {
	return [...]string{"IPv4", "IPv6"}[f]
}

func (f family) group() netip.Addr {
	return [...]netip.Addr{groupIPv4, groupIPv6}[f]
}

// A packet is one datagram as it came in.
type packet struct {
	data    []byte
	from    netip.AddrPort // without zone
	index   int            // of the interface it came in on
	toGroup bool           // sent to the group, not to this host alone
	family  family
}

// A conn is an open socket of one family. One goroutine may read while another
// does all the rest.
type conn interface {
	// join makes the interface's multicast arrive, once more if it did so before.
	join(index int) error
	leave(index int) error
	// read waits for a packet, whose data lies in buf.
	read(buf []byte) (packet, error)
	// write sends b out of one interface, from source if that is valid.
	write(b []byte, to netip.AddrPort, index int, source netip.Addr) error
	Close() error
}

// listen binds the port in one family beside all others who agree to share it.
func listen(f family, port uint16) (conn, error) {
	network, host := "udp4", "0.0.0.0"
	if f == familyIPv6 {
		network, host = "udp6", "::"
	}
	config := net.ListenConfig{Control: shareable}
	c, err := config.ListenPacket(context.Background(), network, net.JoinHostPort(host, strconv.Itoa(int(port))))
	if err != nil {
		return nil, fmt.Errorf("mdns: bind: %w", err)
	}
	prepare := prepareIPv4
	if f == familyIPv6 {
		prepare = prepareIPv6
	}
	prepared, err := prepare(c)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mdns: set socket options: %w", err), c.Close())
	}
	return prepared, nil
}

// shareable lets others bind the same port, and us after them. Some responders
// set only one of the two options, so that either has to match.
func shareable(_, _ string, raw syscall.RawConn) error {
	var err error
	outer := raw.Control(func(fd uintptr) {
		err = errors.Join(
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1),
		)
	})
	return errors.Join(outer, err)
}

type connIPv4 struct{ *ipv4.PacketConn }

func prepareIPv4(c net.PacketConn) (conn, error) {
	p := ipv4.NewPacketConn(c)
	err := errors.Join(
		p.SetTTL(hops),
		p.SetMulticastTTL(hops),
		p.SetMulticastLoopback(true), // other programs on this machine look for speakers, too
		p.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true),
	)
	return connIPv4{p}, err
}

func (c connIPv4) join(index int) error {
	_ = c.leave(index) // fails where there was nothing to leave
	return c.JoinGroup(&net.Interface{Index: index}, groupAddr(familyIPv4))
}

func (c connIPv4) leave(index int) error {
	return c.LeaveGroup(&net.Interface{Index: index}, groupAddr(familyIPv4))
}

func (c connIPv4) read(buf []byte) (packet, error) {
	n, cm, from, err := c.ReadFrom(buf)
	if err != nil {
		return packet{}, fmt.Errorf("mdns: read: %w", err)
	}
	p := packet{data: buf[:n], from: addrPort(from), family: familyIPv4}
	if cm != nil {
		p.index, p.toGroup = cm.IfIndex, cm.Dst.IsMulticast()
	}
	return p, nil
}

func (c connIPv4) write(b []byte, to netip.AddrPort, index int, source netip.Addr) error {
	cm := &ipv4.ControlMessage{IfIndex: index, Src: source.AsSlice()}
	if _, err := c.WriteTo(b, cm, net.UDPAddrFromAddrPort(to)); err != nil {
		return fmt.Errorf("mdns: send: %w", err)
	}
	return nil
}

type connIPv6 struct{ *ipv6.PacketConn }

func prepareIPv6(c net.PacketConn) (conn, error) {
	p := ipv6.NewPacketConn(c)
	err := errors.Join(
		p.SetHopLimit(hops),
		p.SetMulticastHopLimit(hops),
		p.SetMulticastLoopback(true),
		p.SetControlMessage(ipv6.FlagInterface|ipv6.FlagDst, true),
	)
	return connIPv6{p}, err
}

func (c connIPv6) join(index int) error {
	_ = c.leave(index) // fails where there was nothing to leave
	return c.JoinGroup(&net.Interface{Index: index}, groupAddr(familyIPv6))
}

func (c connIPv6) leave(index int) error {
	return c.LeaveGroup(&net.Interface{Index: index}, groupAddr(familyIPv6))
}

func (c connIPv6) read(buf []byte) (packet, error) {
	n, cm, from, err := c.ReadFrom(buf)
	if err != nil {
		return packet{}, fmt.Errorf("mdns: read: %w", err)
	}
	p := packet{data: buf[:n], from: addrPort(from), family: familyIPv6}
	if cm != nil {
		p.index, p.toGroup = cm.IfIndex, cm.Dst.IsMulticast()
	}
	return p, nil
}

func (c connIPv6) write(b []byte, to netip.AddrPort, index int, source netip.Addr) error {
	cm := &ipv6.ControlMessage{IfIndex: index, Src: source.AsSlice()}
	if _, err := c.WriteTo(b, cm, net.UDPAddrFromAddrPort(to)); err != nil {
		return fmt.Errorf("mdns: send: %w", err)
	}
	return nil
}

func groupAddr(f family) net.Addr {
	return &net.UDPAddr{IP: f.group().AsSlice()}
}

// addrPort is a source address without zone: the interface is known besides. Of
// a raw socket the port is 0.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return netip.AddrPortFrom(a.AddrPort().Addr().Unmap().WithZone(""), a.AddrPort().Port())
	case *net.IPAddr:
		addr, _ := netip.AddrFromSlice(a.IP)
		return netip.AddrPortFrom(addr.Unmap(), 0)
	}
	return netip.AddrPort{}
}
