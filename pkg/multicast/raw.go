package multicast

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/bpf"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// A SourceFor gives the address of this host that the route to a peer starts at.
type SourceFor func(peer netip.Addr) (netip.Addr, error)

// ListenRaw is Listen where another program holds the port exclusively: a raw
// socket gets a copy of what comes to the port, and may send from any port. An
// error wraps EPERM without the capability NET_RAW.
func ListenRaw(group netip.AddrPort, ttl int, sourceFor SourceFor) (*Conn, error) {
	network, host := "ip4:udp", "0.0.0.0"
	if group.Addr().Is6() {
		network, host = "ip6:udp", "::"
	}
	c, err := net.ListenPacket(network, host)
	if err != nil {
		return nil, openingRaw(err)
	}
	socket, err := prepare(c, group.Addr(), ttl)
	if err == nil {
		err = filterPort(socket, group.Port())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("multicast: set options of raw socket: %w", err), c.Close())
	}
	return &Conn{group: group, socket: socket, raw: &rawFraming{port: group.Port(), sourceFor: sourceFor}}, nil
}

// openingRaw explains an error.
func openingRaw(err error) error {
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("multicast: open raw socket: %w: it takes the capability NET_RAW", err)
	}
	return fmt.Errorf("multicast: open raw socket: %w", err)
}

// What a filter sees before a UDP datagram: the IPv4 header, which it has to
// measure, or no IPv6 header. The instruction puts the header's length into X.
var (
	afterIPv4Header = bpf.LoadMemShift{Off: 0}
	withoutHeader   = bpf.LoadConstant{Dst: bpf.RegX, Val: 0}
)

// filterPort lets only datagrams to one port through to a raw socket. It leaves
// the checksum of what is sent over IPv6 to the kernel; IPv4 has no such option.
func filterPort(socket familySocket, port uint16) error {
	switch s := socket.(type) {
	case socketIPv4:
		return setFilter(s.SetBPF, portFilter(port, afterIPv4Header))
	case socketIPv6:
		return errors.Join(s.SetChecksum(true, udpChecksum), setFilter(s.SetBPF, portFilter(port, withoutHeader)))
	}
	return errors.ErrUnsupported
}

func setFilter(set func([]bpf.RawInstruction) error, program []bpf.Instruction) error {
	filter, err := bpf.Assemble(program)
	if err != nil {
		return err
	}
	return set(filter)
}

// portFilter is the program that lets datagrams to a UDP port pass.
func portFilter(port uint16, skipHeader bpf.Instruction) []bpf.Instruction {
	return []bpf.Instruction{
		skipHeader,
		bpf.LoadIndirect{Off: udpDestination, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(port), SkipTrue: 1},
		bpf.RetConstant{Val: 1 << 16}, // bytes: the whole datagram
		bpf.RetConstant{Val: 0},
	}
}

// A rawFraming strips the UDP headers of what a raw socket gets, and adds them to
// what it sends.
type rawFraming struct {
	port      uint16
	sourceFor SourceFor
}

// unwrap strips the header, and reports whether the packet is for the port: what
// came before the filter was set may not be. bufferBytes tells whether the
// datagram was cut.
func (r *rawFraming) unwrap(p *Packet, bufferBytes int) bool {
	d, err := parseDatagram(p.Data, len(p.Data) == bufferBytes)
	if err != nil || d.destination != r.port {
		return false
	}
	p.From, p.Data = netip.AddrPortFrom(p.From.Addr(), d.source), d.data
	return true
}

// wrap adds the header. The checksum of IPv4 covers the source address, so that
// it has to be known.
func (r *rawFraming) wrap(b []byte, to netip.AddrPort, source netip.Addr) ([]byte, netip.Addr, error) {
	whole, err := datagram{source: r.port, destination: to.Port(), data: b}.append(nil)
	if err != nil || !to.Addr().Is4() {
		return whole, source, err
	}
	if !source.IsValid() {
		if source, err = r.sourceFor(to.Addr()); err != nil {
			return nil, source, err
		}
	}
	setChecksum(whole, source, to.Addr())
	return whole, source, nil
}

// newGroupConn takes over a socket that is bound to an IPv4 group.
func newGroupConn(c net.PacketConn, group netip.AddrPort, raw bool) (*Conn, error) {
	p := ipv4.NewPacketConn(c)
	conn := &Conn{group: group, socket: socketIPv4{p}}
	err := p.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true)
	if err == nil && raw {
		conn.raw = &rawFraming{port: group.Port()}
		err = filterPort(conn.socket, group.Port())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("multicast: set socket options: %w", err), c.Close())
	}
	return conn, nil
}
