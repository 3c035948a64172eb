//go:build linux

package e2e_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

const (
	mdnsPort = 5353
	// askEvery is the time between two questions.
	askEvery = 250 * time.Millisecond
	// silence is how long to wait for an answer that must not come.
	silence = 2 * time.Second
)

var mdnsGroup = netip.AddrPortFrom(netip.MustParseAddr("224.0.0.251"), mdnsPort)

// wantFound has the sender's host ask for AirPlay speakers (RFC 6762 section 5.1,
// from a port of its own) and wants one of that name found, or not.
func (s *site) wantFound(t *testing.T, name string, want bool) {
	t.Helper()
	within := foundWithin
	if !want {
		within = silence
	}
	var conn *net.UDPConn
	err := s.from.Do(func() (err error) {
		conn, err = net.ListenUDP("udp4", nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // all is read
	got, err := asks(conn, name, time.Now().Add(within))
	if err != nil || got != want {
		t.Errorf("want %s found by mDNS: %v, got %v, %v", name, want, got, err)
	}
}

// asks asks again and again until there is an answer that counts: one from port
// 5353.
func asks(conn *net.UDPConn, name string, until time.Time) (found bool, err error) {
	var query dns.Msg
	query.SetQuestion("_raop._tcp.local.", dns.TypePTR)
	question, err := query.Pack()
	if err != nil {
		return false, err
	}
	buffer := make([]byte, 9000)
	for time.Now().Before(until) {
		if _, err := conn.WriteToUDPAddrPort(question, mdnsGroup); err != nil {
			return false, err
		}
		if err := conn.SetReadDeadline(time.Now().Add(askEvery)); err != nil {
			return false, err
		}
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			continue
		case err != nil:
			return false, err
		case from.Port() == mdnsPort && answers(buffer[:n], name):
			return true, nil
		}
	}
	return false, nil
}

func answers(packet []byte, name string) bool {
	var m dns.Msg
	if m.Unpack(packet) != nil {
		return false
	}
	for _, r := range m.Answer {
		if ptr, ok := r.(*dns.PTR); ok && strings.Contains(ptr.Ptr, name) {
			return true
		}
	}
	return false
}
