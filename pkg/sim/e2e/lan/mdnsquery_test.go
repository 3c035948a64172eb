//go:build linux

package lan_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

const (
	mdnsPort = 5353
	// askEvery is the time between two questions.
	askEvery = 250 * time.Millisecond
	// noAnswerWait is how long to wait for an answer that must not come.
	noAnswerWait = 2 * time.Second
)

var mdnsGroup = netip.AddrPortFrom(netip.MustParseAddr("224.0.0.251"), mdnsPort)

// A mdnsResult is what a sender finds of a speaker by mDNS.
type mdnsResult struct {
	instance string     // "0123456789AB@Kitchen"
	addr     netip.Addr // of its host
}

// wantFound has the sender's host ask for AirPlay speakers and wants one of that
// name found, or not.
func (s *testLAN) wantFound(t *testing.T, name string, want bool) {
	t.Helper()
	within := foundWithin
	if !want {
		within = noAnswerWait
	}
	if _, got := s.find(t, name, within); got != want {
		t.Errorf("want %s found by mDNS: %v, got %v", name, want, got)
	}
}

// find has the sender's host ask for AirPlay speakers, from a port of its own
// (RFC 6762 section 5.1), until it has found one of that name.
func (s *testLAN) find(t *testing.T, name string, within time.Duration) (mdnsResult, bool) {
	t.Helper()
	var conn *net.UDPConn
	err := s.from.Do(func() (err error) {
		conn, err = net.ListenUDP("udp4", nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // all is read
	var query dns.Msg
	query.SetQuestion("_raop._tcp.local.", dns.TypePTR)
	question, err := query.Pack()
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(within); time.Now().Before(until); {
		if _, err := conn.WriteToUDPAddrPort(question, mdnsGroup); err != nil {
			t.Fatal(err)
		}
		if found, ok := readAnswers(t, conn, name); ok {
			return found, true
		}
	}
	return mdnsResult{}, false
}

// readAnswers reads answers until it is time to ask again. Only those from port 5353
// count.
func readAnswers(t *testing.T, conn *net.UDPConn, name string) (mdnsResult, bool) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(askEvery)); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 9000)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return mdnsResult{}, false
		}
		if err != nil {
			t.Fatal(err)
		}
		if found, ok := parseMDNSAnswer(buffer[:n], name); ok && from.Port() == mdnsPort {
			return found, true
		}
	}
}

// parseMDNSAnswer reads an answer: the speaker of that name and its host's first address.
func parseMDNSAnswer(packet []byte, name string) (found mdnsResult, ok bool) {
	var m dns.Msg
	if m.Unpack(packet) != nil {
		return found, false
	}
	for _, r := range append(m.Answer, m.Extra...) {
		switch r := r.(type) {
		case *dns.PTR:
			if instance, _, _ := strings.Cut(r.Ptr, "._raop."); strings.HasSuffix(instance, "@"+name) {
				found.instance, ok = instance, true
			}
		case *dns.A:
			if addr, is := netip.AddrFromSlice(r.A); is && !found.addr.IsValid() {
				found.addr = addr.Unmap()
			}
		}
	}
	return found, ok
}
