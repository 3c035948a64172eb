//go:build linux

package lan_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/holder"
	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
	"github.com/breezeway-audio/breezeway/pkg/sim/stall"
)

const (
	// longLatency lets packets be so late that a busy machine does not spoil a play.
	longLatency = "BREEZEWAY_LATENCY=1500ms"
	// foundWithin is asked for from a speaker's start, or the network's return,
	// to its offer.
	foundWithin = 10 * time.Second
	// probes is how many datagrams a holder of a port must get, all of them.
	probes = 40
	probe  = "for whoever has the port"
	// holderName is what a holder's program is called: it is this test.
	holderName = "lan.test (pid "
)

// hostAddr is the address of a LAN's first host: on a site the program's.
var hostAddr = netip.MustParseAddr("10.77.0.10")

// A testLAN is a LAN on which the program runs between software senders and
// speakers, and beside other programs.
type testLAN struct {
	lan                 *lab.LAN
	binary              string
	host, from, speaker *lab.Host
	annex               *lab.Host // has a speaker on the second segment
	env                 []string  // of the program
	withoutCapabilities []string  // of capabilities; names as setpriv(1) has them
	addressAdded        bool
	seed                uint64    // of the last tone
	secondSegment       *playback // on the second segment
}

func newTestLAN(t *testing.T, binary string, env ...string) *testLAN {
	t.Helper()
	lan := lab.NewLAN(t, "bridge", "sender", "speaker", "annex")
	return &testLAN{
		lan: lan, binary: binary, host: lan.Host("bridge"), from: lan.Host("sender"),
		speaker: lan.Host("speaker"), annex: lan.Host("annex"),
		env: append([]string{longLatency}, env...),
	}
}

// start runs the program.
func (s *testLAN) start(t *testing.T) *bridge {
	t.Helper()
	b := &bridge{host: s.host, began: time.Now()}
	b.Process = s.host.Start(t, lab.Program{Name: "breezeway", Args: s.command(), Env: s.env})
	return b
}

// command is the program with arguments, without the capabilities that the site
// leaves out.
func (s *testLAN) command(args ...string) []string {
	command := append([]string{s.binary}, args...)
	if len(s.withoutCapabilities) == 0 {
		return command
	}
	drop := "-" + strings.Join(s.withoutCapabilities, ",-")
	return append([]string{"setpriv", "--bounding-set=" + drop, "--inh-caps=" + drop, "--"}, command...)
}

// changeAddress gives the program's host a second address or takes it away: then the
// program checks at once what it else checks twice a minute or less.
func (s *testLAN) changeAddress(t *testing.T) {
	t.Helper()
	verb := "add"
	if s.addressAdded {
		verb = "del"
	}
	s.addressAdded = !s.addressAdded
	s.host.IP(t, "addr "+verb+" 10.77.0.250/32 dev eth0")
}

// hold has a port of the program's host held until the test ends or the conn is
// closed.
func (s *testLAN) hold(t *testing.T, w holder.Binding, port uint16) (net.PacketConn, error) {
	t.Helper()
	var conn net.PacketConn
	err := s.host.Do(func() (err error) {
		conn, err = w.Open(port)
		return err
	})
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() }) // it may be closed
	}
	return conn, err
}

// mustHold is hold where nothing stands in its way. It is tried for a moment: a
// test beside this one that starts a program has a copy of all that is open here,
// also of what was just closed, until that program runs.
func (s *testLAN) mustHold(t *testing.T, w holder.Binding, port uint16) (conn net.PacketConn) {
	t.Helper()
	var err error
	lab.ComesTrue(time.Second, func() bool {
		conn, err = s.hold(t, w, port)
		return !inUse(err)
	})
	if err != nil {
		t.Fatalf("want the holder to have its port, got %v", err)
	}
	return conn
}

