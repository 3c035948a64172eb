package raop_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// TestTwoSendersFight lets a second sender, and then the first one again, ask
// for a receiver that plays.
func TestTwoSendersFight(t *testing.T) {
	for _, test := range []struct {
		policy       settings.Takeover
		other, again int // the answer to another sender, to the same one
		want         []string
	}{
		{settings.TakeoverSame, 453, 200, []string{"play 1/1", "teardown the sender connected again", "play 1/1"}},
		{settings.TakeoverNever, 453, 453, []string{"play 1/1"}},
		{settings.TakeoverAlways, 200, 200, []string{
			"play 1/1", "teardown another sender took over", "play 1/1", "teardown another sender took over", "play 1/1",
		}},
	} {
		t.Run(test.policy.String(), func(t *testing.T) {
			owner := newRecorder()
			r := startReceiver(t, raop.Options{Handler: owner, Takeover: test.policy})
			first, second, again := newSender(t, r, loopback), newSender(t, r, otherHost), newSender(t, r, loopback)
			first.play()
			second.claims(test.other)
			again.claims(test.again)
			if got := owner.said(); strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("want %q, got %q", test.want, got)
			}
			checkWhoPlays(t, owner, first, second, again)
		})
	}
}

// TestSenderIsKnownByItsNames lets a sender come anew from another address, as a
// phone does that changes from IPv4 to IPv6.
func TestSenderIsKnownByItsNames(t *testing.T) {
	for _, test := range []struct {
		name          string
		holder, rival string // header lines
		want          int
	}{
		{"no names", "", "", 453},
		{"a captured DACP-ID", "DACP-ID: 48F3\n", "DACP-ID: 48F3\n", 453},
		{"a captured DACP-ID as Client-Instance", "DACP-ID: 48F3\nClient-Instance: 048f3\n", "Client-Instance: 048f3\n", 453},
		{"a captured DACP-ID beside a Client-Instance", "DACP-ID: 48F3\nClient-Instance: d601\n", "DACP-ID: 48F3\n", 453},
		{"another DACP-ID", "DACP-ID: 48F3\n", "DACP-ID: 48F4\n", 453},
		{"a DACP-ID against none", "DACP-ID: 48F3\n", "", 453},
		{"none against a DACP-ID", "", "DACP-ID: 48F3\n", 453},
		{"empty ones", "DACP-ID:\nClient-Instance:\n", "DACP-ID:\nClient-Instance:\n", 453},
		{"the same Client-Instance", "Client-Instance: d601\n", "Client-Instance: d601\n", 200},
		{"another Client-Instance", "Client-Instance: d601\n", "Client-Instance: d602\n", 453},
		{"one's DACP-ID as the other's Client-Instance", "DACP-ID: 48F3\n", "Client-Instance: 48F3\n", 453},
	} {
		t.Run(test.name, func(t *testing.T) {
			owner := newRecorder()
			r := startReceiver(t, raop.Options{Handler: owner})
			holder, rival := newSender(t, r, loopback), newSender(t, r, otherHost)
			holder.want(200, "OPTIONS", test.holder, "")
			holder.play()
			rival.want(test.want, "ANNOUNCE", test.rival, plainSDP)
			want := "play 1/1"
			if test.want == 200 {
				want += "\nteardown the sender connected again"
			}
			if got := strings.Join(owner.said(), "\n"); got != want {
				t.Errorf("want %q, got %q", want, got)
			}
		})
	}
}

// claims asks for the receiver, and plays if it gets it.
func (s *sender) claims(status int) {
	s.t.Helper()
	s.want(200, "OPTIONS", "", "")
	s.want(status, "ANNOUNCE", "", plainSDP)
	if status == 200 {
		s.want(200, "SETUP", s.transport(), "")
		s.want(200, "RECORD", "RTP-Info: seq=1;rtptime=1\n", "")
	}
}

// checkWhoPlays tests that sound of the sender in charge alone arrives, that
// the others have lost their connections or never had a session, and that
// nobody's ports are still bound but that one's.
func checkWhoPlays(t *testing.T, owner *recorder, senders ...*sender) {
	t.Helper()
	playing := owner.session.Client().Addr
	for i, s := range senders {
		if s.server["server_port"] == (netip.AddrPort{}) {
			continue // was refused
		}
		if playing == s.conn.LocalAddr().(*net.TCPAddr).AddrPort() {
			s.send(s.audio, "server_port", audioPacket(uint16(100+i)))
			owner.await(t, 1, fmt.Sprintf("packet %d/", 100+i))
			continue
		}
		if err := s.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.reader.ReadByte(); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("sender %d: displaced, but its connection is open: %v", i, err)
		}
		checkPortsAreFree(t, s)
	}
}

func checkPortsAreFree(t *testing.T, s *sender) {
	t.Helper()
	for _, name := range []string{"server_port", "control_port", "timing_port"} {
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(s.server[name]))
		if err != nil {
			t.Errorf("%s is left over: %v", name, err)
			continue
		}
		_ = conn.Close()
	}
}

// TestManySendersFight lets four hosts ask at once, over and over.
func TestManySendersFight(t *testing.T) {
	const rounds = 20
	for _, policy := range []settings.Takeover{settings.TakeoverSame, settings.TakeoverNever, settings.TakeoverAlways} {
		t.Run(policy.String(), func(t *testing.T) {
			owner := newRecorder()
			r := startReceiver(t, raop.Options{Handler: owner, Takeover: policy})
			var senders []*sender
			for i := range byte(4) {
				senders = append(senders, newSender(t, r, netip.AddrFrom4([4]byte{127, 0, 0, 10 + i})))
			}
			done := make(chan int)
			for _, s := range senders {
				go func() {
					played := 0
					defer func() { done <- played }()
					played = s.fight(rounds)
				}()
			}
			played := 0
			for range senders {
				played += <-done
			}
			if played == 0 {
				t.Error("nobody ever played")
			}
			eventually(t, "all connections have ended", func() bool { return r.Stats().RTSP.Open == 0 })
			if stats := r.Stats(); stats.Active {
				t.Errorf("a session is left over: %+v", stats)
			}
			if said := owner.said(); count(said, "play") != count(said, "teardown") {
				t.Errorf("want a Teardown for each Play, got %q", said)
			}
			for _, s := range senders {
				if s.server["server_port"].IsValid() {
					checkPortsAreFree(t, s)
				}
			}
			newSender(t, r, otherHost).play()
		})
	}
}

// fight asks for the receiver on ever new connections and says how often it
// got as far as RECORD. It does not mind losing.
func (s *sender) fight(rounds int) (played int) {
	for range rounds {
		s.connect()
		if s.succeeds("ANNOUNCE", "", plainSDP) && s.succeeds("SETUP", s.transport(), "") && s.succeeds("RECORD", "", "") {
			played++
		}
	}
	s.disconnect()
	return played
}

func (s *sender) succeeds(method, header, body string) bool {
	response, err := s.try(requestText(method, header, body))
	return err == nil && response.Status == 200
}
