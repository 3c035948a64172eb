// Package ports is the plan of every port that Breezeway uses: one table, of
// which `breezeway ports`, docs/PORTS.md, the doctor and the lines for firewalls
// are made.
//
// It is about what comes in. Left out: connections that Breezeway makes itself
// (descriptions and control of speakers), whose answers a firewall lets through.
// Nothing is opened or looked at here; the state of a port comes from outside.
package ports

import (
	"encoding"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A Protocol is one of the two with ports.
type Protocol uint8

const (
	UDP Protocol = iota
	TCP
)

func (p Protocol) String() string { return [...]string{"UDP", "TCP"}[p] }

// PortsText gives "7700", "7700-7719" or "any".
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

// A State is how the ports of a row stand now.
type State uint8

const (
	StateUnknown State = iota
	StateUnused        // the settings leave it alone
	StateFree          // nobody has any, or enough are left
	StateOurs          // Breezeway has what it needs
	StateShared        // others have it and let us share
	StateHeld          // others have all of it
)

var stateNames = [...]string{"unknown", "not used", "free", "ours", "shared", "held"}

func (s State) String() string { return stateNames[s] }

var _ encoding.TextMarshaler = State(0)

// MarshalText gives the name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Row is one range of ports and its purpose.
type Row struct {
	Ports    settings.PortRange
	Protocol Protocol
	Purpose  string
	From     string // who connects
	Variable string // that sets it; "" where a standard does
	Needed   int    // so many of Ports must be had
	IPv4     bool   // never over IPv6
	Unused   bool   // as Breezeway is set up
	// Group is where a multicast port's packets go, which several programs may
	// have; the zero Addr for others.
	Group netip.Addr

	State  State  // StateUnknown in a plan
	Detail string // of State: which port, which holder
}

// Settings are the part of the configuration that the plan depends on.
type Settings struct {
	HTTP, RTSP, UDP, SSDP settings.PortRange
	ListensSSDP           bool // for announcements, on the standard's port
}

// What standards fix.
const (
	ssdpPort = 1900
	mdnsPort = 5353
)

var (
	ssdpGroup = netip.MustParseAddr("239.255.255.250")
	mdnsGroup = netip.MustParseAddr("224.0.0.251")
)

// Plan is the table, in the order of what a user meets.
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
