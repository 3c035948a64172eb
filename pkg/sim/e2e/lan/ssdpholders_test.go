//go:build linux

package lan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/holder"
	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

const ssdpPort = 1900

// An ssdpCase is a way to run the program, and how it listens to what speakers
// announce.
type ssdpCase struct {
	name                string
	mode                string // BREEZEWAY_SSDP_LISTEN; empty: as it is by default
	withoutCapabilities []string
	logAlone            string // what the log says where nobody has the port; empty: nothing
	logBeside           string // and beside one who does not share it
	// asksDoctor: the doctor is asked, too. Of all this it knows only whether the
	// port is wanted, and takes its time.
	asksDoctor bool
}

// What the log says of how it hears.
const (
	logGroup = "listening to what speakers announce, sharing 1900/UDP"
	logRaw   = "listening to what speakers announce, without holding 1900/UDP"
	logOff   = "cannot listen to what speakers announce on 1900/UDP"
)

var ssdpCases = []ssdpCase{
	{name: "default", asksDoctor: true},
	{name: "auto", mode: "auto", logAlone: logGroup, logBeside: logRaw},
	{name: "auto without NET_RAW", mode: "auto", withoutCapabilities: []string{"net_raw"}, logAlone: logGroup, logBeside: logOff, asksDoctor: true},
	{name: "raw", mode: "raw", logAlone: logRaw, logBeside: logRaw},
}

// ssdpHolders are all known ways to bind 1900/UDP.
var ssdpHolders = holder.Bindings(hostAddr, ssdpGroup.Addr())

// takesPort reports whether the program binds the port itself.
func (l ssdpCase) takesPort() bool { return l.mode == "auto" }

// wantLog is what the log says beside a holder.
func (l ssdpCase) wantLog(w holder.Binding) string {
	if w.SharesGroup {
		return l.logAlone
	}
	return l.logBeside
}

// Every way in which another program may have 1900/UDP, before and after the
// program starts, coming and going while it plays: it starts, finds the speaker,
// plays every sample, says how it stands, and leaves the holder what is its own.
func TestBesideHoldersOf1900(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for _, l := range ssdpCases {
		t.Run(l.name+"/second and comes", func(t *testing.T) {
			t.Parallel()
			untilExact(t, func() string {
				s, kitchen := l.newLAN(t, binary)
				return s.ssdpProgramFirst(t, l, kitchen)
			})
		})
		for _, w := range ssdpHolders {
			t.Run(l.name+"/first and goes/"+w.Name, func(t *testing.T) {
				t.Parallel()
				untilExact(t, func() string {
					s, kitchen := l.newLAN(t, binary)
					return s.ssdpHolderFirst(t, l, w, kitchen)
				})
			})
		}
	}
}

// newLAN makes a site for the program to listen so, and a speaker.
func (l ssdpCase) newLAN(t *testing.T, binary string) (*testLAN, *simSpeaker) {
	t.Helper()
	s := newTestLAN(t, binary)
	s.withoutCapabilities = l.withoutCapabilities
	if l.mode != "" {
		s.env = append(s.env, "BREEZEWAY_SSDP_LISTEN="+l.mode)
	}
	return s, startSimSpeaker(t, s.speaker, s.speaker.Addr, "Kitchen")
}

