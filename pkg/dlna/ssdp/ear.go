package ssdp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// An ear is a socket that hears what is sent to the group, and nothing else.
type ear struct {
	method ListenMethod
	group  netip.AddrPort
	conn   net.PacketConn // *net.UDPConn, or *net.IPConn of a raw socket
	packet *ipv4.PacketConn
	joined map[int]netif.Interface // by index: one made anew has another
}

// A sound is a datagram that an ear heard, or the error that ended it.
type sound struct {
	ear      *ear
	from     netip.AddrPort // of a raw socket: port 0
	to       netip.Addr
	index    int // of the interface
	received time.Time
	data     []byte // of a raw socket: with the UDP header
	err      error
}

// newEar takes conn over.
func newEar(method ListenMethod, group netip.AddrPort, conn net.PacketConn) (*ear, error) {
	e := &ear{method, group, conn, ipv4.NewPacketConn(conn), make(map[int]netif.Interface)}
	if err := e.packet.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true); err != nil {
		return nil, errors.Join(fmt.Errorf("ssdp: ask for interfaces: %w", err), conn.Close())
	}
	return e, nil
}

// join brings the memberships in line with the interfaces, in their order, and
// returns what failed, by name. Interfaces without IPv4 are passed over.
func (e *ear) join(interfaces []netif.Interface) map[string]error {
	wanted := make(map[int]netif.Interface)
	for _, i := range interfaces {
		if _, ok := i.IPv4(); ok {
			wanted[i.Index] = i
		}
	}
	// First out, then in: the kernel limits how many there are, and counts
	// interfaces that are gone.
	for index := range e.joined {
		if _, ok := wanted[index]; !ok {
			_ = e.packet.LeaveGroup(&net.Interface{Index: index}, e.groupAddr()) // the interface may be gone
			delete(e.joined, index)
		}
	}
	failed := make(map[string]error)
	for _, i := range interfaces {
		if _, ok := wanted[i.Index]; !ok {
			continue
		}
		if err := e.joinOne(i); err != nil {
			failed[i.Name] = err
		}
	}
	return failed
}

// joinOne joins on an interface unless that is done.
func (e *ear) joinOne(i netif.Interface) error {
	if _, ok := e.joined[i.Index]; !ok {
		err := e.packet.JoinGroup(&net.Interface{Index: i.Index}, e.groupAddr())
		switch {
		case errors.Is(err, syscall.ENOBUFS):
			return fmt.Errorf("ssdp: join: %w: the kernel allows no more memberships, sysctl net.ipv4.igmp_max_memberships raises the limit", err)
		case err != nil:
			return fmt.Errorf("ssdp: join: %w", err)
		}
	}
	e.joined[i.Index] = i // also when only its addresses are new
	return nil
}

func (e *ear) groupAddr() net.Addr { return net.UDPAddrFromAddrPort(e.group) }

// read passes on what is heard until the socket is closed or ctx ends. Any
// other error is passed on too and is the last.
func (e *ear) read(ctx context.Context, out chan<- sound) {
	buffer := make([]byte, udpHeaderBytes+maxDatagramBytes+1) // one more shows what is too long
	for {
		n, control, from, err := e.packet.ReadFrom(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		s := sound{ear: e, received: time.Now(), err: err}
		if err == nil {
			s.from, s.data = sourceOf(from), bytes.Clone(buffer[:n])
		}
		if control != nil {
			s.index, s.to = control.IfIndex, addrOf(control.Dst)
		}
		select {
		case <-ctx.Done():
			return
		case out <- s:
		}
		if err != nil {
			return
		}
	}
}

// unwrap takes the UDP header off what a raw socket got.
func (s *sound) unwrap() error {
	if s.ear.method != MethodRaw {
		return nil
	}
	source, destination, payload, err := parseUDP(s.data)
	switch {
	case err != nil:
		return err
	case destination != s.ear.group.Port():
		return errElsewhere
	}
	s.from, s.data = netip.AddrPortFrom(s.from.Addr(), source), payload
	return nil
}

// errElsewhere marks what the raw socket got before it had its filter.
var errElsewhere = errors.New("for another port")

func sourceOf(a net.Addr) netip.AddrPort {
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
