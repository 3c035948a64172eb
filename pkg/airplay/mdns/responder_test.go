package mdns

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
)

// testsAtOnce is how many tests run side by side. Those with t.Parallel wait for
// timers and sockets most of the time, so that they need no core each.
const testsAtOnce = "32"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", testsAtOnce); err != nil { // -parallel on the command line still counts
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

const (
	us     = "10.0.0.1"
	them   = "10.0.0.2"
	asker  = "10.0.0.9"
	settle = 10 * time.Second // more than probing and announcing take
)

// kind tells probes, announcements and goodbyes apart: "probe", "announce",
// "goodbye".
func kind(s sentPacket) string {
	switch {
	case !s.msg.Response:
		return "probe"
	case len(s.msg.Answer) > 0 && s.msg.Answer[0].Header().Ttl == 0:
		return "goodbye"
	}
	return "announce"
}

func TestLifeOfAService(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		p := h.Publish(kitchenService())
		begin := time.Now()
		h.start()
		pass(settle)
		var kinds []string
		var gaps []time.Duration
		last := begin
		for _, s := range w.sent(us, 0) {
			kinds = append(kinds, kind(s))
			gaps = append(gaps, s.at.Sub(last))
			last = s.at
			if s.to != netip.AddrPortFrom(groupIPv4, Port) {
				t.Errorf("sent to %v", s.to)
			}
		}
		if want := []string{"probe", "probe", "probe", "announce", "announce", "announce"}; !slices.Equal(kinds, want) {
			t.Fatalf("want %v, got %v", want, kinds)
		}
		ms := time.Millisecond
		if want := []time.Duration{250 * ms, 250 * ms, 250 * ms, 1000 * ms, 2000 * ms}; !slices.Equal(gaps[1:], want) {
			t.Errorf("gaps: want %v, got %v", want, gaps[1:])
		}
		if gaps[0] > probeSpread {
			t.Errorf("first probe after %v", gaps[0])
		}
		if s := h.Stats(); s.Services != 1 || s.Established != 1 || s.IPv4 == PortClosed || s.IPv6 != PortAbsent || s.Host != nas || s.Sent != 6 {
			t.Errorf("stats are %+v", s)
		}
		if p.Name() != kitchenText {
			t.Errorf("name is %q", p.Name())
		}
		if took := h.stop(t); took > time.Second {
			t.Errorf("stopping took %v", took)
		}
		goodbyes := w.sent(us, 6)
		if len(goodbyes) != 3 {
			t.Fatalf("want 3 goodbyes, got %d packets", len(goodbyes))
		}
		for _, s := range goodbyes {
			for _, rr := range append(s.msg.Answer, s.msg.Extra...) {
				if h := rr.Header(); h.Ttl != 0 || h.Name == nas || h.Name == directoryName {
					t.Errorf("in a goodbye: %v", rr)
				}
			}
			if kind(s) != "goodbye" || len(s.msg.Answer) != 3 {
				t.Errorf("goodbye is %v", s.msg)
			}
		}
	})
}

func TestAnnouncementIsComplete(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		h.Publish(kitchenService())
		h.start()
		pass(settle)
		announced := w.sent(us, 3)[0].msg
		var got []string
		for _, rr := range append(announced.Answer, announced.Extra...) {
			hdr := rr.Header()
			got = append(got, fmt.Sprintf("%s %s %d %v", dns.TypeToString[hdr.Rrtype], hdr.Name, hdr.Ttl, hdr.Class&topBit != 0))
		}
		slices.Sort(got)
		want := []string{
			"A " + nas + " 120 true", "NSEC " + nas + " 120 true", "PTR " + typeRAOP + " 4500 false",
			"PTR " + directoryName + " 4500 false", "SRV " + kitchen + " 120 true", "TXT " + kitchen + " 4500 true",
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("want %q\ngot  %q", want, got)
		}
		h.stop(t)
	})
}

func TestFiftyServicesShareEverything(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		h.start()
		for i := range 50 {
			h.Publish(Service{Instance: fmt.Sprintf("AABBCCDDEE%02X@Speaker %d", i, i), Type: "_raop._tcp", Port: uint16(5000 + i), TXT: []string{"tp=UDP", "am=Breezeway1,1"}})
			time.Sleep(time.Millisecond)
		}
		pass(settle)
		packets := make(map[string]int)
		for _, s := range w.sent(us, 0) {
			packets[kind(s)]++
			if len(s.raw) > maxMessageBytes {
				t.Errorf("packet of %d bytes", len(s.raw))
			}
		}
		if packets["probe"] > 3*8 || packets["announce"] > 3*8 {
			t.Errorf("too many packets for fifty services: %v", packets)
		}
		if s := h.Stats(); s.Established != 50 {
			t.Errorf("stats are %+v", s)
		}
		h.stop(t)
	})
}

func TestWithdrawTouchesOneServiceOnly(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		first := h.Publish(Service{Instance: "First", Type: "_raop._tcp", Port: 1})
		h.Publish(Service{Instance: "Second", Type: "_raop._tcp", Port: 2})
		h.start()
		pass(settle)

		before := len(w.sent(us, 0))
		first.Withdraw()
		first.Withdraw()
		pass(settle)
		for _, s := range w.sent(us, before) {
			for _, rr := range append(s.msg.Answer, s.msg.Extra...) {
				own := rr.Header().Name == "First._raop._tcp.local."
				if ptr, ok := rr.(*dns.PTR); ok {
					own = ptr.Ptr == "First._raop._tcp.local."
				}
				if !own {
					t.Errorf("goodbye of the first service has %v", rr)
				}
			}
		}
		before = len(w.sent(us, 0))
		w.ask(t, asker, queryFor(typeRAOP, dns.TypePTR))
		pass(time.Second)
		answers := w.sent(us, before)
		if len(answers) != 1 || len(answers[0].msg.Answer) != 1 || answers[0].msg.Answer[0].(*dns.PTR).Ptr != "Second._raop._tcp.local." {
			t.Errorf("want the second service alone, got %v", answers)
		}
		h.stop(t)
	})
}