// ssdpHolderFirst starts the program beside a holder, which goes while music plays.
func (s *testLAN) ssdpHolderFirst(t *testing.T, l ssdpCase, w holder.Binding, kitchen *simSpeaker) (fault string) {
	held := s.mustHold(t, w, ssdpPort)
	b := s.start(t)
	receiver := b.offered(t, kitchen.name, offeredWithin)
	b.wantLogged(t, l.wantLog(w), 1)
	if l.wantLog(w) == logOff {
		b.wantCondition(t, "port-held", "1900/UDP")
	}
	p := s.startPlayback(t, receiver, kitchen, 3*time.Second)
	if w.TakesUnicast {
		s.wantUnicast(t, held, ssdpPort)
	}
	if l.asksDoctor {
		wantDiagnosis(t, l, w, s.runDoctor(t, "1900/UDP"))
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	s.changeAddress(t)
	if l.takesPort() && !w.SharesGroup {
		b.wantLogged(t, l.logAlone, 1)
	}
	fault = p.finish(t)
	b.end(t)
	return fault
}

// wantDiagnosis judges what the doctor says of the port. Where the program has it,
// too, and the other on single addresses or over IPv6 alone, they share nothing.
func wantDiagnosis(t *testing.T, l ssdpCase, w holder.Binding, got finding) {
	t.Helper()
	status, seen := "ok", "shared; "
	switch {
	case !w.SharesGroup && l.takesPort():
		status, seen = "warning", "held by a program that does not share it; "
	case !w.SharesGroup:
		status, seen = "note", "held by a program that does not share it; "
	case w.Addr == hostAddr && l.takesPort():
		seen = "Breezeway has it, and shares it; taken by others on single addresses; "
	case w.Addr == hostAddr:
		seen = "taken on single addresses, free for multicast; "
	case w.V6Only && l.takesPort():
		seen = "Breezeway has it, and shares it; "
	case w.V6Only:
		seen = "free; "
	}
	if got.Status != status || !strings.HasPrefix(got.Seen, seen) || !strings.Contains(got.Seen, holderName) {
		t.Errorf("want %s, %q and the holder %s from the doctor, got %+v", status, seen, holderName, got)
	}
}

// ssdpProgramFirst has every holder come and go beside the program, first while it is
// idle, then while it plays.
func (s *testLAN) ssdpProgramFirst(t *testing.T, l ssdpCase, kitchen *simSpeaker) (fault string) {
	b := s.start(t)
	receiver := b.offered(t, kitchen.name, offeredWithin)
	b.wantLogged(t, l.logAlone, 1)
	for i, w := range ssdpHolders {
		t.Run("second/"+w.Name, func(t *testing.T) {
			s.ssdpHolderComesAndGoes(t, l, w, func() { s.wantNewSpeakerOffered(t, b, fmt.Sprintf("Room %d", i)) })
		})
	}
	p := s.startPlayback(t, receiver, kitchen, 8*time.Second)
	for _, w := range ssdpHolders {
		t.Run("comes/"+w.Name, func(t *testing.T) { s.ssdpHolderComesAndGoes(t, l, w, func() { p.waitMorePlayed(t) }) })
	}
	fault = p.finish(t)
	b.wantLogged(t, l.logAlone, 1)
	b.end(t)
	return fault
}

// ssdpHolderComesAndGoes has a holder come, as far as the kernel's rules let it, and go again after
// something was done beside it.
func (s *testLAN) ssdpHolderComesAndGoes(t *testing.T, l ssdpCase, w holder.Binding, beside func()) {
	if kept := l.takesPort() && !w.SharesGroup; kept {
		if _, err := s.hold(t, w, ssdpPort); !inUse(err) {
			t.Errorf("want the holder refused, as the program shares the port with those who share it, got %v", err)
		}
		return
	}
	held := s.mustHold(t, w, ssdpPort)
	beside()
	if w.TakesUnicast {
		s.wantUnicast(t, held, ssdpPort)
	}
	if err := held.Close(); err != nil {
		t.Error(err)
	}
}

// wantNewSpeakerOffered has a speaker join the LAN and wants it offered: at once where speakers
// are heard, and by the searches that follow a change of the network in any case.
func (s *testLAN) wantNewSpeakerOffered(t *testing.T, b *bridge, name string) {
	t.Helper()
	one := startSimSpeaker(t, s.speaker, s.speaker.Addr, name)
	s.changeAddress(t)
	b.offered(t, name, foundWithin)
	one.Stop()
}

// wantLogged wants a message in the log so many times by now or soon, and no more;
// the empty one is none.
func (b *bridge) wantLogged(t *testing.T, message string, times int) {
	t.Helper()
	if message == "" {
		return
	}
	said := func() int { return strings.Count(strings.Join(b.Lines(), "\n"), `"message":"`+message) }
	lab.ComesTrue(logWithin, func() bool { return said() >= times })
	if got := said(); got != times {
		t.Errorf("want %q said %d times, got %d", message, times, got)
	}
}
