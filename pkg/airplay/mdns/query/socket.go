package query

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

var errNoInterface = errors.New("no interface to ask on")

// A socket asks on one interface in one address family.
type socket struct {
	conn  *net.UDPConn
	group netip.AddrPort
	iface netif.Interface
}

// A response is one that was received; zone is that of link-local addresses in it.
type response struct {
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
	if addr, ok := LinkLocal(iface); ok {
		list = append(list, addr.WithZone(iface.Name))
	}
	return list
}

func open(ctx context.Context, iface netif.Interface, source netip.Addr, port uint16) (*socket, error) {
	c, err := multicast.Dial(ctx, netip.AddrPortFrom(source, 0), iface.Index, Hops)
	if err != nil {
		return nil, err
	}
	group := Group(multicast.FamilyOf(source), port)
	if source.Is6() {
		group = netip.AddrPortFrom(group.Addr().WithZone(iface.Name), port)
	}
	return &socket{conn: c, group: group, iface: iface}, nil
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
func (s *socket) read(ctx context.Context, responseC chan<- response) error {
	defer context.AfterFunc(ctx, func() {
		_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // wakes the reader; a closed socket woke it before
	})()
	buf := make([]byte, MaxPacketBytes)
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
		case responseC <- response{message: m, zone: s.iface.Name}:
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