// wantUnicast has another host send to the port and wants all of it at the
// holder.
func (s *testLAN) wantUnicast(t *testing.T, conn net.PacketConn, port uint16) {
	t.Helper()
	err := s.from.Do(func() (err error) {
		for range probes {
			err = errors.Join(err, sendProbe(netip.AddrPortFrom(s.host.Addr, port)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(logWithin)); err != nil {
		t.Fatal(err)
	}
	got, buffer := 0, make([]byte, 2048)
	for got < probes {
		n, _, err := conn.ReadFrom(buffer)
		if err != nil {
			break // the deadline: the rest went elsewhere
		}
		if string(buffer[:n]) == probe {
			got++
		}
	}
	if got != probes {
		t.Errorf("want %d of %d unicast datagrams at the holder, got %d", probes, probes, got)
	}
}

// sendProbe sends from a port of its own.
func sendProbe(to netip.AddrPort) error {
	conn, err := net.Dial("udp4", to.String())
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte(probe))
	return errors.Join(err, conn.Close())
}

// A playback is one tone on its way from a sender to a speaker.
type playback struct {
	sender  *simSender
	speaker *simSpeaker
	tone    []byte
	from    int64 // bytes that the speaker had played before
}

// startPlayback begins to play a tone to a receiver and waits for its first sound at
// the speaker.
func (s *testLAN) startPlayback(t *testing.T, receiver netip.AddrPort, to *simSpeaker, length time.Duration) *playback {
	t.Helper()
	s.seed++
	p := &playback{speaker: to, tone: lab.Tone(length, s.seed), from: to.size(t)}
	p.sender = connectSimSender(t, s.from, receiver)
	p.sender.play(t, p.tone)
	lab.Until(t, foundWithin, "the speaker plays", func() bool { return to.size(t) > p.from })
	return p
}

// waitMorePlayed waits until a little more of the tone was played.
func (p *playback) waitMorePlayed(t *testing.T) {
	t.Helper()
	p.waitPlayedFor(t, 250*time.Millisecond)
}

// waitPlayedFor waits until so much more was played.
func (p *playback) waitPlayedFor(t *testing.T, length time.Duration) {
	t.Helper()
	const byteRate = 44100 * 4
	want := p.speaker.size(t) + int64(length.Seconds()*byteRate)
	lab.Until(t, length+logWithin, "the speaker plays on", func() bool { return p.speaker.size(t) >= want })
}

// finish waits for the end and returns how the sound differs from what was sent; "" if
// it does not.
func (p *playback) finish(t *testing.T) (fault string) {
	t.Helper()
	p.sender.waitSent(t)
	report := p.speaker.waitPlayed(t, p.tone, p.from, playedWithin)
	if err := p.sender.Teardown(t.Context()); err != nil {
		t.Error(err)
	}
	if report.Exact() {
		return ""
	}
	return "want the sound as it was sent, got " + report.String()
}

// untilExact runs do, and repeats it, maxPlays times in all, while there is a fault
// and the machine stalled: such a fault says nothing of the program.
func untilExact(t *testing.T, do func() (fault string)) {
	t.Helper()
	stalls := stall.Watch(t)
	for try := 1; ; try++ {
		fault := do()
		pause := stalls.Longest()
		if fault == "" {
			return
		}
		if pause < standstill || try == maxPlays {
			t.Error(fault)
			return
		}
		t.Logf("again, because the machine stood still for %v: %s", pause, fault)
	}
}

// offered waits until the program has offered a speaker and gives where.
func (b *bridge) offered(t *testing.T, name string, within time.Duration) netip.AddrPort {
	t.Helper()
	line := b.WaitLine(t, fmt.Sprintf(`^\{.*"speaker":"%s".*"rtsp":(\d+).*"message":"%s".*$`, name, logOffered), within)
	port := netip.MustParseAddrPort("0.0.0.0:" + line[1]).Port()
	return netip.AddrPortFrom(b.host.Addr, port)
}

// wantCondition wants a condition about a port raised, with the holder named.
func (b *bridge) wantCondition(t *testing.T, code, subject string) {
	t.Helper()
	pattern := fmt.Sprintf(`^.*"condition":"%s".*"subject":"%s".*"message":"condition raised".*$`, code, subject)
	line := b.WaitLine(t, pattern, logWithin)[0]
	if !strings.Contains(line, `"holder":"`+holderName) {
		t.Errorf("want the holder %s named, got %s", holderName, line)
	}
}

// inUse reports whether the kernel refused a port.
func inUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
