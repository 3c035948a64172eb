package raop_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

var otherHost = netip.MustParseAddr("127.0.0.2")

// audioPacket is a packet of L16 with a payload that is long enough.
func audioPacket(seq uint16) []byte {
	return rtp.Audio{Seq: seq, Timestamp: 352 * uint32(seq), Payload: make([]byte, 16)}.Append(nil)
}

func TestSecondSenderIsRefused(t *testing.T) {
	owner := newRecorder()
	r := startReceiver(t, raop.Options{Handler: owner})
	first, second := newSender(t, r, loopback), newSender(t, r, otherHost)
	first.play()
	second.want(200, "OPTIONS", "", "")
	second.want(453, "ANNOUNCE", "", plainSDP)
	second.want(455, "SETUP", second.transport(), "")
	second.want(200, "SET_PARAMETER", "Content-Type: text/parameters\n", "volume: 0\r\n")
	first.want(200, "TEARDOWN", "", "")
	second.play()
	want := "play 1/1\nteardown the sender ended it\nplay 1/1"
	if got := strings.Join(owner.said(), "\n"); got != want {
		t.Errorf("want\n%s\ngot\n%s", want, got)
	}
	if stats := r.Stats(); stats.RefusedBusy != 1 || stats.Sessions != 2 || !stats.Active {
		t.Errorf("want 1 refused and 2 sessions, got %+v", stats)
	}
}

func TestSameSenderComesAnew(t *testing.T) {
	owner := newRecorder()
	r := startReceiver(t, raop.Options{Handler: owner})
	first, second := newSender(t, r, loopback), newSender(t, r, loopback)
	first.play()
	second.play()
	want := "play 1/1\nteardown the sender connected again\nplay 1/1"
	if got := strings.Join(owner.said(), "\n"); got != want {
		t.Errorf("want\n%s\ngot\n%s", want, got)
	}
	if _, err := first.reader.ReadByte(); err == nil {
		t.Error("the old connection is still open")
	}
}

func TestTakeover(t *testing.T) {
	owner := newRecorder()
	r := startReceiver(t, raop.Options{Handler: owner, Takeover: settings.TakeoverAlways})
	newSender(t, r, loopback).play()
	newSender(t, r, otherHost).play()
	want := "play 1/1\nteardown another sender took over\nplay 1/1"
	if got := strings.Join(owner.said(), "\n"); got != want {
		t.Errorf("want\n%s\ngot\n%s", want, got)
	}
}

func TestHalfOpenSessionIsReleased(t *testing.T) {
	tcp := "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record\n"
	for _, test := range []struct {
		name string
		quit func(*sender)
	}{
		{"SETUP refused", func(s *sender) { s.want(461, "SETUP", tcp, "") }},
		{"SETUP malformed", func(s *sender) { s.want(400, "SETUP", "Transport: RTP/AVP/UDP;control_port=x\n", "") }},
		{"TEARDOWN", func(s *sender) { s.want(200, "TEARDOWN", "", "") }},
		{"TEARDOWN after SETUP", func(s *sender) {
			s.want(200, "SETUP", s.transport(), "")
			s.want(200, "TEARDOWN", "", "")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			owner := newRecorder()
			r := startReceiver(t, raop.Options{Handler: owner})
			s := newSender(t, r, loopback)
			s.want(200, "ANNOUNCE", "", plainSDP)
			test.quit(s)
			newSender(t, r, otherHost).want(200, "ANNOUNCE", "", plainSDP)
			if said := owner.said(); len(said) != 0 {
				t.Errorf("the owner was told of a session that never played: %q", said)
			}
		})
	}
}

func TestSilentSenderIsGivenUp(t *testing.T) {
	owner := newRecorder()
	r := startReceiver(t, raop.Options{Handler: owner, SessionIdle: time.Second})
	newSender(t, r, loopback).play()
	owner.await(t, 1, "teardown nothing received from the sender for 1s")
}

