package mdns

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// A holder is a way in which other programs hold port 5353, and what is left of
// it for us without NET_RAW. With it, what is held is served by a raw socket.
type holder struct {
	name       string
	addr       string
	options    []int // SO_REUSEADDR, SO_REUSEPORT
	v6Only     bool
	otherUser  bool
	unicast    bool // it must get all that is sent to the host's own address
	ipv4, ipv6 PortState
}

var holders = []holder{
	{name: "exclusive", addr: "0.0.0.0", unicast: true, ipv4: PortHeld, ipv6: PortOK},
	{name: "SO_REUSEADDR", addr: "0.0.0.0", options: []int{unix.SO_REUSEADDR}, ipv4: PortShared, ipv6: PortOK},
	{name: "SO_REUSEPORT, same user", addr: "0.0.0.0", options: []int{unix.SO_REUSEPORT}, ipv4: PortShared, ipv6: PortOK},
	{name: "SO_REUSEPORT, other user", addr: "0.0.0.0", options: []int{unix.SO_REUSEPORT}, otherUser: true, unicast: true, ipv4: PortHeld, ipv6: PortOK},
	{name: "both options, other user", addr: "0.0.0.0", options: []int{unix.SO_REUSEADDR, unix.SO_REUSEPORT}, otherUser: true, ipv4: PortShared, ipv6: PortOK},
	{name: "exclusive on the host's address", addr: hereAddr, unicast: true, ipv4: PortHeld, ipv6: PortOK},
	{name: "exclusive on the group", addr: "224.0.0.251", ipv4: PortHeld, ipv6: PortOK},
	{name: "exclusive, dual stack", addr: "::", unicast: true, ipv4: PortHeld, ipv6: PortHeld},
	{name: "exclusive, IPv6 only", addr: "::", v6Only: true, ipv4: PortOK, ipv6: PortHeld},
}

// nobody is the user that runs another program.
const nobody = 65534

// open binds the port in the holder's way.
func (h holder) open() (net.PacketConn, error) {
	// The kernel asks for the user of the thread that made the socket
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if h.otherUser {
		if err := unix.Setfsuid(nobody); err != nil {
			return nil, err
		}
		defer func() { _ = unix.Setfsuid(os.Getuid()) }()
	}
	addr := netip.MustParseAddr(h.addr)
	af := unix.AF_INET
	if addr.Is6() {
		af = unix.AF_INET6
	}
	fd, err := unix.Socket(af, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
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
		return unix.Bind(fd, &unix.SockaddrInet4{Port: Port, Addr: addr.As4()})
	}
	v6Only := 0
	if h.v6Only {
		v6Only = 1
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, v6Only); err != nil {
		return err
	}
	return unix.Bind(fd, &unix.SockaddrInet6{Port: Port})
}

func (h holder) come(t *testing.T) net.PacketConn {
	t.Helper()
	c, err := h.open()
	must(t, err)
	return c
}

// want are the states of the two families beside the holder.
func (h holder) want(netRaw bool) [2]PortState {
	states := [2]PortState{h.ipv4, h.ipv6}
	for i, s := range states {
		if netRaw && s == PortHeld {
			states[i] = PortRaw
		}
	}
	return states
}

// A siege is a Responder on lan0, and another host that looks for it.
type siege struct {
	*Responder
	log     *lines
	changeC chan struct{}
	other   *otherHost
	ears    [2]*earshot

	mu    sync.Mutex // guards conns
	conns []conn     // that it has opened
}

// besiege starts the Responder, which ends with the test.
func besiege(t *testing.T) *siege {
	t.Helper()
	s := &siege{log: new(lines), changeC: make(chan struct{}, 1), other: newOtherHost(t)}
	s.ears = [2]*earshot{s.other.listen(t, familyIPv4), s.other.listen(t, familyIPv6)}
	interfaces := lan(t)
	s.Responder = New(Options{
		Hostname: "nas", AvahiSocket: noSocket(t), Log: zerolog.New(s.log),
		Interfaces: func() []netif.Interface { return interfaces }, Changes: s.changeC,
	})
	s.Responder.listen = s.listen
	s.Publish(kitchenService())
	ctx, cancel := context.WithCancel(t.Context())
	endC := make(chan error, 1)
	go func() { endC <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-endC)
	})
	return s
}

