//go:build linux

package lan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/holder"
	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

// mdnsHolders are all known ways to bind 5353/UDP.
var mdnsHolders = holder.Bindings(hostAddr, mdnsGroup.Addr())

// An mdnsCase is a way to run the program, and how it behaves where 5353/UDP is held
// exclusively.
type mdnsCase struct {
	name                string
	withoutCapabilities []string
	held                string // the state of an address family whose port is not shared
}

var mdnsCases = []mdnsCase{
	{name: "with NET_RAW", held: "raw"},
	{name: "without NET_RAW", withoutCapabilities: []string{"net_raw"}, held: "held"},
}

// Families as the log names them.
const (
	ipv4 = "IPv4"
	ipv6 = "IPv6"
)

// states are what the log says of the two address families beside a holder.
func (r mdnsCase) states(w holder.Binding) map[string]string {
	states := map[string]string{ipv4: "shared", ipv6: "ok"}
	if w.V6Only {
		states[ipv4] = "ok"
	}
	if !w.SharesAny {
		states[ipv4] = r.held
	}
	if !w.SharesIPv6 {
		states[ipv6] = r.held
	}
	return states
}

// Every way in which another program may have 5353/UDP, before and after the
// program starts, coming and going while it plays. Only where the port is held
// and there is no other way are the speakers not found, which is said; whoever
// knows where they are plays on them all the same.
func TestBesideHoldersOf5353(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for _, r := range mdnsCases {
		t.Run(r.name+"/second and comes", func(t *testing.T) {
			t.Parallel()
			untilExact(t, func() string {
				s, kitchen := r.newLAN(t, binary)
				return s.mdnsProgramFirst(t, r, kitchen)
			})
		})
		for _, w := range mdnsHolders {
			t.Run(r.name+"/first and goes/"+w.Name, func(t *testing.T) {
				t.Parallel()
				untilExact(t, func() string {
					s, kitchen := r.newLAN(t, binary)
					return s.mdnsHolderFirst(t, r, w, kitchen)
				})
			})
		}
	}
}

func (r mdnsCase) newLAN(t *testing.T, binary string) (*testLAN, *simSpeaker) {
	t.Helper()
	s := newTestLAN(t, binary)
	s.withoutCapabilities = r.withoutCapabilities
	return s, startSimSpeaker(t, s.speaker, s.speaker.Addr, "Kitchen")
}

// mdnsHolderFirst starts the program beside a holder, which goes while music
// plays.
func (s *testLAN) mdnsHolderFirst(t *testing.T, r mdnsCase, w holder.Binding, kitchen *simSpeaker) (fault string) {
	held := s.mustHold(t, w, mdnsPort)
	b := s.start(t)
	receiver := b.offered(t, kitchen.name, offeredWithin)
	states := r.states(w)
	b.wantPorts(t, states)
	s.wantFound(t, kitchen.name, states[ipv4] != "held")
	p := s.startPlayback(t, receiver, kitchen, 3*time.Second)
	if !w.SharesAny && w.TakesUnicast {
		s.wantUnicast(t, held, mdnsPort)
	}
	b.wantHeldRaised(t, states)
	r.wantDiagnosis(t, w, s.runDoctor(t, "5353/UDP"))
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	s.changeAddress(t)
	b.wantPorts(t, map[string]string{ipv4: "ok", ipv6: "ok"})
	s.wantFound(t, kitchen.name, true)
	fault = p.finish(t)
	b.end(t)
	return fault
}

// wantPorts waits until the log's last word of each family is the state.
func (b *bridge) wantPorts(t *testing.T, want map[string]string) {
	t.Helper()
	for family, state := range want {
		last := func() string {
			found := ""
			for _, line := range b.Lines() {
				if _, rest, ok := strings.Cut(line, `"part":"mdns","family":"`+family+`","port":5353,"state":"`); ok {
					found, _, _ = strings.Cut(rest, `"`)
				}
			}
			return found
		}
		if !lab.ComesTrue(logWithin, func() bool { return last() == state }) {
			t.Errorf("want 5353/UDP over %s %s, got %s", family, state, last())
		}
	}
}

// wantHeldRaised wants held ports raised as a condition.
func (b *bridge) wantHeldRaised(t *testing.T, states map[string]string) {
	t.Helper()
	switch {
	case states[ipv4] == "held" && states[ipv6] == "held":
		b.wantCondition(t, "not-announced", "5353/UDP")
	case states[ipv4] == "held":
		b.wantCondition(t, "port-held", "5353/UDP over IPv4")
	case states[ipv6] == "held":
		b.wantCondition(t, "port-held", "5353/UDP over IPv6")
	}
}

// verdict is the doctor's beside the program, which is heard where it is not held
// off.
func (r mdnsCase) verdict(w holder.Binding) string {
	states := r.states(w)
	switch {
	case w.SharesAny && w.SharesIPv6:
		return "ok"
	case states[ipv4] != "held":
		return "note"
	case states[ipv6] != "held":
		return "warning"
	}
	return "failed"
}

// wantDiagnosis judges what the doctor says of the port.
func (r mdnsCase) wantDiagnosis(t *testing.T, w holder.Binding, got finding) {
	t.Helper()
	if want := r.verdict(w); got.Status != want {
		t.Errorf("want the verdict %s, got %+v", want, got)
	}
	seen := "shared; "
	switch {
	case w.Addr == hostAddr:
		seen = "taken on single addresses, free for multicast; "
	case w.V6Only:
		seen = "over IPv4 "
	case !w.SharesAny:
		seen = "held by a program that does not share it; "
	}
	if !strings.HasPrefix(got.Seen, seen) || !strings.Contains(got.Seen, holderName) {
		t.Errorf("want %q and the holder %s from the doctor, got %+v", seen, holderName, got)
	}
}

// mdnsProgramFirst has every holder come and go beside the program, first while it
// is idle, then while it plays.
func (s *testLAN) mdnsProgramFirst(t *testing.T, r mdnsCase, kitchen *simSpeaker) (fault string) {
	b := s.start(t)
	receiver := b.offered(t, kitchen.name, offeredWithin)
	b.wantPorts(t, map[string]string{ipv4: "ok", ipv6: "ok"})
	for _, w := range mdnsHolders {
		t.Run("second/"+w.Name, func(t *testing.T) { s.mdnsHolderComesAndGoes(t, b, r, w, kitchen) })
	}
	p := s.startPlayback(t, receiver, kitchen, 12*time.Second)
	for _, w := range mdnsHolders {
		t.Run("comes/"+w.Name, func(t *testing.T) { s.mdnsHolderComesAndGoes(t, b, r, w, kitchen) })
	}
	fault = p.finish(t)
	b.end(t)
	return fault
}

// mdnsHolderComesAndGoes has a holder come, as far as the kernel's rules let it, and go again.
func (s *testLAN) mdnsHolderComesAndGoes(t *testing.T, b *bridge, r mdnsCase, w holder.Binding, kitchen *simSpeaker) {
	if !w.SharesAny || !w.SharesIPv6 {
		if _, err := s.hold(t, w, mdnsPort); !inUse(err) {
			t.Errorf("want the holder refused, as the program shares the port with those who share it, got %v", err)
		}
		return
	}
	held := s.mustHold(t, w, mdnsPort)
	s.changeAddress(t)
	b.wantPorts(t, r.states(w))
	s.wantFound(t, kitchen.name, true)
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	s.changeAddress(t)
	b.wantPorts(t, map[string]string{ipv4: "ok", ipv6: "ok"})
}