func TestRecordsThatOthersLetRunOutAreRescued(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		h.Publish(kitchenService())
		h.start()
		pass(settle)
		before := len(w.sent(us, 0))
		m := response()
		m.Answer = []dns.RR{goodbyeForm(pointerRecord(directoryName, typeRAOP))}
		w.ask(t, them, m)
		pass(time.Second)
		got := w.sent(us, before)
		if len(got) != 1 || got[0].msg.Answer[0].Header().Name != directoryName || got[0].msg.Answer[0].Header().Ttl == 0 {
			t.Errorf("want the record said again, got %v", got)
		}
		h.stop(t)
	})
}

func TestInterfaceChange(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		h.Publish(kitchenService())
		h.start()
		pass(settle)
		before := len(w.sent(us, 0))
		h.setInterfaces(lanInterface(lanIndex, "10.0.0.7"), lanInterface(3, "10.3.0.7"))
		synctest.Wait()
		addresses := make(map[int][]string)
		for _, s := range w.sent(us, before) {
			for _, rr := range append(s.msg.Answer, s.msg.Extra...) {
				if a, ok := rr.(*dns.A); ok {
					addresses[s.index] = append(addresses[s.index], a.A.String())
				}
			}
		}
		if len(addresses) != 2 || !slices.Equal(addresses[lanIndex], []string{"10.0.0.7"}) || !slices.Equal(addresses[3], []string{"10.3.0.7"}) {
			t.Errorf("addresses by interface are %v", addresses)
		}
		pass(settle)

		before = len(w.sent(us, 0))
		h.setInterfaces()
		pass(settle)
		w.ask(t, asker, queryFor(typeRAOP, dns.TypePTR))
		pass(settle)
		if got := w.sent(us, before); len(got) != 0 {
			t.Errorf("sent without an interface: %v", got)
		}
		if c := w.conns[0]; len(c.joined) != 0 {
			t.Errorf("still a member of the group on %v", c.joined)
		}
		h.setInterfaces(lanInterface(lanIndex, us))
		synctest.Wait()
		if got := w.sent(us, before); len(got) != 1 || kind(got[0]) != "announce" {
			t.Errorf("want an announcement when the interface is back, got %v", got)
		}
		h.stop(t)
	})
}

func TestStartWithoutInterfaces(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		h.interfaces = nil
		h.Publish(kitchenService())
		h.start()
		pass(time.Minute)
		h.setInterfaces(lanInterface(lanIndex, us))
		pass(settle)
		if got := w.sent(us, 0); len(got) != 6 || kind(got[0]) != "probe" {
			t.Errorf("want probes and announcements, got %v", got)
		}
		h.stop(t)
	})
}

func TestHeldPortIsTriedAgain(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		h.heldUntil = time.Now().Add(25 * time.Second)
		h.Publish(kitchenService())
		h.start()
		pass(29 * time.Second)
		if s := h.Stats(); s.IPv4 != PortHeld || s.Sent != 0 {
			t.Errorf("while held: stats are %+v", s)
		}
		pass(1*time.Second + settle)
		if s := h.Stats(); s.IPv4 == PortHeld || s.Established != 1 {
			t.Errorf("after it is free: stats are %+v", s)
		}
		h.stop(t)
	})
}

// brokenConn fails to read at once, always.
type brokenConn struct{ *wireConn }

func (brokenConn) Read([]byte) (multicast.Packet, error) {
	return multicast.Packet{}, errors.New("broken")
}

func TestReadErrorDoesNotSpin(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		opened := 0
		h.listen = func(f multicast.Family, _ uint16) (conn, error) {
			opened++
			return brokenConn{w.attach(netip.MustParseAddr(us))}, nil
		}
		h.start()
		pass(10*time.Second - time.Millisecond)
		h.stop(t)
		if opened < 2*9 || opened > 2*11 {
			t.Errorf("want about one attempt a second for each family, got %d in 10 s", opened)
		}
	})
}

func TestNothingLeavesByOtherInterfaces(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		h.Publish(kitchenService())
		h.start()
		pass(settle)
		before := len(w.sent(us, 0))
		b, err := new(dns.Msg).SetQuestion(typeRAOP, dns.TypePTR).Pack()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range w.conns {
			c.inC <- multicast.Packet{Data: b, From: netip.MustParseAddrPort("10.9.0.9:5353"), To: groupIPv4, Index: 9}
			c.inC <- multicast.Packet{Data: b, From: netip.MustParseAddrPort("10.9.0.9:40000"), To: groupIPv4, Index: 9}
			c.inC <- multicast.Packet{Data: b, From: netip.MustParseAddrPort("10.9.0.9:40000"), To: netip.MustParseAddr(us), Index: lanIndex}
			c.inC <- multicast.Packet{Data: b, From: netip.MustParseAddrPort("10.9.0.9:5353"), To: netip.MustParseAddr(us), Index: lanIndex}
		}
		pass(settle)
		if got := w.sent(us, before); len(got) != 0 {
			t.Errorf("answered what came over another interface or from beyond the link: %v", got)
		}
		h.stop(t)
		for _, s := range w.sent(us, 0) {
			if s.index != lanIndex {
				t.Errorf("sent on interface %d", s.index)
			}
		}
	})
}