func (s *siege) listen(f family, port uint16) (conn, error) {
	c, err := listen(f, port)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.conns = append(s.conns, c)
	}
	return c, err
}

// vacate takes the ports from the Responder; it tries to get them back after
// readRetry.
func (s *siege) vacate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close() // it may be closed
	}
	s.conns = nil
}

// poke makes the Responder look anew now and not half a minute later.
func (s *siege) poke() { s.changeC <- struct{}{} }

// wantStates waits for the states.
func (s *siege) wantStates(t *testing.T, want [2]PortState) {
	t.Helper()
	eventually(t, "ports are "+want[0].String()+", "+want[1].String(), func() bool {
		now := s.Stats()
		return [2]PortState{now.IPv4, now.IPv6} == want
	})
}

// wantServed waits for the states and wants the service to be heard where they
// let it.
func (s *siege) wantServed(t *testing.T, want [2]PortState) {
	t.Helper()
	s.wantStates(t, want)
	var group sync.WaitGroup
	for f, state := range want {
		group.Go(func() { s.wantFound(t, family(f), state != PortHeld) })
	}
	group.Wait()
	within := patience
	if slices.Contains(want[:], PortHeld) {
		within = silence
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for _, h := range s.SelfCheck(ctx) {
		held := want[h.family()] == PortHeld
		if h.Heard == held || errors.Is(h.Err, errHeld) != held || h.Interface != "lan0" {
			t.Errorf("want heard=%v or the holder blamed, got %+v", !held, h)
		}
	}
}

// silence is how long to wait for what must not come.
const silence = time.Second

// wantFound has the other host ask.
func (s *siege) wantFound(t *testing.T, f family, want bool) {
	t.Helper()
	within := patience
	if !want {
		within = silence
	}
	got, err := s.ears[f].finds(within)
	if err != nil || got != want {
		t.Errorf("over %v: want found=%v by another host, got %v, %v", f, want, got, err)
	}
}

// ours are the states when nobody else is there.
var ours = [2]PortState{PortOK, PortOK}

// Every way to hold the port, first and second, coming and going: whoever looks
// for the speakers finds them unless the holder makes that impossible, which is
// said; the holder keeps what is its own.
func besideHolders(t *testing.T, netRaw bool) {
	s := besiege(t)
	eventually(t, "established", func() bool { return s.Stats().Established == 1 })
	for _, h := range holders {
		t.Run(h.name, func(t *testing.T) {
			s.vacate()
			first := h.come(t)
			s.wantServed(t, h.want(netRaw))
			if h.unicast {
				if got := s.other.probe(t, first); got != unicastProbes {
					t.Errorf("the holder got %d of %d unicast datagrams", got, unicastProbes)
				}
			}
			must(t, first.Close())
			s.poke()
			s.wantStates(t, ours)

			second, err := h.open()
			if held := h.ipv4 == PortHeld || h.ipv6 == PortHeld; held {
				if !errors.Is(err, unix.EADDRINUSE) {
					t.Errorf("second: want the holder refused, got %v", err)
				}
				return
			}
			must(t, err)
			s.poke()
			s.wantServed(t, h.want(netRaw))
			must(t, second.Close())
			s.poke()
			s.wantStates(t, ours)
		})
	}
	s.wantServed(t, ours)
	if s := s.Stats(); s.Renames != 0 || len(s.Renamed) != 0 {
		t.Errorf("renamed: %+v", s)
	}
}

func TestBesideHoldersWithRawSocket(t *testing.T) {
	t.Parallel()
	if inNamespace(t) {
		besideHolders(t, true)
	}
}

func TestBesideHolders(t *testing.T) {
	t.Parallel()
	if inNamespace(t, unix.CAP_NET_RAW) {
		besideHolders(t, false)
	}
}
