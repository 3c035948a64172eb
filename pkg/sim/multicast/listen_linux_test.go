package multicast_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"github.com/breezeway-audio/breezeway/pkg/sim/multicast"
)

var loopback = netip.MustParseAddr("127.0.0.1")

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestGroupIsHeardAndUnicastIsLeftAlone(t *testing.T) {
	owner, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	must(t, err)
	defer owner.Close()
	port := owner.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	group := netip.AddrPortFrom(netip.MustParseAddr("239.255.255.250"), port)
	ifi, err := multicast.Interface(loopback)
	must(t, err)

	var hearers []net.PacketConn
	for range 2 { // they share the port
		conn, err := multicast.Listen(group, ifi)
		must(t, err)
		defer conn.Close()
		hearers = append(hearers, conn)
	}
	sender, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	must(t, err)
	defer sender.Close()
	must(t, ipv4.NewPacketConn(sender).SetMulticastInterface(ifi))
	_, err = sender.WriteToUDPAddrPort([]byte("to one"), netip.AddrPortFrom(loopback, port))
	must(t, err)
	_, err = sender.WriteToUDPAddrPort([]byte("to all"), group)
	must(t, err)
	for _, conn := range hearers {
		want(t, conn, "to all")
	}
	want(t, owner, "to one")
}

// want reads one datagram.
func want(t *testing.T, conn net.PacketConn, text string) {
	t.Helper()
	must(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	buf := make([]byte, 100)
	n, _, err := conn.ReadFrom(buf)
	must(t, err)
	if got := string(buf[:n]); got != text {
		t.Errorf("want %q, got %q", text, got)
	}
}

func TestAddressOfNobody(t *testing.T) {
	if _, err := multicast.Interface(netip.MustParseAddr("192.0.2.1")); err == nil {
		t.Error("want an error for an address that no interface has")
	}
}
