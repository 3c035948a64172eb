package multicast

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
)

var loopback = netip.MustParseAddr("127.0.0.1")

const patience = 10 * time.Second

// loopbackIndex is the index of the interface lo.
func loopbackIndex(t *testing.T) int {
	t.Helper()
	lo, err := net.InterfaceByName("lo")
	must(t, err)
	return lo.Index
}

// dial opens a sender on loopback.
func dial(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := Dial(t.Context(), netip.AddrPortFrom(loopback, 0), loopbackIndex(t), 0)
	must(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func join(t *testing.T, c *Conn) {
	t.Helper()
	t.Cleanup(func() { c.Close() })
	must(t, c.Join(loopbackIndex(t)))
	must(t, c.SetReadDeadline(time.Now().Add(patience)))
}

func TestGroupIsHeardAndUnicastIsLeftAlone(t *testing.T) {
	owner, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	must(t, err)
	defer owner.Close()
	port := addrPort(owner.LocalAddr()).Port()
	group := netip.AddrPortFrom(netip.MustParseAddr("239.255.255.250"), port)

	var members []*Conn
	for range 2 { // they share the port
		c, err := ListenGroup(group)
		must(t, err)
		join(t, c)
		members = append(members, c)
	}
	if c, err := ListenGroupRaw(group); !errors.Is(err, unix.EPERM) {
		must(t, err)
		join(t, c)
		members = append(members, c)
	}
	sender := dial(t)
	_, err = sender.WriteToUDPAddrPort([]byte("to one"), netip.AddrPortFrom(loopback, port))
	must(t, err)
	_, err = sender.WriteToUDPAddrPort([]byte("to all"), group)
	must(t, err)
	buf := make([]byte, 100)
	for _, c := range members {
		p, err := c.Read(buf)
		must(t, err)
		if string(p.Data) != "to all" || p.From != addrPort(sender.LocalAddr()) || p.To != group.Addr() || p.Index != loopbackIndex(t) || p.Family() != IPv4 {
			t.Errorf("want the multicast datagram, got %q, %+v", p.Data, p)
		}
	}
	must(t, owner.SetReadDeadline(time.Now().Add(patience)))
	n, _, err := owner.ReadFromUDP(buf)
	must(t, err)
	if got := string(buf[:n]); got != "to one" {
		t.Errorf("want the owner of the port to get the unicast datagram, got %q", got)
	}
}

// A port of its own is nobody else's; a raw socket speaks from it nevertheless.
func TestRawSocketBesideAnExclusiveHolder(t *testing.T) {
	holder, err := Listen(netip.MustParseAddrPort("224.0.0.251:0"), 0)
	must(t, err)
	join(t, holder)
	group := holder.Group()
	if _, err := Listen(group, 255); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("want the port held, got %v", err)
	}
	route := func(netip.Addr) (netip.Addr, error) { return loopback, nil }
	raw, err := ListenRaw(group, 255, route)
	if errors.Is(err, unix.EPERM) {
		namespace.Unavailable(t, fmt.Sprint("a raw socket needs root or NET_RAW: ", err))
	}
	must(t, err)
	join(t, raw)
	must(t, raw.Write([]byte("from raw"), group, loopbackIndex(t), loopback))
	buf := make([]byte, 100)
	for _, c := range []*Conn{holder, raw} {
		p, err := c.Read(buf)
		must(t, err)
		if want := netip.AddrPortFrom(loopback, group.Port()); string(p.Data) != "from raw" || p.From != want || !p.To.IsMulticast() {
			t.Errorf("got %q, %+v", p.Data, p)
		}
	}
	asker := dial(t)
	must(t, raw.Write([]byte("answer"), addrPort(asker.LocalAddr()), 0, netip.Addr{}))
	must(t, asker.SetReadDeadline(time.Now().Add(patience)))
	n, from, err := asker.ReadFromUDPAddrPort(buf)
	must(t, err)
	if string(buf[:n]) != "answer" || from.Port() != group.Port() {
		t.Errorf("got %q from %v", buf[:n], from)
	}
}

func TestEndOfRead(t *testing.T) {
	c, err := Listen(netip.MustParseAddrPort("224.0.0.251:0"), 0)
	must(t, err)
	must(t, c.SetReadDeadline(time.Unix(1, 0)))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("at the deadline: %v", err)
	}
	must(t, c.Close())
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if err := c.Join(1 << 20); err == nil {
		t.Error("joined on an interface that is not there")
	}
}
