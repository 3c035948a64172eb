package doctor

import (
	"context"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// Options are how Breezeway is configured, and functions that the checks call. Checks
// that need a nil field are skipped, and the report says so.
type Options struct {
	Interfaces  []string // as in BREEZEWAY_INTERFACES
	Ports       []Ports  // ours
	ListensSSDP bool     // BREEZEWAY_SSDP_LISTEN asks for 1900/UDP

	// Running asks the Breezeway that runs on this host about itself. Nil inside of it.
	Running func(context.Context) (r Running, ok bool)
	// SelfQuery asks by mDNS for the speakers that are published on this host, as a
	// sender does, over each interface; it returns nothing if nothing is published
	// yet.
	SelfQuery func(context.Context) []SelfQueryResult
	// Renderers returns the speakers that are known, or searches for them; see Search.
	Renderers func(context.Context) ([]Renderer, error)
	// Named are the speakers of BREEZEWAY_DEVICES.
	Named []Named
	// LeftOut reports whether the renderers of a host are deliberately not offered,
	// and thus not among Renderers. May be nil.
	LeftOut func(netip.Addr) bool
	// Client talks to the speakers.
	Client *upnp.Client
	// Subscriptions receives their events. It must be served at CallbackBase.
	Subscriptions *upnp.Subscriptions
	// CallbackBase is the URL at which peer reaches our HTTP port, without a path.
	CallbackBase func(peer netip.Addr) (string, error)
}

// Ports are a range of ours that one variable sets.
type Ports struct {
	Purpose  string // "streams and events"
	Variable string // "BREEZEWAY_HTTP_PORT"
	Protocol sockets.Protocol
	settings.PortRange
	Needed int // at least so many must be free
}

// includes reports whether a port is one of the range.
func (p Ports) includes(protocol sockets.Protocol, port uint16) bool {
	return !p.Any() && p.Protocol == protocol && port >= p.First && port <= p.Last
}

// A Renderer is one speaker, as a search found it.
type Renderer struct {
	Name     string     // its own; may be empty
	Location string     // URL of the description
	Addr     netip.Addr // source of the answer
}

// A SelfQueryResult is the outcome of one mDNS question for a service of ours.
type SelfQueryResult struct {
	Way  string // "IPv4 on eth0"
	IPv6 bool   // it was asked over IPv6
	Err  error  // why no answer was heard; nil: one was heard
}

// Running is what a Breezeway in another process reports about itself.
type Running struct {
	Port     uint16   // of HTTP
	Speakers int      // offered to senders
	MDNS     string   // state of 5353/UDP: "raw over IPv4, ok over IPv6"
	Missing  []string // why nothing can play; empty: it is ready
	Wrong    []string // other problems, without the doctor's findings
	// LeftOut are the hosts whose renderers it deliberately does not offer.
	LeftOut []netip.Addr
}

// A Named is a speaker that the user names.
type Named struct {
	Addr     netip.Addr
	Location string // URL of its description; "": a search is sent to Addr
}
