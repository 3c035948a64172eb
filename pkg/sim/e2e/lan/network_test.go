//go:build linux

package lan_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

const (
	// backWithin is asked for from the network's return to the first sound that a
	// sender brings to a speaker there, beyond the buffer.
	backWithin = 10 * time.Second
	// outage is how long a cable is pulled.
	outage = 30 * time.Second
	// movedAddr is the address that a host is given by hand.
	movedAddr = "10.77.0.99"
)

// A networkChange is something that happens to eth0 of the program's host, while another
// interface has sound to carry.
type networkChange struct {
	name   string
	length time.Duration // of the sound elsewhere, which must outlast it
	addr   netip.Addr    // of the host afterwards
	apply  func(*testing.T, *testLAN)
}

var networkChanges = []networkChange{
	{"interface deleted and made anew", 20 * time.Second, hostAddr, func(t *testing.T, s *testLAN) {
		s.host.Unplug(t)
		s.secondSegment.waitMorePlayed(t)
		s.host.Plug(t)
	}},
	{"address changed by hand", 20 * time.Second, netip.MustParseAddr(movedAddr), func(t *testing.T, s *testLAN) {
		s.host.IP(t, "addr del "+hostAddr.String()+"/24 dev eth0")
		s.host.IP(t, "addr add "+movedAddr+"/24 brd + dev eth0\nroute add default via 10.77.0.1")
	}},
	{"cable pulled", outage + 15*time.Second, hostAddr, func(t *testing.T, s *testLAN) {
		s.host.SetLink(t, false)
		s.secondSegment.waitPlayedFor(t, outage)
		s.host.SetLink(t, true)
	}},
}

// What happens to one network leaves the sound on another alone, and the speakers
// of the first are back soon after it, by the same ids.
func TestNetworkChanges(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for _, c := range networkChanges {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			untilExact(t, func() string { return c.run(t, binary) })
		})
	}
}

// run has the change happen on a new site and tells what it did to the sound.
func (c networkChange) run(t *testing.T, binary string) (fault string) {
	t.Helper()
	s := newTestLAN(t, binary)
	s.lan.AddSegment(t, "bridge", "sender", "annex")
	kitchen := startSimSpeaker(t, s.speaker, s.speaker.Addr, "Kitchen")
	bath := startSimSpeaker(t, s.annex, s.annex.Second, "Bath")
	b := s.start(t)
	b.offered(t, kitchen.name, foundWithin)
	before, ok := s.find(t, kitchen.name, foundWithin)
	if !ok || before.addr != hostAddr {
		t.Fatalf("want Kitchen found at %v, got %+v", hostAddr, before)
	}
	away := netip.AddrPortFrom(s.host.Second, b.offered(t, bath.name, foundWithin).Port())
	s.secondSegment = s.startPlayback(t, away, bath, c.length)
	c.apply(t, s)
	fault = s.wantSpeakerBack(t, b, kitchen, mdnsResult{before.instance, c.addr})
	fault += s.secondSegment.finish(t)
	b.end(t)
	return fault
}

// wantSpeakerBack wants a speaker found as it was, and played on, soon, and tells what
// becomes of the sound.
func (s *testLAN) wantSpeakerBack(t *testing.T, b *bridge, one *simSpeaker, want mdnsResult) (fault string) {
	t.Helper()
	began := time.Now()
	var got mdnsResult
	lab.ComesTrue(backWithin, func() bool {
		got, _ = s.find(t, one.name, time.Second)
		return got == want
	})
	found := time.Since(began)
	if got != want {
		t.Fatalf("want %+v found within %v, got %+v", want, backWithin, got)
	}
	port := b.offered(t, one.name, 0).Port()
	p := s.startPlayback(t, netip.AddrPortFrom(want.addr, port), one, time.Second)
	sounded := time.Since(began)
	t.Logf("found after %v, it plays after %v", found.Round(time.Millisecond), sounded.Round(time.Millisecond))
	if sounded > backWithin+buffer {
		t.Errorf("want sound within %v, got %v", backWithin, sounded)
	}
	return p.finish(t)
}

// A host whose network is not ready when the program starts is served once it is.
func TestNetworkAtStart(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for _, c := range []struct {
		name          string
		before, after string // commands of ip(8)
	}{
		{"no default route", "route del default", ""},
		{"no default route, and one later", "route del default", "route add default via 10.77.0.1"},
		{"interface down", "link set eth0 down", "link set eth0 up\nroute add default via 10.77.0.1"},
		{"no address", "addr flush dev eth0", "addr add 10.77.0.10/24 brd + dev eth0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			untilExact(t, func() string { return startWithout(t, binary, c.before, c.after) })
		})
	}
}

// startWithout starts the program after commands of ip(8) on its host, and runs
// others once it is up.
func startWithout(t *testing.T, binary, before, after string) (fault string) {
	t.Helper()
	s := newTestLAN(t, binary)
	kitchen := startSimSpeaker(t, s.speaker, s.speaker.Addr, "Kitchen")
	s.host.IP(t, before)
	b := s.start(t)
	b.WaitLine(t, `"message":"status page, streams and speakers' events are served on this HTTP port"`, logWithin)
	if after != "" {
		s.host.IP(t, after)
	}
	receiver := b.offered(t, kitchen.name, backWithin)
	s.wantFound(t, kitchen.name, true)
	fault = s.startPlayback(t, receiver, kitchen, 2*time.Second).finish(t)
	b.end(t)
	return fault
}
