package ssdp_test

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The LAN of these tests: this host is at hostAddr, a neighbour in another
// namespace at the far end of the cable.
const (
	hostAddr   = "10.77.0.2"
	farAddr    = "10.77.0.9"
	hostSecond = "10.78.0.2"
	farSecond  = "10.78.0.9"
)

// A neighbour is another host at the far end of cables.
type neighbour struct {
	*namespace.Host
	seq int // of the notice sent last: its BOOTID
}

// newNeighbour makes one. The calling process has a namespace of its own.
func newNeighbour(t *testing.T) *neighbour {
	t.Helper()
	return &neighbour{Host: namespace.NewHost(t)}
}

// plug lays a cable from the interface name here to the same name there.
func (n *neighbour) plug(t *testing.T, name, here, there string) {
	t.Helper()
	n.Cable(t, namespace.End{Name: name, Addr: here + "/24"}, namespace.End{Name: name, Addr: there + "/24"})
	eventually(t, name+" up", func() bool { // the kernel sees to it in its own time
		all, err := netif.List()
		must(t, err)
		return slices.ContainsFunc(all, func(i netif.Interface) bool { return i.Name == name && i.Up })
	})
}

// announce sends an alive of its own BOOTID out of the address given.
func (n *neighbour) announce(t *testing.T, from string) {
	t.Helper()
	n.seq++
	n.send(t, from, ssdp.Group, strings.Replace(rendererAlive, "BOOTID.UPNP.ORG: 17", "BOOTID.UPNP.ORG: "+strconv.Itoa(n.seq), 1))
}

// send sends a datagram from one of the neighbour's addresses, out of its
// interface.
func (n *neighbour) send(t *testing.T, from string, to netip.AddrPort, datagram string) {
	t.Helper()
	n.Do(t, func() {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(from)})
		must(t, err)
		defer conn.Close()
		must(t, ipv4.NewPacketConn(conn).SetMulticastInterface(interfaceOf(t, from)))
		_, err = conn.WriteToUDPAddrPort([]byte(datagram), to)
		must(t, err)
	})
}

func interfaceOf(t *testing.T, addr string) *net.Interface {
	t.Helper()
	all, err := netif.List()
	must(t, err)
	for _, i := range all {
		if i.Has(netip.MustParseAddr(addr)) {
			return &net.Interface{Index: i.Index}
		}
	}
	t.Fatalf("no interface with %s", addr)
	return nil
}

// wantHeard sends a notice from the neighbour and wants it passed on, once.
func (n *neighbour) wantHeard(t *testing.T, l *listenerFixture, from string) {
	t.Helper()
	n.announce(t, from)
	got := wantNotice(t, l)
	if got.BootID != n.seq || got.From.Addr() != netip.MustParseAddr(from) || got.From.Port() == 0 || !got.Interface.OnLink(got.From.Addr()) {
		t.Errorf("want notice %d of %s with its port and interface, got %+v", n.seq, from, got)
	}
}

// probes is how many unicast searches a holder must get.
const probes = 40

// probe sends that many from as many ports to 1900 of the host and counts those
// that come to conn.
func (n *neighbour) probe(t *testing.T, conn net.PacketConn) (got int) {
	t.Helper()
	n.Do(t, func() {
		for range probes {
			c, err := net.Dial("udp4", net.JoinHostPort(hostAddr, "1900"))
			must(t, err)
			_, err = c.Write([]byte("M-SEARCH * HTTP/1.1\r\n\r\n"))
			must(t, err)
			c.Close()
		}
	})
	must(t, conn.SetReadDeadline(time.Now().Add(time.Second)))
	buffer := make([]byte, 2048)
	for got < probes {
		size, _, err := conn.ReadFrom(buffer)
		if err != nil {
			break // the deadline: the rest went elsewhere
		}
		if strings.HasPrefix(string(buffer[:size]), "M-SEARCH") {
			got++
		}
	}
	return got
}
