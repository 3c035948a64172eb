package ssdp_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

// A holder is a way in which other programs hold port 1900.
type holder struct {
	name      string
	addr      string
	options   []int // SO_REUSEADDR, SO_REUSEPORT
	v6Only    bool
	otherUser bool
	shares    bool // with a socket bound to the group that sets both options
	unicast   bool // it gets what is sent to the host's own address
}

var holders = []holder{
	{name: "exclusive", addr: "0.0.0.0", unicast: true},
	{name: "SO_REUSEADDR", addr: "0.0.0.0", options: []int{unix.SO_REUSEADDR}, shares: true, unicast: true},
	{name: "SO_REUSEPORT, same user", addr: "0.0.0.0", options: []int{unix.SO_REUSEPORT}, shares: true, unicast: true},
	{name: "SO_REUSEPORT, other user", addr: "0.0.0.0", options: []int{unix.SO_REUSEPORT}, otherUser: true, unicast: true},
	{name: "both options, other user", addr: "0.0.0.0", options: []int{unix.SO_REUSEADDR, unix.SO_REUSEPORT}, otherUser: true, shares: true, unicast: true},
	{name: "exclusive on the host's address", addr: hostAddr, shares: true, unicast: true},
	{name: "exclusive on the group", addr: "239.255.255.250"},
	{name: "exclusive, dual stack", addr: "::", unicast: true},
	{name: "exclusive, IPv6 only", addr: "::", v6Only: true, shares: true},
}

// exclusive is the holder that stops those who need the port.
var exclusive = holders[0]

// nobody is the user that runs another program.
const nobody = 65534

// open binds port 1900 in the holder's way.
func (h holder) open() (_ net.PacketConn, err error) {
	// The kernel asks for the user of the thread that made the socket.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if h.otherUser {
		if err = unix.Setfsuid(nobody); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, unix.Setfsuid(os.Getuid())) }()
	}
	addr := netip.MustParseAddr(h.addr)
	family := unix.AF_INET
	if addr.Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "holder")
	defer file.Close() // the conn has a copy
	if err := h.bind(fd, addr); err != nil {
		return nil, err
	}
	return net.FilePacketConn(file)
}

func (h holder) bind(fd int, addr netip.Addr) error {
	for _, option := range h.options {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, 1); err != nil {
			return err
		}
	}
	if addr.Is4() {
		return unix.Bind(fd, &unix.SockaddrInet4{Port: 1900, Addr: addr.As4()})
	}
	v6Only := 0
	if h.v6Only {
		v6Only = 1
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, v6Only); err != nil {
		return err
	}
	return unix.Bind(fd, &unix.SockaddrInet6{Port: 1900})
}

// come opens the holder until the test ends or gone is called.
func (h holder) come(t *testing.T) (conn net.PacketConn, gone func()) {
	t.Helper()
	conn, err := h.open()
	if errors.Is(err, unix.EAFNOSUPPORT) {
		t.Skip("no IPv6 here")
	}
	must(t, err)
	gone = func() { conn.Close() }
	t.Cleanup(gone)
	return conn, gone
}

// wantUnicast wants all unicast datagrams to come to the holder.
func (h holder) wantUnicast(t *testing.T, n *neighbour, conn net.PacketConn) {
	t.Helper()
	if !h.unicast {
		return
	}
	if got := n.probe(t, conn); got != probes {
		t.Errorf("want %d of %d unicast datagrams at the holder, got %d", probes, probes, got)
	}
}

// rung is what a mode comes to beside the holder.
func (h holder) rung(mode ssdp.Mode, netRaw bool) ssdp.Rung {
	switch {
	case mode == ssdp.ListenAuto && h.shares:
		return ssdp.RungGroup
	case mode != ssdp.ListenOff && netRaw:
		return ssdp.RungRaw
	}
	return ssdp.RungOff
}