func TestPacketsOfOthersAreDropped(t *testing.T) {
	owner := newRecorder()
	r := startReceiver(t, raop.Options{Handler: owner})
	s, stranger := newSender(t, r, loopback), newSender(t, r, otherHost)
	s.play()
	stranger.server = s.server
	stranger.send(stranger.audio, "server_port", audioPacket(7))
	s.send(s.audio, "server_port", []byte{0x80})                                                           // no header
	s.send(s.audio, "server_port", audioPacket(8)[:11])                                                    // cut off
	s.send(s.audio, "server_port", audioPacket(9)[:20])                                                    // 8 bytes of payload
	s.send(s.audio, "server_port", append([]byte{0x80, 0x61}, make([]byte, 30)...))                        // unknown
	s.send(s.audio, "server_port", rtp.AppendResent(nil, 1, rtp.Audio{Seq: 3, Payload: make([]byte, 16)})) // on the other port
	s.send(s.audio, "server_port", []byte{0x80, 0xD6, 0, 1, 0, 0})                                         // not available
	s.send(s.audio, "server_port", audioPacket(10))
	owner.await(t, 2, "packet")
	want := fmt.Sprintf("play 1/1\npacket 3/0 %032x resent\npacket 10/3520 %032x", 0, 0)
	if got := strings.Join(owner.said(), "\n"); got != want {
		t.Errorf("want\n%s\ngot\n%s", want, got)
	}
	s.want(200, "OPTIONS", "", "")
	stats := r.Stats().Packets
	if stats.Foreign != 1 || stats.Malformed != 3 || stats.Resent != 1 || stats.Unavailable != 1 {
		t.Errorf("miscounted: %+v", stats)
	}
}

func TestIPv6(t *testing.T) {
	host := netip.IPv6Loopback()
	if probe, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, 0))); err != nil {
		t.Skipf("no IPv6 on this host: %v", err)
	} else {
		_ = probe.Close()
	}
	owner := newRecorder()
	s := newSender(t, startReceiver(t, raop.Options{Handler: owner, Listen: host}), host)
	s.play()
	s.send(s.audio, "server_port", audioPacket(1))
	owner.await(t, 1, "packet 1/352")
	if _, err := rtp.ParseTimingRequest(s.receive(s.timing)); err != nil {
		t.Error(err)
	}
}

func TestRequestResend(t *testing.T) {
	owner := newRecorder()
	s := newSender(t, startReceiver(t, raop.Options{Handler: owner}), loopback)
	s.play()
	for _, test := range []struct {
		first uint16
		count int
		want  rtp.ResendRequest
	}{
		{19505, 2, rtp.ResendRequest{First: 19505, Count: 2}},
		{65535, 1000, rtp.ResendRequest{First: 65535, Count: 128}},
	} {
		if err := owner.session.RequestResend(test.first, test.count); err != nil {
			t.Fatal(err)
		}
		if got, err := rtp.ParseResendRequest(s.receive(s.control)); err != nil || got != test.want {
			t.Errorf("want %+v, got %+v, %v", test.want, got, err)
		}
	}
	if err := owner.session.RequestResend(1, 0); err == nil {
		t.Error("a request for nothing was sent")
	}
	s.want(200, "TEARDOWN", "", "")
	if err := owner.session.RequestResend(1, 1); err == nil {
		t.Error("a session that has ended still asks")
	}
}

