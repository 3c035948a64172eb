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

// A listening is a way to run the program, and how it comes to hear what
// speakers announce.
type listening struct {
	name    string
	mode    string // BREEZEWAY_SSDP_LISTEN; empty: as it is by default
	without []string
	alone   string // what the log says where nobody has the port; empty: nothing
	beside  string // and beside one who does not share it
	// diagnosed: the doctor is asked, too. Of all this it knows only whether the
	// port is wanted, and takes its time.
	diagnosed bool
}

// What the log says of how it hears.
const (
	logGroup = "listening to what speakers announce, sharing 1900/UDP"
	logRaw   = "listening to what speakers announce, without holding 1900/UDP"
	logOff   = "cannot listen to what speakers announce on 1900/UDP"
)

var listenings = []listening{
	{name: "default", diagnosed: true},
	{name: "auto", mode: "auto", alone: logGroup, beside: logRaw},
	{name: "auto without NET_RAW", mode: "auto", without: []string{"net_raw"}, alone: logGroup, beside: logOff, diagnosed: true},
	{name: "raw", mode: "raw", alone: logRaw, beside: logRaw},
}

// ssdpHolders are all nine.
var ssdpHolders = holder.Ways(hostAddr, ssdpGroup.Addr())

// takesPort reports whether the program binds the port itself.
func (l listening) takesPort() bool { return l.mode == "auto" }

// wanted is what the log says beside a holder.
func (l listening) wanted(w holder.Way) string {
	if w.SharesGroup {
		return l.alone
	}
	return l.beside
}

// Every way in which another program may have 1900/UDP, before and after the
// program starts, coming and going while it plays: it starts, finds the speaker,
// plays every sample, says how it stands, and leaves the holder what is its own.
func TestBesideHoldersOf1900(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for _, l := range listenings {
		t.Run(l.name+"/second and comes", func(t *testing.T) {
			t.Parallel()
			untilExact(t, func() string {
				s, kitchen := l.site(t, binary)
				return s.comeBeside(t, l, kitchen)
			})
		})
		for _, w := range ssdpHolders {
			t.Run(l.name+"/first and goes/"+w.Name, func(t *testing.T) {
				t.Parallel()
				untilExact(t, func() string {
					s, kitchen := l.site(t, binary)
					return s.startBeside(t, l, w, kitchen)
				})
			})
		}
	}
}

// site makes a site for the program to listen so, and a speaker.
func (l listening) site(t *testing.T, binary string) (*site, *simSpeaker) {
	t.Helper()
	s := newSite(t, binary)
	s.without = l.without
	if l.mode != "" {
		s.env = append(s.env, "BREEZEWAY_SSDP_LISTEN="+l.mode)
	}
	return s, startSimSpeaker(t, s.speaker, s.speaker.Addr, "Kitchen")
}

// startBeside starts the program beside a holder, which goes while music plays.
func (s *site) startBeside(t *testing.T, l listening, w holder.Way, kitchen *simSpeaker) (fault string) {
	held := s.mustHold(t, w, ssdpPort)
	b := s.start(t)
	receiver := b.offered(t, kitchen.name, offeredWithin)
	b.wantSaid(t, l.wanted(w), 1)
	if l.wanted(w) == logOff {
		b.wantCondition(t, "port held", "1900/UDP")
	}
	p := s.perform(t, receiver, kitchen, 3*time.Second)
	if w.TakesUnicast {
		s.wantUnicast(t, held, ssdpPort)
	}
	if l.diagnosed {
		wantDiagnosis(t, l, w, s.consult(t, "1900/UDP"))
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	s.poke(t)
	if l.takesPort() && !w.SharesGroup {
		b.wantSaid(t, l.alone, 1)
	}
	fault = p.end(t)
	b.end(t)
	return fault
}

// wantDiagnosis judges what the doctor says of the port. Where the program has it,
// too, and the other on single addresses or over IPv6 alone, they share nothing.
func wantDiagnosis(t *testing.T, l listening, w holder.Way, got finding) {
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

// comeBeside has every holder come and go beside the program, first while it is
// idle, then while it plays.
func (s *site) comeBeside(t *testing.T, l listening, kitchen *simSpeaker) (fault string) {
	b := s.start(t)
	receiver := b.offered(t, kitchen.name, offeredWithin)
	b.wantSaid(t, l.alone, 1)
	for i, w := range ssdpHolders {
		t.Run("second/"+w.Name, func(t *testing.T) {
			s.come(t, l, w, func() { s.joins(t, b, fmt.Sprintf("Room %d", i)) })
		})
	}
	p := s.perform(t, receiver, kitchen, 8*time.Second)
	for _, w := range ssdpHolders {
		t.Run("comes/"+w.Name, func(t *testing.T) { s.come(t, l, w, func() { p.goesOn(t) }) })
	}
	fault = p.end(t)
	b.wantSaid(t, l.alone, 1)
	b.end(t)
	return fault
}

// come has a holder come, as far as the kernel's rules let it, and go again after
// something was done beside it.
func (s *site) come(t *testing.T, l listening, w holder.Way, beside func()) {
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

// joins has a speaker join the LAN and wants it offered: at once where speakers
// are heard, and by the searches that follow a change of the network in any case.
func (s *site) joins(t *testing.T, b *bridge, name string) {
	t.Helper()
	one := startSimSpeaker(t, s.speaker, s.speaker.Addr, name)
	s.poke(t)
	b.offered(t, name, foundWithin)
	one.Stop()
}

// wantSaid wants a message in the log so many times by now or soon, and no more;
// the empty one is none.
func (b *bridge) wantSaid(t *testing.T, message string, times int) {
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
