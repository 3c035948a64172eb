//go:build linux

package lan_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

const logGroupOffered = "group offered to AirPlay senders"

// A group of gmediarender and three software speakers, one of which takes WAV
// alone, plays one stream; one of them dies and comes back meanwhile.
func TestGroupOfManyKinds(t *testing.T) {
	t.Parallel()
	binary := build(t)
	untilExact(t, func() string {
		lan := lab.NewLAN(t, "bridge", "sender", "speaker", "annex", "one", "two", "three")
		s := &testLAN{
			lan: lan, binary: binary, host: lan.Host("bridge"), from: lan.Host("sender"),
			env: []string{longLatency, "BREEZEWAY_GROUPS=Everywhere=*"},
		}
		real := lan.Host("speaker").StartSpeaker(t, "Lounge")
		steady := startSimSpeaker(t, lan.Host("one"), lan.Host("one").Addr, "One")
		wav := startProfile(t, lan.Host("two"), lan.Host("two").Addr, "Two", "wav-only")
		mortal := startSimSpeaker(t, lan.Host("three"), lan.Host("three").Addr, "Three")
		b := s.start(t)
		for _, name := range []string{"Lounge", "One", "Two", "Three"} {
			b.offered(t, name, offeredWithin)
		}
		return s.playInGroup(t, b, real, []*simSpeaker{steady, wav}, mortal)
	})
}

// groupOffered is where a group's receiver listens.
func (b *bridge) groupOffered(t *testing.T, name string) netip.AddrPort {
	t.Helper()
	line := b.WaitLine(t, fmt.Sprintf(`^\{.*"group":"%s".*"rtsp":(\d+).*"message":"%s".*$`, name, logGroupOffered), logWithin)
	return netip.AddrPortFrom(b.host.Addr, netip.MustParseAddrPort("0.0.0.0:"+line[1]).Port())
}

// playInGroup plays on all; the mortal one dies in the middle and another stands
// in its place. It tells what was not as it was sent.
func (s *testLAN) playInGroup(t *testing.T, b *bridge, real *lab.Speaker, steady []*simSpeaker, mortal *simSpeaker) (fault string) {
	t.Helper()
	host := s.lan.Host("three")
	p := s.startPlayback(t, b.groupOffered(t, "Everywhere"), mortal, 12*time.Second)
	p.waitPlayedFor(t, time.Second)
	mortal.Kill()
	again := startSimSpeaker(t, host, host.Addr, "Three")
	lab.Until(t, foundWithin, "the one that came back plays", func() bool { return again.size(t) > 1<<16 })
	p.sender.waitSent(t)

	for _, one := range steady {
		if report := one.waitPlayed(t, p.tone, 0, playedWithin); !report.Exact() {
			fault += fmt.Sprintf("%s: want what was sent, got %v. ", one.name, report)
		}
	}
	if report := real.WaitPlayed(t, p.tone, playedWithin); !report.Exact() {
		fault += fmt.Sprintf("gmediarender: want what was sent, got %v. ", report)
	}
	if err := p.sender.Teardown(t.Context()); err != nil {
		t.Error(err)
	}
	b.end(t)
	return fault
}
