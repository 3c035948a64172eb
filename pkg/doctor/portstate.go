package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/doctor/fingerprint"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

// A portState is what was found out about one UDP port.
type portState struct {
	port    uint16
	access  sockets.Access      // of one more program; exclusive: also not of Breezeway
	ours    bool                // the port is shared, but only with Breezeway
	holders []sockets.Holder    // of both address families, without our own
	matches []fingerprint.Match // the programs of the holders
	fault   error               // why access is unknown
	asked   fingerprint.Replies // of the holders of 1900/UDP to a search
}

var accessTexts = map[sockets.Access]string{
	sockets.AccessUnknown:   "it cannot be told whether it is free",
	sockets.AccessFree:      "free",
	sockets.AccessBeside:    "taken on single addresses, free for multicast",
	sockets.AccessShared:    "shared",
	sockets.AccessExclusive: "held by a program that does not share it",
}

// ourTexts replace accessTexts if Breezeway has the port, too.
var ourTexts = map[sockets.Access]string{
	sockets.AccessFree:   "Breezeway has it, and shares it",
	sockets.AccessBeside: "Breezeway has it, and shares it; taken by others on single addresses",
}

// accessText is who may use the port.
func (s portState) accessText() string {
	if text, ok := ourTexts[s.access]; ok && s.ours {
		return text
	}
	return accessTexts[s.access]
}

// seen is the state with the holders and their programs.
func (s portState) seen() string {
	text := s.accessText()
	if s.fault != nil {
		text += " (" + s.fault.Error() + ")"
	}
	if len(s.holders) > 0 {
		text += "; " + listHolders(s.holders)
	}
	for _, m := range s.matches {
		text += "; " + matchText(m)
	}
	if s.asked.Flooded || s.asked.Unreadable > 0 || s.asked.Unasked > 0 {
		text += fmt.Sprintf("; asked by M-SEARCH, it also sent malformed datagrams (%d unreadable, %d from elsewhere, flooded: %v)",
			s.asked.Unreadable, s.asked.Unasked, s.asked.Flooded)
	}
	return text
}

func matchText(m fingerprint.Match) string {
	if m.Guess {
		return "perhaps this is " + m.Name + ", since " + m.Evidence
	}
	return "this is " + m.Name + ": " + m.Evidence
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

// names lists the programs, for use in a sentence.
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
