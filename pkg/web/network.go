package web

import (
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

// HTTPPort is the port of the page and the API.
type HTTPPort struct {
	Port   uint16 `json:"port"`
	Wanted uint16 `json:"wanted,omitempty"` // the first of the configured range; none if any port may be used
}

// MDNS is how senders find the speakers.
type MDNS struct {
	Host        string     `json:"host"` // our name, with ".local"
	IPv4        MDNSFamily `json:"ipv4"`
	IPv6        MDNSFamily `json:"ipv6"`
	Services    int        `json:"services"`    // announced
	Established int        `json:"established"` // of these: no other host has the name
	Renamed     []Renaming `json:"renamed"`     // since another host has the name
}

// MDNSFamily is mDNS over one address family.
type MDNSFamily struct {
	Port  string    `json:"port"`  // "closed", "ok", "shared", "held", "raw", "avahi", "absent", "failed"
	Heard bool      `json:"heard"` // our own question at Asked was answered
	Asked time.Time `json:"asked,omitzero"`
	Error string    `json:"error,omitempty"` // why not
}

// Renaming is one name of MDNS.
type Renaming struct {
	Wanted string `json:"wanted"`
	Now    string `json:"now"`
}

// SSDP is how announcements of speakers are received. Searches find speakers
// independently of that.
type SSDP struct {
	Mode   string    `json:"mode"`   // as BREEZEWAY_SSDP_LISTEN: "off", "auto", "raw"
	Method string    `json:"method"` // in use: "off", "group", "raw"
	Since  time.Time `json:"since,omitzero"`
	Error  string    `json:"error,omitempty"` // why no better method is in use
}

// Port is one row of the plan of ports.
type Port struct {
	Ports    string `json:"ports"`    // "7700-7719"
	Protocol string `json:"protocol"` // "TCP", "UDP"
	Purpose  string `json:"purpose"`
	From     string `json:"from"`               // who connects
	Variable string `json:"variable,omitempty"` // that sets it
	Unused   bool   `json:"unused,omitempty"`
}

func mdnsOf(s mdns.Stats) MDNS {
	m := MDNS{
		Host:        strings.TrimSuffix(s.Host, "."),
		IPv4:        familyOf(s.IPv4, s.HeardIPv4),
		IPv6:        familyOf(s.IPv6, s.HeardIPv6),
		Services:    s.Services,
		Established: s.Established,
		Renamed:     []Renaming{},
	}
	for _, r := range s.Renamed {
		m.Renamed = append(m.Renamed, Renaming{Wanted: r.Wanted, Now: r.Now})
	}
	return m
}

func familyOf(p mdns.PortState, h mdns.Hearing) MDNSFamily {
	return MDNSFamily{Port: p.String(), Heard: h.Heard, Asked: h.At, Error: textOf(h.Err)}
}

func ssdpOf(l ssdp.ListenerState) SSDP {
	return SSDP{Mode: l.Mode.String(), Method: l.Method.String(), Since: l.Since, Error: textOf(l.Err)}
}

func portsOf(plan []ports.Row) []Port {
	list := make([]Port, 0, len(plan))
	for _, r := range plan {
		list = append(list, Port{
			Ports: r.PortsText(), Protocol: r.Protocol.String(), Purpose: r.Purpose,
			From: r.From, Variable: r.Variable, Unused: r.Unused,
		})
	}
	return list
}

// textOf is the text of an error, "" without one.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
