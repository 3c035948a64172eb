package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/doctor/fingerprint"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

const (
	ssdpPort = 1900
	mdnsPort = 5353
)

// A portState is all that was found out about one UDP port.
type portState struct {
	port    uint16
	access  sockets.Access   // beside others; exclusive: for us, too
	ours    bool             // nobody but us makes it shared
	holders []sockets.Holder // of both families, ours left out
	matches []fingerprint.Match
	fault   error // why access is unknown
	asked   fingerprint.Replies
}

// lookAt surveys the port of a group and names its holders. Only SSDP holders
// can be asked what they are.
func (x *exam) lookAt(ctx context.Context, group netip.AddrPort, index int) portState {
	all := x.sockets.On(sockets.UDP, group.Port())
	s := portState{port: group.Port(), holders: x.others(all)}
	survey, err := x.survey(x.sockets, group, index)
	s.access, s.fault = survey.Access, err
	if s.access == sockets.AccessShared && sockets.Among(all, group.Addr()) != sockets.Among(s.holders, group.Addr()) {
		s.access, s.ours = sockets.Among(s.holders, group.Addr()), true
	}
	evidence := fingerprint.Evidence{Holders: s.holders}
	if s.port == ssdpPort && len(s.holders) > 0 {
		targets, interfaces := x.ownAddresses(ssdpPort)
		s.asked, err = x.ask(ctx, targets, interfaces)
		if err == nil {
			evidence.Answers, evidence.Listens, evidence.Own = s.asked.Answers, x.listens, x.has
		}
	}
	s.matches = fingerprint.Identify(evidence)
	return s
}

// ownAddresses are this host's IPv4 addresses, loopback first, with a port, and
// the interfaces that can multicast.
func (x *exam) ownAddresses(port uint16) (targets []netip.AddrPort, interfaces []int) {
	const most = 32
	targets = append(targets, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port))
	for _, i := range x.all {
		addr, ok := i.IPv4()
		if !ok || i.Loopback || len(targets) == most {
			continue
		}
		targets = append(targets, netip.AddrPortFrom(addr, port))
		if i.Multicast {
			interfaces = append(interfaces, i.Index)
		}
	}
	return targets, interfaces
}

// has reports whether an address is one of this host.
func (x *exam) has(addr netip.Addr) bool {
	_, ok := x.holds(x.all, addr)
	return ok || addr.IsLoopback()
}

var accessTexts = map[sockets.Access]string{
	sockets.AccessUnknown:   "it cannot be told whether it is free",
	sockets.AccessFree:      "free",
	sockets.AccessBeside:    "taken on single addresses, free for multicast",
	sockets.AccessShared:    "shared",
	sockets.AccessExclusive: "held by a program that does not share it",
}

// ourTexts are accessTexts where we have the port, too.
var ourTexts = map[sockets.Access]string{
	sockets.AccessFree:   "Breezeway has it, and shares it",
	sockets.AccessBeside: "Breezeway has it, and shares it; taken by others on single addresses",
}

// stands tells how the port stands.
func (s portState) stands() string {
	if text, ok := ourTexts[s.access]; ok && s.ours {
		return text
	}
	return accessTexts[s.access]
}

// seen tells the state with the holders and their names.
func (s portState) seen() string {
	text := s.stands()
	if s.fault != nil {
		text += " (" + s.fault.Error() + ")"
	}
	if len(s.holders) > 0 {
		text += "; " + listHolders(s.holders)
	}
	for _, m := range s.matches {
		text += "; " + identified(m)
	}
	if s.asked.Flooded || s.asked.Unreadable > 0 || s.asked.Unasked > 0 {
		text += fmt.Sprintf("; asked by M-SEARCH, it also sent what is no answer (%d unreadable, %d from elsewhere, flooded: %v)",
			s.asked.Unreadable, s.asked.Unasked, s.asked.Flooded)
	}
	return text
}

func identified(m fingerprint.Match) string {
	if m.Guess {
		return "perhaps this is " + m.Name + ", since " + m.Because
	}
	return "this is " + m.Name + ": " + m.Because
}

func listHolders(holders []sockets.Holder) string {
	const most = 6
	var list []string
	for _, h := range holders[:min(len(holders), most)] {
		list = append(list, h.String())
	}
	text := strings.Join(list, ", ")
	if more := len(holders) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// proxied reports whether it is known that docker-proxy has the port.
func (s portState) proxied() bool {
	return slices.ContainsFunc(s.matches, func(m fingerprint.Match) bool { return m.Proxies() && !m.Guess })
}

// names are the programs, for a sentence.
func (s portState) names() string {
	var names []string
	for _, m := range s.matches {
		names = append(names, m.Name)
	}
	if len(names) == 0 {
		return "the holder"
	}
	return strings.Join(names, " or ")
}
