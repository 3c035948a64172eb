package query

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"
	"golang.org/x/net/ipv4"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait for a real socket.
const patience = 20 * time.Second

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// announce lets a responder answer for services until the test ends, and waits
// until it does.
func announce(t *testing.T, interfaces func() []netif.Interface, port uint16, services ...mdns.Service) {
	t.Helper()
	r := mdns.New(mdns.Options{Hostname: "nas", Interfaces: interfaces, Port: port, Log: zerolog.Nop()})
	for _, s := range services {
		r.Publish(s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	endC := make(chan error, 1)
	go func() { endC <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-endC)
	})
	tick, deadline := time.NewTicker(5*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for r.Stats().Established < len(services) {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %v: established", patience)
		}
	}
}

func TestServicesOnLoopback(t *testing.T) {
	t.Parallel()
	lo := loopback.Interfaces(t)
	port, _ := loopback.SharedPort(t)
	var services []mdns.Service
	var want []Service
	for _, instance := range []string{`00AABBCCDD01@Küche (1. "Stock")`, "00AABBCCDD02@Bad"} {
		services = append(services, mdns.Service{Instance: instance, Type: raopType, Port: 5001, TXT: []string{"tp=UDP", `am=a\b`}})
		want = append(want, Service{Instance: instance, Host: "nas.local", Port: 5001, Addresses: addresses("127.0.0.1"), TXT: []string{"tp=UDP", `am=a\b`}})
	}
	services = append(services, mdns.Service{Instance: "other", Type: remoteType, Port: 5002})
	announce(t, func() []netif.Interface { return lo }, port, services...)
	got, err := Browse(t.Context(), Options{Type: raopType, Interfaces: lo, Port: port, Wait: time.Second})
	must(t, err)
	same := func(a, b Service) bool {
		return a.Instance == b.Instance && a.Host == b.Host && a.Port == b.Port &&
			slices.Equal(a.Addresses, b.Addresses) && slices.Equal(a.TXT, b.TXT)
	}
	if !slices.EqualFunc(want, got, same) {
		t.Errorf("want %+v, got %+v", want, got)
	}
	begun := time.Now()
	found, err := Find(t.Context(), Options{Type: raopType, Interfaces: lo, Port: port, Wait: patience},
		func(s Service) bool { return s.Instance == "00AABBCCDD02@Bad" })
	must(t, err)
	if !same(want[1], found) || time.Since(begun) >= patience {
		t.Errorf("want %+v at once, got %+v after %v", want[1], found, time.Since(begun))
	}
}

func TestFaultsOfABrowse(t *testing.T) {
	t.Parallel()
	lo := loopback.Interfaces(t)
	port, _ := loopback.SharedPort(t)
	any := func(Service) bool { return true }
	if _, err := Find(t.Context(), Options{Type: raopType, Interfaces: lo, Port: port, Wait: time.Millisecond}, any); !errors.Is(err, ErrNotFound) {
		t.Errorf("where nobody answers: want %v, got %v", ErrNotFound, err)
	}
	if _, err := Browse(t.Context(), Options{Type: raopType}); !errors.Is(err, errNoInterface) {
		t.Errorf("without interface: want %v, got %v", errNoInterface, err)
	}
	if _, err := Browse(t.Context(), Options{Type: "no type", Interfaces: lo, Port: port}); err == nil {
		t.Error("without type: want an error, got none")
	}
	gone := lo[0]
	gone.Name, gone.Index = "gone0", 1<<20
	if _, err := Browse(t.Context(), Options{Type: raopType, Interfaces: []netif.Interface{gone}, Port: port}); err == nil {
		t.Error("on an interface that is gone: want an error, got none")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Browse(ctx, Options{Type: raopType, Interfaces: lo, Port: port}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: want %v, got %v", context.Canceled, err)
	}
}

// A holder is a program that has a port for itself and answers questions as it
// is told to.
type holder struct{ conn *net.UDPConn }

// hold starts a holder on a free port.
func hold(t *testing.T, answer func(h *holder, query *dns.Msg, from *net.UDPAddr)) (port uint16) {
	t.Helper()
	c, err := net.ListenUDP("udp4", nil)
	must(t, err)
	must(t, ipv4.NewPacketConn(c).JoinGroup(&net.Interface{Index: loopback.Interfaces(t)[0].Index}, &net.UDPAddr{IP: groupIPv4.AsSlice()}))
	h := &holder{conn: c}
	endC := make(chan struct{})
	go func() {
		defer close(endC)
		buf := make([]byte, maxPacketBytes)
		for {
			n, from, err := c.ReadFromUDP(buf)
			if err != nil {
				return
			}
			query := new(dns.Msg)
			if query.Unpack(buf[:n]) == nil && !query.Response {
				answer(h, query, from)
			}
		}
	}()
	t.Cleanup(func() {
		must(t, c.Close())
		<-endC
	})
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// tell sends records by unicast.
func (h *holder) tell(t *testing.T, c *net.UDPConn, to *net.UDPAddr, records ...string) {
	b, err := message(t, records...).Pack()
	if err != nil {
		t.Error(err)
	}
	if _, err := c.WriteToUDP(b, to); err != nil {
		t.Log(err) // the asker may have left
	}
}

// A program that has the port for itself does not hinder a browse, and is asked
// on for all that it does not tell at once; what comes from another port, is no
// response or cannot be read does not count.
func TestExclusiveHolderAnswersBitByBit(t *testing.T) {
	t.Parallel()
	stranger, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	defer stranger.Close()
	port := hold(t, func(h *holder, query *dns.Msg, from *net.UDPAddr) {
		h.tell(t, stranger, from, `evil._dacp._tcp.local. 10 SRV 0 0 666 evil.local.`)
		for _, q := range query.Question {
			if q.Qclass&topBit == 0 {
				t.Errorf("want a wish for unicast, got class %#x", q.Qclass)
			}
			switch q.Qtype {
			case dns.TypePTR:
				_, _ = h.conn.WriteToUDP([]byte("nonsense"), from) // it does not matter whether it arrives
				h.tell(t, h.conn, from, phonePTR)
			case dns.TypeSRV:
				h.tell(t, h.conn, from, phoneSRV)
			case dns.TypeTXT:
				h.tell(t, h.conn, from, phoneTXT)
			case dns.TypeA:
				h.tell(t, h.conn, from, phoneA)
			}
		}
	})
	got, err := Browse(t.Context(), Options{Type: remoteType, Interfaces: loopback.Interfaces(t), Port: port, Wait: 2 * time.Second})
	must(t, err)
	if len(got) != 1 || got[0].Instance != phoneID || got[0].Port != 49155 || len(got[0].Addresses) != 1 || len(got[0].TXT) != 1 {
		t.Errorf("want the phone with all it told, got %+v", got)
	}
}

// The first question may get lost.
func TestQuestionIsRepeated(t *testing.T) {
	t.Parallel()
	asked := 0
	port := hold(t, func(h *holder, _ *dns.Msg, from *net.UDPAddr) {
		if asked++; asked > 1 {
			h.tell(t, h.conn, from, phonePTR, phoneSRV, phoneTXT, phoneA)
		}
	})
	_, err := Find(t.Context(), Options{Type: remoteType, Interfaces: loopback.Interfaces(t), Port: port, Wait: patience},
		func(s Service) bool { return s.Instance == phoneID })
	must(t, err)
}
