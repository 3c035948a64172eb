// Package fingerprint guesses which program has a port from its answers to a search,
// from the name of its process, and from other open ports of this host.
//
// What is known about programs is in one table (programs.go); Identify matches
// evidence against it. Ask collects the answers to M-SEARCH on this host (UPnP Device
// Architecture 1.1 section 1.3.2). Descriptions are not fetched: the headers are
// enough.
package fingerprint

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

// A Program is one that is known to use the SSDP or the mDNS port.
type Program struct {
	Name string
	// FreeSSDP and FreeMDNS are how a user makes it release or share 1900/UDP and
	// 5353/UDP; "" if no way is known.
	FreeSSDP, FreeMDNS string

	signs []sign
}

// A sign is one way to recognize a program. All fields that are set must match.
type sign struct {
	server   string // part of the SERVER header, in any case
	location uint16 // port in LOCATION
	command  string // beginning of the process's name, in any case
	tcp      uint16 // a program on this host listens on this TCP port
}

// Evidence is what is known of one port.
type Evidence struct {
	Holders []sockets.Holder
	Answers []ssdp.Answer          // to Ask; nil for a port without SSDP
	Listens func(port uint16) bool // whether a program on this host listens on a TCP port
	Own     func(netip.Addr) bool  // whether this host has the address; nil: unknown
}

// A Match is a program that has the port, or seems to.
type Match struct {
	Program
	Evidence string // "it answers as ..."
	Guess    bool   // it runs on this host, but nothing connects it with the port
	// Behind is the container that docker-proxy has the port for, where its
	// answers contain the address.
	Behind netip.Addr
}

// Proxies reports whether it has the port for a container, which then is the one to
// release it.
func (m Match) Proxies() bool { return m.Name == dockerProxy.Name }

// Identify names the programs that the evidence points to, each once: by their
// answers, their processes and their sockets; only if none of these matches, by what
// else runs on the host.
func Identify(e Evidence) []Match {
	var found []Match
	add := func(m Match, ok bool) {
		for _, f := range found {
			ok = ok && f.Name != m.Name
		}
		if m.Proxies() {
			m.Behind = e.elsewhere()
		}
		if ok {
			found = append(found, m)
		}
	}
	for _, a := range e.Answers {
		add(byAnswer(a, e))
	}
	for _, h := range e.Holders {
		add(byCommand(h, e))
	}
	add(byShape(e))
	if len(found) == 0 && len(e.Holders) > 0 {
		add(byNeighbour(e))
	}
	return found
}

// byAnswer is the first program in the table with a sign that matches an answer.
func byAnswer(a ssdp.Answer, e Evidence) (Match, bool) {
	for _, p := range programs {
		for _, s := range p.signs {
			if s.server != "" && containsFold(a.Server, s.server) && s.locates(a.Location) && s.opens(e) {
				return Match{Program: p, Evidence: "it answers as " + strconv.Quote(a.Server)}, true
			}
		}
	}
	return Match{}, false
}

func byCommand(h sockets.Holder, e Evidence) (Match, bool) {
	for _, p := range programs {
		for _, s := range p.signs {
			if s.command != "" && hasPrefixFold(h.Command, s.command) && s.opens(e) {
				return Match{Program: p, Evidence: "its process is " + strconv.Quote(h.Command)}, true
			}
		}
	}
	return Match{}, false
}

// byShape recognizes docker-proxy by its sockets: root owns them, they are bound to
// all addresses, and their process cannot be seen from a container. If the program
// behind the proxy answers, its answer names an address that this host does not have;
// if nothing answers, one of the sockets must be IPv6: SSDP programs have IPv4
// sockets only.
func byShape(e Evidence) (Match, bool) {
	if len(e.Holders) == 0 {
		return Match{}, false
	}
	ipv6 := false
	for _, h := range e.Holders {
		if h.UID != 0 || h.PID != 0 || !h.Local.Addr().IsUnspecified() {
			return Match{}, false
		}
		ipv6 = ipv6 || h.Local.Addr().Is6()
	}
	if behind := e.elsewhere(); behind.IsValid() {
		return Match{Program: dockerProxy, Evidence: "root has it for all addresses, and answers for " + behind.String() + ", which is not this host"}, true
	}
	if !ipv6 || len(e.Answers) > 0 {
		return Match{}, false
	}
	return Match{Program: dockerProxy, Evidence: "root has it by an IPv6 socket and answers nothing", Guess: true}, true
}

// elsewhere is the first address in an answer's LOCATION that this host does not
// have: then the answer is from a container or another host. The zero Addr if none.
func (e Evidence) elsewhere() netip.Addr {
	if e.Own == nil {
		return netip.Addr{}
	}
	for _, a := range e.Answers {
		if to := addressIn(a.Location); to.IsValid() && !e.Own(to.Addr().Unmap()) {
			return to.Addr().Unmap()
		}
	}
	return netip.Addr{}
}

// byNeighbour is the first program whose own TCP port is open on the host.
func byNeighbour(e Evidence) (Match, bool) {
	for _, p := range programs {
		for _, s := range p.signs {
			if s == (sign{tcp: s.tcp}) && s.tcp != 0 && s.opens(e) {
				return Match{Program: p, Evidence: "TCP port " + strconv.Itoa(int(s.tcp)) + " is open here", Guess: true}, true
			}
		}
	}
	return Match{}, false
}

func (s sign) opens(e Evidence) bool {
	return s.tcp == 0 || e.Listens != nil && e.Listens(s.tcp)
}

func (s sign) locates(location string) bool {
	return s.location == 0 || portOf(location) == s.location
}

// portOf is the port in a URL, 0 if there is none.
func portOf(location string) uint16 { return addressIn(location).Port() }

// addressIn is the literal address and the port in a URL, zero if one is missing.
func addressIn(location string) netip.AddrPort {
	u, err := url.Parse(location)
	if err != nil {
		return netip.AddrPort{}
	}
	to, err := netip.ParseAddrPort(u.Host)
	if err != nil {
		return netip.AddrPort{}
	}
	return to
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
