package mdns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// A rawConn speaks from the mDNS port although another program has it: a raw
// socket gets a copy of what comes to the port, and may send from any. Its conn
// carries whole datagrams, with their headers.
type rawConn struct {
	conn
	family family
	port   uint16
}

// listenRaw opens a raw socket, for which the kernel wants the capability
// NET_RAW.
func listenRaw(f family, port uint16) (conn, error) {
	network, host := "ip4:udp", "0.0.0.0"
	if f == familyIPv6 {
		network, host = "ip6:udp", "::"
	}
	c, err := net.ListenPacket(network, host)
	switch {
	case errors.Is(err, unix.EPERM):
		return nil, fmt.Errorf("mdns: open raw socket: %w: it takes the capability NET_RAW", err)
	case err != nil:
		return nil, fmt.Errorf("mdns: open raw socket: %w", err)
	}
	prepare := prepareRawIPv4
	if f == familyIPv6 {
		prepare = prepareRawIPv6
	}
	prepared, err := prepare(c, port)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mdns: set options of raw socket: %w", err), c.Close())
	}
	return rawConn{conn: prepared, family: f, port: port}, nil
}

func prepareRawIPv4(c net.PacketConn, port uint16) (conn, error) {
	filter, err := bpf.Assemble(portFilter(port, bpf.LoadMemShift{Off: 0}))
	if err != nil {
		return nil, err
	}
	prepared, err := prepareIPv4(c)
	if err != nil {
		return nil, err
	}
	return prepared, prepared.(connIPv4).SetBPF(filter)
}

// prepareRawIPv6 leaves the checksum to the kernel, which IPv4 has no option for.
func prepareRawIPv6(c net.PacketConn, port uint16) (conn, error) {
	filter, err := bpf.Assemble(portFilter(port, bpf.LoadConstant{Dst: bpf.RegX, Val: 0}))
	if err != nil {
		return nil, err
	}
	prepared, err := prepareIPv6(c)
	if err != nil {
		return nil, err
	}
	p := prepared.(connIPv6)
	return prepared, errors.Join(p.SetChecksum(true, udpChecksum), p.SetBPF(filter))
}

// portFilter lets datagrams to a UDP port pass. The first instruction puts the
// length of the IP header before them, if the filter sees one, into X.
func portFilter(port uint16, skipHeader bpf.Instruction) []bpf.Instruction {
	return []bpf.Instruction{
		skipHeader,
		bpf.LoadIndirect{Off: udpDestination, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(port), SkipTrue: 1},
		bpf.RetConstant{Val: maxDatagramBytes},
		bpf.RetConstant{Val: 0},
	}
}

// read passes over what came before the filter was set.
func (c rawConn) read(buf []byte) (packet, error) {
	for {
		p, err := c.conn.read(buf)
		if err != nil {
			return packet{}, err
		}
		d, err := parseDatagram(p.data)
		if err != nil || d.destination != c.port {
			continue
		}
		p.from, p.data = netip.AddrPortFrom(p.from.Addr(), d.source), d.data
		return p, nil
	}
}

func (c rawConn) write(b []byte, to netip.AddrPort, index int, source netip.Addr) error {
	whole, err := datagram{source: c.port, destination: to.Port(), data: b}.append(nil)
	if err != nil {
		return fmt.Errorf("mdns: send: %w", err)
	}
	if c.family == familyIPv4 {
		if !source.IsValid() {
			source, err = netif.SourceFor(to.Addr())
		}
		if err != nil {
			return fmt.Errorf("mdns: send: %w", err)
		}
		setChecksum(whole, source, to.Addr())
	}
	return c.conn.write(whole, netip.AddrPortFrom(to.Addr(), 0), index, source)
}
