package mdns

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/holder"
	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
)

// holders are the ways in which other programs hold port 5353.
var holders = holder.Bindings(netip.MustParseAddr(hereAddr), groupIPv4)

// holdPort has a program hold the port.
func holdPort(t *testing.T, w holder.Binding) net.PacketConn {
	t.Helper()
	c, err := w.Open(Port)
	must(t, err)
	return c
}

// beside are the states of the two families beside the holder: what it leaves of
// the port, and where that is nothing, with NET_RAW, a raw socket.
func beside(w holder.Binding, netRaw bool) [2]PortState {
	held := PortHeld
	if netRaw {
		held = PortRaw
	}
	states := [2]PortState{held, held}
	switch {
	case w.SharesAny && w.Addr.Is6():
		states[multicast.IPv4] = PortOK
	case w.SharesAny:
		states[multicast.IPv4] = PortShared
	}
	if w.SharesIPv6 {
		states[multicast.IPv6] = PortOK
	}
	return states
}

// A contest is a Responder on lan0 whose port other programs want, and another
// host that looks for it.
type contest struct {
	*Responder
	log      *logBuffer
	changeC  chan struct{}
	other    otherHost
	programs [2]*listeningProgram

	mu    sync.Mutex // guards conns
	conns []conn     // that it has opened
}

// startContest starts the Responder, which ends with the test.
func startContest(t *testing.T) *contest {
	t.Helper()
	s := &contest{log: new(logBuffer), changeC: make(chan struct{}, 1), other: newOtherHost(t)}
	s.programs = [2]*listeningProgram{s.other.listen(t, multicast.IPv4), s.other.listen(t, multicast.IPv6)}
	interfaces := lan(t)
	s.Responder = New(Options{
		Hostname: "nas", AvahiSocket: noSocket(t), Log: zerolog.New(s.log),
		Interfaces: func() []netif.Interface { return interfaces }, Changes: s.changeC,
	})
	s.Responder.listen = s.listen
	s.waits.readRetry = 50 * time.Millisecond // after vacate
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

func (s *contest) listen(f multicast.Family, port uint16) (conn, error) {
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
func (s *contest) vacate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close() // it may be closed
	}
	s.conns = nil
}

// poke makes the Responder look anew now and not half a minute later.
func (s *contest) poke() { s.changeC <- struct{}{} }

// wantStates waits for the states.
func (s *contest) wantStates(t *testing.T, want [2]PortState) {
	t.Helper()
	eventually(t, "ports are "+want[0].String()+", "+want[1].String(), func() bool {
		now := s.Stats()
		return [2]PortState{now.IPv4, now.IPv6} == want
	})
}

// wantServed waits for the states and wants the service to be heard where they
// let it.
func (s *contest) wantServed(t *testing.T, want [2]PortState) {
	t.Helper()
	s.wantStates(t, want)
	var group sync.WaitGroup
	for f, state := range want {
		group.Go(func() { s.wantFound(t, multicast.Family(f), state != PortHeld) })
	}
	group.Go(func() { s.wantSelfHeard(t, want) })
	group.Wait()
}

// wantSelfHeard wants a self-check to find what the states let it.
func (s *contest) wantSelfHeard(t *testing.T, want [2]PortState) {
	t.Helper()
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
func (s *contest) wantFound(t *testing.T, f multicast.Family, want bool) {
	t.Helper()
	within := patience
	if !want {
		within = silence
	}
	got, err := s.programs[f].finds(within)
	if err != nil || got != want {
		t.Errorf("over %v: want found=%v by another host, got %v, %v", f, want, got, err)
	}
}

// ours are the states when nobody else is there.
var ours = [2]PortState{PortOK, PortOK}

// Every way to hold the port, first and second, coming and going: whoever looks
// for the speakers finds them unless the holder makes that impossible, which is
// said; the holder keeps what is its own. Each way has a namespace of its own, so
// that they run side by side; without are the capabilities that the Responder lacks.
func besideHolders(t *testing.T, without ...uintptr) {
	for _, w := range holders {
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			if namespace.Own(t, without...) {
				besideHolder(t, w, !slices.Contains(without, unix.CAP_NET_RAW))
			}
		})
	}
}

func besideHolder(t *testing.T, w holder.Binding, netRaw bool) {
	s := startContest(t)
	eventually(t, "established", func() bool { return s.Stats().Established == 1 })
	s.vacate()
	first := holdPort(t, w)
	s.wantServed(t, beside(w, netRaw))
	if w.TakesUnicast && !w.SharesAny { // what is shared goes to whoever bound it last
		if got := s.other.probe(t, first); got != unicastProbes {
			t.Errorf("the holder got %d of %d unicast datagrams", got, unicastProbes)
		}
	}
	must(t, first.Close())
	s.poke()
	s.wantStates(t, ours)

	second, err := w.Open(Port)
	if w.SharesAny && w.SharesIPv6 {
		must(t, err)
		s.poke()
		s.wantServed(t, beside(w, netRaw))
		must(t, second.Close())
		s.poke()
		s.wantStates(t, ours)
	} else if !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("second: want the holder refused, got %v", err)
	}
	s.wantServed(t, ours)
	if s := s.Stats(); s.Renames != 0 || len(s.Renamed) != 0 {
		t.Errorf("renamed: %+v", s)
	}
}

func TestBesideHoldersWithRawSocket(t *testing.T) {
	t.Parallel()
	besideHolders(t)
}

func TestBesideHolders(t *testing.T) {
	t.Parallel()
	besideHolders(t, unix.CAP_NET_RAW)
}
