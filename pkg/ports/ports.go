// Package ports is the plan of every port that Breezeway uses: one table, from which
// `breezeway ports`, docs/PORTS.md, the doctor and the firewall commands are made.
//
// It covers incoming packets and connections. Left out: connections that Breezeway
// makes itself (descriptions and control of speakers), whose answers a firewall lets
// through. This package opens and probes no port; callers fill in the states.
package ports

import (
	"encoding"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A Protocol is TCP or UDP.
type Protocol uint8

const (
	UDP Protocol = iota
	TCP
)

func (p Protocol) String() string { return [...]string{"UDP", "TCP"}[p] }

// PortsText is "7700", "7700-7719" or "any".
func (r Row) PortsText() string { return joined(r.Ports, "-", "any") }

func joined(r settings.PortRange, separator, anyPort string) string {
	switch {
	case r.Any():
		return anyPort
	case r.First == r.Last:
		return strconv.Itoa(int(r.First))
	}
	return fmt.Sprintf("%d%s%d", r.First, separator, r.Last)
}

// A State is who has the ports of a row now.
type State uint8

const (
	StateUnknown State = iota
	StateUnused        // the settings do not need it
	StateFree          // no program has one, or enough are free
	StateOurs          // Breezeway has what it needs
	StateShared        // other programs have it and share it with us
	StateHeld          // other programs have all of them
)

var stateNames = [...]string{"unknown", "not used", "free", "ours", "shared", "held"}

func (s State) String() string { return stateNames[s] }

var _ encoding.TextMarshaler = State(0)

// MarshalText is the name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Row is one range of ports and its purpose.
type Row struct {
	Ports    settings.PortRange
	Protocol Protocol
	Purpose  string
	From     string // who connects
	Variable string // that sets it; "" if a standard does
	Needed   int    // how many of Ports Breezeway must get
	IPv4     bool   // never over IPv6
	Unused   bool   // with the current settings
	// Group is the group of a multicast port, which several programs may share; the
	// zero Addr for other ports.
	Group netip.Addr

	State  State  // StateUnknown in a plan
	Detail string // of State: which port, held by which program
}

// Settings are the part of the configuration that the plan depends on.
type Settings struct {
	HTTP, RTSP, UDP, SSDP settings.PortRange
	ListensSSDP           bool // for announcements, on the standard's port
}

// Fixed by standards.
const (
	ssdpPort = 1900
	mdnsPort = 5353
)

var (
	ssdpGroup = netip.MustParseAddr("239.255.255.250")
	mdnsGroup = netip.MustParseAddr("224.0.0.251")
)

// Plan is the table, the rows that matter most to users first.
func Plan(s Settings) []Row {
	return []Row{
		{Ports: s.HTTP, Protocol: TCP, Variable: "BREEZEWAY_HTTP_PORT", Needed: 1,
			Purpose: "stream, events, page, health", From: "speakers, the user"},
		{Ports: s.RTSP, Protocol: TCP, Variable: "BREEZEWAY_RTSP_PORTS", Needed: 1,
			Purpose: "AirPlay control, one for each speaker", From: "AirPlay senders"},
		{Ports: s.UDP, Protocol: UDP, Variable: "BREEZEWAY_UDP_PORTS", Needed: settings.UDPPortsPerSession,
			Purpose: "AirPlay sound, three for each speaker that plays", From: "AirPlay senders"},
		{Ports: s.SSDP, Protocol: UDP, Variable: "BREEZEWAY_SSDP_PORTS", Needed: 1, IPv4: true,
			Purpose: "answers to searches (SSDP)", From: "speakers"},
		{Ports: settings.PortRange{First: mdnsPort, Last: mdnsPort}, Protocol: UDP, Needed: 1, Group: mdnsGroup,
			Purpose: "being found (mDNS, multicast)", From: "AirPlay senders"},
		{Ports: settings.PortRange{First: ssdpPort, Last: ssdpPort}, Protocol: UDP, Variable: "BREEZEWAY_SSDP_LISTEN", Needed: 1, IPv4: true,
			Group: ssdpGroup, Unused: !s.ListensSSDP,
			Purpose: "announcements of speakers (SSDP, multicast), only if asked for", From: "speakers"},
	}
}
