package query

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

const (
	// hops is the TTL of a question (RFC 6762 section 11).
	hops = 255
	// maxPacketBytes is the largest packet that is read (RFC 6762 section 17).
	maxPacketBytes = 9000
)

// The groups that questions are sent to.
var (
	groupIPv4 = netip.MustParseAddr("224.0.0.251")
	groupIPv6 = netip.MustParseAddr("ff02::fb")
)

var errNoInterface = errors.New("no interface to ask on")

// A socket asks on one interface in one address family.
type socket struct {
	conn  net.PacketConn
	group netip.AddrPort
	iface netif.Interface
}

// A hearing is one answer; zone is that of link-local addresses in it.
type hearing struct {
	message *dns.Msg
	zone    string
}

// openAll opens a socket for each family of each interface. It fails only when
// none can be opened.
func openAll(ctx context.Context, interfaces []netif.Interface, port uint16) ([]*socket, error) {
	var sockets []*socket
	faults := errNoInterface
	for _, iface := range interfaces {
		for _, source := range sources(iface) {
			s, err := open(ctx, iface, source, port)
			if err != nil {
				faults = errors.Join(faults, err)
				continue
			}
			sockets = append(sockets, s)
		}
	}
	if len(sockets) == 0 {
		return nil, faults
	}
	return sockets, nil
}

// sources are the addresses to ask from: the IPv4 one, and the link-local IPv6
// one, since the group's scope is the link.
func sources(iface netif.Interface) []netip.Addr {
	var list []netip.Addr
	if addr, ok := iface.IPv4(); ok {
		list = append(list, addr)
	}
	at := slices.IndexFunc(iface.Prefixes, func(p netip.Prefix) bool {
		return p.Addr().Is6() && p.Addr().IsLinkLocalUnicast()
	})
	if at >= 0 {
		list = append(list, iface.Prefixes[at].Addr().WithZone(iface.Name))
	}
	return list
}

func open(ctx context.Context, iface netif.Interface, source netip.Addr, port uint16) (*socket, error) {
	var config net.ListenConfig
	c, err := config.ListenPacket(ctx, "udp", netip.AddrPortFrom(source, 0).String())
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	out := &net.Interface{Index: iface.Index}
	s := &socket{conn: c, iface: iface}
	if source.Is4() {
		s.group = netip.AddrPortFrom(groupIPv4, port)
		p := ipv4.NewPacketConn(c)
		err = errors.Join(p.SetMulticastInterface(out), p.SetMulticastTTL(hops), p.SetMulticastLoopback(true))
	} else {
		s.group = netip.AddrPortFrom(groupIPv6.WithZone(iface.Name), port)
		p := ipv6.NewPacketConn(c)
		err = errors.Join(p.SetMulticastInterface(out), p.SetMulticastHopLimit(hops), p.SetMulticastLoopback(true))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set socket options: %w", err), c.Close())
	}
	return s, nil
}

func closeAll(sockets []*socket) error {
	var faults error
	for _, s := range sockets {
		faults = errors.Join(faults, s.conn.Close())
	}
	return faults
}

// read passes answers on until ctx ends. A socket that fails is of no more use,
// but the others are.
func (s *socket) read(ctx context.Context, heardC chan<- hearing) error {
	defer context.AfterFunc(ctx, func() {
		_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // wakes the reader; a closed socket woke it before
	})()
	buf := make([]byte, maxPacketBytes)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return nil
		}
		m := new(dns.Msg)
		if !s.trusts(from) || m.Unpack(buf[:n]) != nil || !m.Response || m.Rcode != dns.RcodeSuccess {
			continue
		}
		select {
		case heardC <- hearing{message: m, zone: s.iface.Name}:
		case <-ctx.Done():
			return nil
		}
	}
}

// trusts reports whether a packet is from a responder on the link (RFC 6762
// sections 6 and 11).
func (s *socket) trusts(from net.Addr) bool {
	udp, ok := from.(*net.UDPAddr)
	if !ok {
		return false
	}
	peer := udp.AddrPort()
	return peer.Port() == s.group.Port() && s.iface.OnLink(peer.Addr())
}

// askAll sends questions out of every socket. It fails only when none can send.
func askAll(sockets []*socket, questions []dns.Question) error {
	if len(questions) == 0 {
		return nil
	}
	m := dns.Msg{MsgHdr: dns.MsgHdr{Id: dns.Id()}, Question: questions, Compress: true}
	b, err := m.Pack()
	if err != nil {
		return fmt.Errorf("write question: %w", err)
	}
	var faults error
	sent := false
	for _, s := range sockets {
		if _, err := s.conn.WriteTo(b, net.UDPAddrFromAddrPort(s.group)); err != nil {
			faults = errors.Join(faults, fmt.Errorf("ask on %s: %w", s.iface.Name, err))
			continue
		}
		sent = true
	}
	if sent {
		return nil
	}
	return faults
}
