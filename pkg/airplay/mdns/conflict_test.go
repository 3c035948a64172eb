package mdns

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

func TestInstanceConflict(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		first, second := newHost(w, "nas", us), newHost(w, "pi", them)
		p1 := first.Publish(kitchenService())
		first.start()
		pass(settle)
		p2 := second.Publish(kitchenService())
		second.start()
		pass(settle)
		if p1.Name() != kitchenText || p2.Name() != kitchenText+" (2)" {
			t.Errorf("names are %q and %q", p1.Name(), p2.Name())
		}
		if s := second.Stats(); s.Renames != 1 || s.Established != 1 {
			t.Errorf("stats are %+v", s)
		}
		first.stop(t)
		second.stop(t)
	})
}

func TestBothStartAtOnce(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		first, second := newHost(w, "nas", us), newHost(w, "nas", them)
		p1, p2 := first.Publish(kitchenService()), second.Publish(kitchenService())
		first.start()
		second.start()
		pass(2 * settle)
		names := []string{p1.Name(), p2.Name()}
		slices.Sort(names)
		if want := []string{kitchenText, kitchenText + " (2)"}; !slices.Equal(names, want) {
			t.Errorf("want %q, got %q", want, names)
		}
		hosts := []string{first.Stats().Host, second.Stats().Host}
		slices.Sort(hosts)
		if want := []string{"nas-2.local.", nas}; !slices.Equal(hosts, want) {
			t.Errorf("want %q, got %q", want, hosts)
		}
		first.stop(t)
		second.stop(t)
	})
}

// Two networks become one: both hosts hold the name already.
func TestConflictOfEstablishedNames(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		first, second := newHost(w, "nas", us), newHost(w, "pi", them)
		elsewhere := lanInterface(lanIndex+1, them)
		second.interfaces = []netif.Interface{elsewhere}
		p1, p2 := first.Publish(kitchenService()), second.Publish(kitchenService())
		first.start()
		second.start()
		pass(settle)
		if p1.Name() != p2.Name() {
			t.Fatalf("names are %q and %q before", p1.Name(), p2.Name())
		}
		second.setInterfaces(lanInterface(lanIndex, them))
		pass(2 * settle)
		names := []string{p1.Name(), p2.Name()}
		slices.Sort(names)
		if want := []string{kitchenText, kitchenText + " (2)"}; !slices.Equal(names, want) {
			t.Errorf("want %q, got %q", want, names)
		}
		first.stop(t)
		second.stop(t)
	})
}

func TestSameInstanceTwiceOnOneHost(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		p1, p2 := h.Publish(kitchenService()), h.Publish(kitchenService())
		h.start()
		pass(settle)
		if p1.Name() != kitchenText || p2.Name() != kitchenText+" (2)" {
			t.Errorf("names are %q and %q", p1.Name(), p2.Name())
		}
		h.stop(t)
	})
}

// Another responder on the machine may hold the host's name with the same
// address.
func TestSameHostNameWithSameAddressIsNoConflict(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		h.Publish(kitchenService())
		h.start()
		for range 20 {
			pass(100 * time.Millisecond)
			m := response()
			m.Answer = []dns.RR{fullForm(addressRecord(nas, netip.MustParseAddr(us)))}
			w.ask(t, us, m)
		}
		pass(settle)
		if s := h.Stats(); s.Renames != 0 || s.Host != nas {
			t.Errorf("stats are %+v", s)
		}
		h.stop(t)
	})
}

func TestWhatDeniesAName(t *testing.T) {
	rivalAddress := fullForm(addressRecord(nas, netip.MustParseAddr(them)))
	tests := []struct {
		name  string
		rr    dns.RR
		from  string // address and port
		phase phase  // of the host's name afterwards
	}{
		{"another address", rivalAddress, "10.0.0.9:5353", phaseWaiting},
		{"our address on another interface", fullForm(addressRecord(nas, netip.MustParseAddr("10.3.0.1"))), "10.0.0.9:5353", phaseEstablished},
		{"from a port that no responder has", rivalAddress, "10.0.0.9:40000", phaseEstablished},
		{"from beyond the link", rivalAddress, "10.0.9.9:5353", phaseEstablished},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, _ := receiver()
			e.interfaces = append(e.interfaces, lanInterface(3, "10.3.0.1"))
			m := response()
			m.Answer = []dns.RR{tt.rr}
			b, err := m.Pack()
			if err != nil {
				t.Fatal(err)
			}
			p := packetOf(b, Port)
			p.From = netip.MustParseAddrPort(tt.from)
			e.receive(p, time.Unix(1000, 0))
			if e.host.state.phase != tt.phase {
				t.Errorf("want %v, got %v", tt.phase, e.host.state.phase)
			}
		})
	}
}

func TestWhoWaitsWhenTwoProbe(t *testing.T) {
	tests := []struct {
		name  string
		port  uint16 // that the other host proposes; ours is 5000
		phase phase
		due   time.Duration
	}{
		{"theirs comes later in order", 5001, phaseWaiting, outrankedWait},
		{"theirs comes earlier in order", 4999, phaseProbing, probeInterval},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, _ := receiver()
			now := time.Unix(1000, 0)
			c := e.services[0]
			c.state, c.due = state{phase: phaseProbing, sent: 1}, now.Add(probeInterval)
			probe := queryFor(kitchen, dns.TypeANY)
			probe.Ns = []dns.RR{srvRecord(kitchen, nas, tt.port).rr, txtRecord(kitchen, []string{"tp=UDP"}).rr}
			b, err := probe.Pack()
			if err != nil {
				t.Fatal(err)
			}
			e.receive(packetOf(b, Port), now)
			if got := c.due.Sub(now); c.state.phase != tt.phase || got != tt.due {
				t.Errorf("want %v for %v, got %v for %v", tt.phase, tt.due, c.state.phase, got)
			}
		})
	}
}
