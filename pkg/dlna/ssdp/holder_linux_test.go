package ssdp_test

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/sim/holder"
)

const ssdpPort = 1900

var (
	// ways are those in which other programs hold port 1900.
	ways = holder.Bindings(netip.MustParseAddr(hostAddr), ssdp.Group.Addr())
	// polite is the one that everybody can be beside.
	polite = ways[1]
)

// come has a program hold the port until the test ends or gone is called.
func come(t *testing.T, w holder.Binding) (conn net.PacketConn, gone func()) {
	t.Helper()
	conn, err := w.Open(ssdpPort)
	if errors.Is(err, unix.EAFNOSUPPORT) {
		t.Skip("no IPv6 here")
	}
	must(t, err)
	gone = func() { conn.Close() }
	t.Cleanup(gone)
	return conn, gone
}

// wantUnicast wants all unicast datagrams to come to the holder.
func wantUnicast(t *testing.T, w holder.Binding, n *neighbour, conn net.PacketConn) {
	t.Helper()
	if !w.TakesUnicast {
		return
	}
	if got := n.probe(t, conn); got != probes {
		t.Errorf("want %d of %d unicast datagrams at the holder, got %d", probes, probes, got)
	}
}

// methodOf is what a mode comes to beside a program, or alone.
func methodOf(mode settings.SSDPListen, shared, netRaw bool) ssdp.ListenMethod {
	switch {
	case mode == settings.SSDPListenAuto && shared:
		return ssdp.MethodGroup
	case mode != settings.SSDPListenOff && netRaw:
		return ssdp.MethodRaw
	}
	return ssdp.MethodOff
}
