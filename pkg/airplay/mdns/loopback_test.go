package mdns

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/rs/zerolog"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
)

// patience bounds every wait for a real socket.
const patience = 10 * time.Second

// A logBuffer is a log that tests can read while it is written.
type logBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logBuffer) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), text)
}

// serve runs a Responder on loopback; the function it gives stops it.
func serve(t *testing.T, port uint16, log *logBuffer, services ...Service) (r *Responder, stop func()) {
	t.Helper()
	return start(t, port, log, func(*Responder) {}, services...)
}

// start does the same with a Responder that was altered before.
func start(t *testing.T, port uint16, log *logBuffer, alter func(*Responder), services ...Service) (r *Responder, stop func()) {
	t.Helper()
	lo := loopback.Interfaces(t)
	r = New(Options{Hostname: "nas", Interfaces: func() []netif.Interface { return lo }, Port: port, Log: zerolog.New(log)})
	alter(r)
	for _, s := range services {
		r.Publish(s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	endC := make(chan error, 1)
	go func() { endC <- r.Run(ctx) }()
	return r, sync.OnceFunc(func() {
		cancel()
		if err := <-endC; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick, deadline := time.NewTicker(5*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// neighbour is another mDNS program on loopback, which shares the port and hears
// the group.
func neighbour(t *testing.T, port uint16) *ipv4.PacketConn {
	t.Helper()
	lo := loopback.Interfaces(t)[0]
	group := net.UDPAddrFromAddrPort(query.Group(multicast.IPv4, port))
	c, err := net.ListenMulticastUDP("udp4", &net.Interface{Index: lo.Index, Name: lo.Name}, group)
	must(t, err)
	p := ipv4.NewPacketConn(c)
	must(t, p.SetMulticastLoopback(true))
	must(t, p.SetControlMessage(ipv4.FlagTTL|ipv4.FlagInterface|ipv4.FlagDst, true))
	return p
}

// hear waits for a response that suits.
func hear(t *testing.T, p *ipv4.PacketConn, what string, suits func(*dns.Msg) bool) (*dns.Msg, *ipv4.ControlMessage, net.Addr) {
	t.Helper()
	if err := p.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, query.MaxPacketBytes)
	for {
		n, cm, from, err := p.ReadFrom(buf)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		m := new(dns.Msg)
		if m.Unpack(buf[:n]) == nil && m.Response && suits(m) {
			return m, cm, from
		}
	}
}

func hasType(rrs []dns.RR, rrtype uint16) bool {
	return slices.ContainsFunc(rrs, func(rr dns.RR) bool { return rr.Header().Rrtype == rrtype })
}

func TestMulticastOnLoopback(t *testing.T) {
	t.Parallel()
	port, release := loopback.SharedPort(t)
	n := neighbour(t, port)
	defer n.Close()
	release() // the neighbour alone has the port
	r, stop := serve(t, port, new(logBuffer), kitchenService())
	defer stop()

	_, cm, from := hear(t, n, "announcement", func(m *dns.Msg) bool { return hasType(m.Answer, dns.TypeTXT) })
	if want := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port); from.(*net.UDPAddr).AddrPort() != want {
		t.Errorf("announced from %v", from)
	}
	if cm.TTL != 255 || cm.IfIndex != loopback.Interfaces(t)[0].Index || !cm.Dst.Equal(groupIPv4.AsSlice()) {
		t.Errorf("announced with %v", cm)
	}
	if s := r.Stats(); s.IPv4 != PortShared {
		t.Errorf("beside another program the port is %v", s.IPv4)
	}

	// Before that an announcement would be the answer
	eventually(t, "established", func() bool { return r.Stats().Established == 1 })
	query := queryFor(typeRAOP, dns.TypePTR)
	b, err := query.Pack()
	if err != nil {
		t.Fatal(err)
	}
	group := net.UDPAddrFromAddrPort(netip.AddrPortFrom(groupIPv4, port))
	if _, err := n.WriteTo(b, &ipv4.ControlMessage{IfIndex: cm.IfIndex, Src: net.IPv4(127, 0, 0, 1)}, group); err != nil {
		t.Fatal(err)
	}
	m, _, _ := hear(t, n, "answer", func(m *dns.Msg) bool { return len(m.Answer) == 1 && hasType(m.Extra, dns.TypeSRV) })
	if ptr := m.Answer[0].(*dns.PTR); ptr.Ptr != kitchen || !hasType(m.Extra, dns.TypeA) || !hasType(m.Extra, dns.TypeTXT) {
		t.Errorf("answer is %v", m)
	}

	stop()
	hear(t, n, "goodbye", func(m *dns.Msg) bool { return len(m.Answer) == 3 && m.Answer[0].Header().Ttl == 0 })
}

// exchange asks like a program that knows nothing of Multicast DNS.
func exchange(t *testing.T, port uint16, local net.IP, query *dns.Msg) *dns.Msg {
	t.Helper()
	c, err := net.DialUDP("udp4", &net.UDPAddr{IP: local}, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m, _, err := new(dns.Client).ExchangeWithConn(query, &dns.Conn{Conn: c})
	if err != nil {
		t.Fatalf("%v: %v", query.Question, err)
	}
	return m
}

func TestLegacyAskerOnLoopback(t *testing.T) {
	t.Parallel()
	port, _ := loopback.SharedPort(t)
	r, stop := serve(t, port, new(logBuffer), kitchenService())
	defer stop()
	eventually(t, "announced", func() bool { return r.Stats().Sent >= 4 })

	tests := []struct {
		name  string
		qtype uint16
		check func(dns.RR) bool
	}{
		{kitchen, dns.TypeSRV, func(rr dns.RR) bool { return rr.(*dns.SRV).Port == 5000 && rr.(*dns.SRV).Target == nas }},
		{kitchen, dns.TypeTXT, func(rr dns.RR) bool { return slices.Equal(rr.(*dns.TXT).Txt, []string{"tp=UDP"}) }},
		{nas, dns.TypeA, func(rr dns.RR) bool { return rr.(*dns.A).A.Equal(net.IPv4(127, 0, 0, 1)) }},
		{typeRAOP, dns.TypePTR, func(rr dns.RR) bool { return rr.(*dns.PTR).Ptr == kitchen }},
		{directoryName, dns.TypePTR, func(rr dns.RR) bool { return rr.(*dns.PTR).Ptr == typeRAOP }},
	}
	for _, tt := range tests {
		query := new(dns.Msg).SetQuestion(tt.name, tt.qtype)
		m := exchange(t, port, net.IPv4(127, 0, 0, 2), query)
		if m.Id != query.Id || len(m.Question) != 1 || m.Question[0] != query.Question[0] || len(m.Answer) != 1 {
			t.Errorf("%s: %v", tt.name, m)
			continue
		}
		if h := m.Answer[0].Header(); h.Ttl > 10 || h.Class != dns.ClassINET || !tt.check(m.Answer[0]) {
			t.Errorf("%s: %v", tt.name, m.Answer[0])
		}
	}
}

func TestExclusiveHolderOfThePort(t *testing.T) {
	t.Parallel()
	holder, err := net.ListenUDP("udp4", nil)
	must(t, err)
	defer holder.Close()
	port := holder.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	log := new(logBuffer)
	r, stop := start(t, port, log, func(r *Responder) {
		r.listenRaw = func(multicast.Family, uint16) (conn, error) { return nil, unix.EPERM }
	}, kitchenService())
	defer stop()
	eventually(t, "IPv4 held, IPv6 not", func() bool {
		s := r.Stats()
		return s.IPv4 == PortHeld && s.IPv6 != PortClosed && s.IPv6 != PortHeld
	})
	if n := log.count("stop it, or let it share the port"); n != 1 {
		t.Errorf("want one line with what to do, got %d", n)
	}
}

func TestSelfCheckOnLoopback(t *testing.T) {
	t.Parallel()
	port, _ := loopback.SharedPort(t)
	log := new(logBuffer)
	r, stop := serve(t, port, log, kitchenService())
	defer stop()
	for _, h := range r.SelfCheck(t.Context()) {
		if h.Heard || !errors.Is(h.Err, errNothingToAsk) {
			t.Errorf("before anything is announced: %+v", h)
		}
	}
	eventually(t, "heard without being asked to look", func() bool { return r.Stats().HeardIPv4.Heard })
	if h := r.Stats().HeardIPv4; h.Interface != "lo" || h.At.IsZero() || h.Err != nil || h.IPv6 {
		t.Errorf("heard: %+v", h)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, h := range r.SelfCheck(ctx) {
		if h.Heard || !errors.Is(h.Err, context.Canceled) {
			t.Errorf("given up: %+v", h)
		}
	}
	if !r.Stats().HeardIPv4.Heard {
		t.Error("a check that was given up says nothing")
	}
	stop()
	for _, h := range r.SelfCheck(t.Context()) {
		if h.Heard {
			t.Errorf("after the end: %+v", h)
		}
	}
	if n := log.count("not heard"); n != 0 {
		t.Errorf("%d lines of complaint", n)
	}
}
