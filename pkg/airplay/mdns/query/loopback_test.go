package query

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
	"golang.org/x/net/ipv4"

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

func TestErrorsOfBrowse(t *testing.T) {
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

// A holder is a program that has the port for itself and answers questions as it
// is told to.
type holder struct{ conn *net.UDPConn }

// hold starts a holder and returns its port.
func hold(t *testing.T, answer func(h *holder, query *dns.Msg, from *net.UDPAddr)) (port uint16) {
	t.Helper()
	c, err := net.ListenUDP("udp4", nil)
	must(t, err)
	must(t, ipv4.NewPacketConn(c).JoinGroup(&net.Interface{Index: loopback.Interfaces(t)[0].Index}, &net.UDPAddr{IP: groupIPv4.AsSlice()}))
	h := &holder{conn: c}
	endC := make(chan struct{})
	go func() {
		defer close(endC)
		buf := make([]byte, MaxPacketBytes)
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
