package raop_test

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// What senders were seen to stumble over, or to do that receivers stumble over,
// as far as no other test has it; docs/SENDERS.md lists them all.

// PulseAudio wants a Session and an audio jack, pyatv a Session that is a
// decimal number, OwnTone this beginning to the letter, all of them ports.
func TestSetupAnswer(t *testing.T) {
	s := newSender(t, startReceiver(t, raop.Options{Handler: newRecorder()}), loopback)
	s.want(200, "ANNOUNCE", "", plainSDP)
	answer := s.want(200, "SETUP", s.transport(), "")
	if got := answer.Header.Get("Transport"); !strings.HasPrefix(got, "RTP/AVP/UDP;unicast;") {
		t.Errorf("want RTP/AVP/UDP;unicast;..., got %s", got)
	}
	if n, err := strconv.Atoi(answer.Header.Get("Session")); err != nil || n < 1 {
		t.Errorf("want a decimal Session, got %q", answer.Header.Get("Session"))
	}
	if got := answer.Header.Get("Audio-Jack-Status"); !strings.HasPrefix(got, "connected") {
		t.Errorf("want an audio jack, got %q", got)
	}
	for _, name := range []string{"server_port", "control_port", "timing_port"} {
		if s.server[name].Port() == 0 {
			t.Errorf("want a %s, got none", name)
		}
	}
}

// OwnTone takes a POST among the methods for a demand of MFi authentication.
func TestPublicMethodsLeavePOSTOut(t *testing.T) {
	s := newSender(t, startReceiver(t, raop.Options{Handler: newRecorder()}), loopback)
	public := s.want(200, "OPTIONS", "", "").Header.Get("Public")
	if strings.Contains(public, "POST") || !strings.Contains(public, "ANNOUNCE") || !strings.Contains(public, "GET_PARAMETER") {
		t.Errorf("got %s", public)
	}
}

// airtunes2 ends with a reset of the connection.
func TestResetEndsTheSession(t *testing.T) {
	owner := newRecorder()
	r := startReceiver(t, raop.Options{Handler: owner, Takeover: settings.TakeoverNever})
	s := newSender(t, r, loopback)
	s.play()
	if err := s.conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	s.disconnect()
	owner.await(t, 1, "teardown")
	s.connect()
	s.play()
}

// Large cover art over a slow link must not hold up the sound.
func TestArtworkDoesNotHoldUpSound(t *testing.T) {
	owner := newRecorder()
	s := newSender(t, startReceiver(t, raop.Options{Handler: owner}), loopback)
	s.play()
	artwork := requestText("SET_PARAMETER", "Content-Type: image/png\n", pngStart+strings.Repeat("x", 500_000))
	half := len(artwork) / 2
	if _, err := s.conn.Write([]byte(artwork[:half])); err != nil {
		t.Fatal(err)
	}
	s.send(s.audio, "server_port", audioPacket(1))
	owner.await(t, 1, "packet 1/352")
	if got := s.raw(artwork[half:]).Status; got != 200 {
		t.Errorf("want 200, got %d", got)
	}
	owner.await(t, 1, "artwork image/png")
}

// Some senders give up on a receiver that does not ask for their time, also in
// a pause.
func TestTimingGoesOnInAPause(t *testing.T) {
	t.Parallel()
	s := newSender(t, startReceiver(t, raop.Options{Handler: newRecorder()}), loopback)
	s.play()
	s.want(200, "FLUSH", "", "")
	for range 4 { // three at once, one every three seconds
		if _, err := rtp.ParseTimingRequest(s.receive(s.timing)); err != nil {
			t.Fatal(err)
		}
	}
}

// A session follows another from the same host: on a new connection after
// TEARDOWN, which ends the old one, or without either.
func TestAnnounceAgain(t *testing.T) {
	for name, end := range map[string]bool{"after TEARDOWN": true, "without TEARDOWN": false} {
		t.Run(name, func(t *testing.T) {
			owner := newRecorder()
			s := newSender(t, startReceiver(t, raop.Options{Handler: owner, Takeover: settings.TakeoverNever}), loopback)
			s.play()
			if end {
				s.want(200, "TEARDOWN", "", "")
				s.connect()
			}
			s.play()
			if said := owner.said(); count(said, "play") != 2 || count(said, "teardown") != 1 {
				t.Errorf("want two sessions, one after the other, got %q", said)
			}
		})
	}
}

// Bursts come faster than the owner takes them: the sockets have room for
// seconds, as far as the kernel grants it.
func TestSocketsHaveRoomForBursts(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/net/core/rmem_max")
	if err != nil {
		t.Skip("this system does not tell how much it grants")
	}
	granted, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	packets := min(granted, 1<<20) / 4096 // what the kernel counts for one of 1.4 kB
	owner := newRecorder()
	s := newSender(t, startReceiver(t, raop.Options{Handler: owner}), loopback)
	s.play()
	for seq := range packets {
		packet := rtp.Audio{Seq: uint16(seq), Payload: make([]byte, 1408)}
		s.send(s.audio, "server_port", packet.Append(nil))
	}
	owner.await(t, packets, "packet")
}
