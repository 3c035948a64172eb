package mdns

import (
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// receiver is an engine with established names on one interface of a wire, which
// is driven by hand.
func receiver() (*engine, *wire) {
	w := &wire{}
	i := lanInterface(lanIndex, us)
	r := New(Options{Hostname: "nas", Log: zerolog.Nop(), Interfaces: func() []netif.Interface { return []netif.Interface{i} }})
	r.Publish(kitchenService())
	e := r.newEngine()
	c := w.attach(netip.MustParseAddr(us))
	e.ports[multicast.IPv4] = &port{family: multicast.IPv4, state: PortOK, conn: c, joined: make(map[int]bool)}
	e.relink(time.Unix(0, 0))
	e.reconcile(time.Unix(0, 0))
	for _, claim := range e.claims() {
		claim.state, claim.due = state{phase: phaseEstablished}, time.Time{}
	}
	e.forgetZones()
	return e, w
}

func packetOf(data []byte, fromPort uint16) multicast.Packet {
	return multicast.Packet{
		Data: data, From: netip.AddrPortFrom(netip.MustParseAddr(asker), fromPort), To: groupIPv4, Index: lanIndex,
	}
}

// samples are packets that make the engine do everything it can do.
func samples() []dns.Msg {
	probe := queryFor(kitchen, dns.TypeANY)
	probe.Ns = []dns.RR{srvRecord(kitchen, "pi.local.", 5000).rr}
	rival := response()
	rival.Answer = []dns.RR{fullForm(srvRecord(kitchen, "pi.local.", 5000)), fullForm(addressRecord(nas, netip.MustParseAddr(them)))}
	goodbye := response()
	goodbye.Answer = []dns.RR{goodbyeForm(pointerRecord(typeRAOP, kitchen))}
	known := queryFor(typeRAOP, dns.TypePTR)
	known.Truncated = true
	known.Answer = []dns.RR{pointerRecord(typeRAOP, kitchen).rr}
	unicast := queryFor(nas, dns.TypeAAAA)
	unicast.Question[0].Qclass |= topBit
	return []dns.Msg{queryFor(typeRAOP, dns.TypePTR), queryFor(directoryName, dns.TypePTR), probe, rival, goodbye, known, unicast}
}

// feed gives a packet to the engine, by both kinds of asker, and lets time pass.
func feed(t *testing.T, e *engine, data []byte) {
	t.Helper()
	now := time.Unix(1000, 0)
	e.receive(packetOf(data, Port), now)
	e.receive(packetOf(data, 40000), now)
	if len(e.held) > maxHeld {
		t.Fatalf("%d held queries", len(e.held))
	}
	for _, l := range e.lanes {
		if len(l.box.waiting) > 10 || len(l.box.last) > 10 {
			t.Fatalf("%d records wait, %d are remembered; there are fewer", len(l.box.waiting), len(l.box.last))
		}
	}
	for range 20 {
		now = now.Add(100 * time.Millisecond)
		e.tick(now)
		e.releaseHeld(now)
		e.sendBatch(now)
		e.sendOutboxes(now)
	}
}

// A packet that is cut where a question or record ends may still make sense.
func TestTruncatedPackets(t *testing.T) {
	for _, m := range samples() {
		b, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		for n := range b {
			e, w := receiver()
			feed(t, e, b[:n])
			if got := w.sent(us, 0); e.stats.Malformed > 0 && len(got) > 0 {
				t.Errorf("%v: %d of %d bytes are malformed and yet answered: %v", m.Question, n, len(b), got)
			}
			if e.stats.Received != 2 || (n < 12 && e.stats.Malformed != 2) {
				t.Errorf("%v: %d of %d bytes: stats are %+v", m.Question, n, len(b), e.stats)
			}
		}
	}
}

func TestHeldQueriesAreBounded(t *testing.T) {
	e, w := receiver()
	query := queryFor(typeRAOP, dns.TypePTR)
	query.Truncated = true
	b, err := query.Pack()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1000, 0)
	for i := range 1000 {
		p := packetOf(b, Port)
		p.From = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), Port)
		e.receive(p, now)
	}
	if len(e.held) != maxHeld {
		t.Errorf("%d queries are held", len(e.held))
	}
	e.sendOutboxes(now.Add(sharedDelayMost))
	if got := w.sent(us, 0); len(got) != 1 {
		t.Errorf("want one answer to the rest, got %d", len(got))
	}
}

func TestEchoesAreIgnored(t *testing.T) {
	e, w := receiver()
	now := time.Unix(1000, 0)
	e.step(e.services[0], eventChanged, now)
	e.sendBatch(now)
	old := w.sent(us, 0)[0].raw
	e.services[0].service.TXT = []string{"new=1"}
	e.forgetZones()
	e.step(e.services[0], eventChanged, now)
	e.receive(packetOf(old, Port), now)
	if got := e.services[0].state.phase; got != phaseAnnouncing {
		t.Errorf("what we said before the change makes the name %v", got)
	}
}

func FuzzReceive(f *testing.F) {
	for _, m := range samples() {
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, w := receiver()
		feed(t, e, data)
		for _, s := range w.sent(us, 0) {
			if s.index != lanIndex || len(s.raw) > maxMessageBytes {
				t.Errorf("sent %d bytes on interface %d", len(s.raw), s.index)
			}
		}
	})
}