// TestSyncAndTimingAreTakenIn plays a sender whose clock counts from 1970 and
// runs two hours ahead.
func TestSyncAndTimingAreTakenIn(t *testing.T) {
	const ahead = 2 * time.Hour
	owner := newRecorder()
	s := newSender(t, startReceiver(t, raop.Options{Handler: owner}), loopback)
	s.play()
	if _, known := owner.session.Latency(); known {
		t.Error("a latency is known before anything came in")
	}
	s.send(s.timing, "timing_port", rtp.TimingReply{Receive: 1, Transmit: 1}.Append(nil)) // nobody asked for it
	request, err := rtp.ParseTimingRequest(s.receive(s.timing))
	if err != nil {
		t.Fatal(err)
	}
	theirs := rtp.NTPFromTime(time.Now().Add(ahead))
	s.send(s.timing, "timing_port", rtp.TimingReply{Origin: request.Transmit, Receive: theirs, Transmit: theirs}.Append(nil))
	sync := rtp.Sync{Playing: 4294967295 - 88199, Time: theirs, Next: 0}
	s.send(s.control, "control_port", sync.Append(nil))
	s.send(s.control, "control_port", rtp.AppendResent(nil, 1, rtp.Audio{Payload: make([]byte, 16)}))
	owner.await(t, 1, "packet") // the sync packet has been read before it
	eventually(t, "the timing reply is received", func() bool { return owner.session.Stats().RTT > 0 })
	if frames, known := owner.session.Latency(); !known || frames != 88200 {
		t.Errorf("want a latency of 88200 frames, got %d, %v", frames, known)
	}
}

func TestTimingRequestsComeEarlyAndOften(t *testing.T) {
	s := newSender(t, startReceiver(t, raop.Options{Handler: newRecorder()}), loopback)
	s.want(200, "ANNOUNCE", "", plainSDP)
	s.want(200, "SETUP", s.transport(), "")
	begin := time.Now()
	for range 3 {
		if _, err := rtp.ParseTimingRequest(s.receive(s.timing)); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begin); took < 500*time.Millisecond || took > 2*time.Second {
		t.Errorf("three requests in %v, want 0.6 s", took)
	}
}

func TestPortsAreSharedByRanges(t *testing.T) {
	ports := settings.PortRange{First: 31870, Last: 31889}
	options := raop.Options{Handler: newRecorder(), RTSPPorts: ports, UDPPorts: ports}
	a, b := startReceiver(t, options), startReceiver(t, options)
	if a.Port() == b.Port() {
		t.Errorf("both on port %d", a.Port())
	}
	seen := make(map[netip.AddrPort]bool)
	for _, r := range []*raop.Receiver{a, b} {
		s := newSender(t, r, loopback)
		s.play()
		for name, addr := range s.server {
			if !strings.HasSuffix(name, "_port") {
				continue
			}
			if seen[addr] || addr.Port() < ports.First || addr.Port() > ports.Last {
				t.Errorf("%s is %v", name, addr)
			}
			seen[addr] = true
		}
	}
	if len(seen) != 6 {
		t.Errorf("want 6 ports, got %v", seen)
	}
}

func TestNextSessionHasOtherPorts(t *testing.T) {
	ports := settings.PortRange{First: 31892, Last: 31899}
	s := newSender(t, startReceiver(t, raop.Options{Handler: newRecorder(), UDPPorts: ports}), loopback)
	s.play()
	before := s.server["server_port"]
	s.want(200, "TEARDOWN", "", "")
	s.connect()
	s.play()
	if after := s.server["server_port"]; after == before {
		t.Errorf("late packets for the first session reach the second on %v", after)
	}
}

func TestNoPortsLeft(t *testing.T) {
	r := startReceiver(t, raop.Options{Handler: newRecorder(), UDPPorts: settings.PortRange{First: 31890, Last: 31891}})
	s := newSender(t, r, loopback)
	s.want(200, "ANNOUNCE", "", plainSDP)
	s.want(500, "SETUP", s.transport(), "")
	newSender(t, r, otherHost).want(200, "ANNOUNCE", "", plainSDP)
}

func TestRunEndsSessions(t *testing.T) {
	owner := newRecorder()
	t.Run("receiver", func(t *testing.T) {
		newSender(t, startReceiver(t, raop.Options{Handler: owner}), loopback).play()
	})
	want := "play 1/1\nteardown connection closed"
	if got := strings.Join(owner.said(), "\n"); got != want {
		t.Errorf("want\n%s\ngot\n%s", want, got)
	}
}
