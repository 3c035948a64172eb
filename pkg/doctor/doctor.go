// Package doctor finds out why speakers are not found, or found and silent, and
// says what to do about it. It looks at the host from outside, as a user with a
// shell would: interfaces, ports and who has them, multicast, kernel settings,
// the clock, and every speaker with the way there and back.
//
// A check is a name and a function; checks form a tree, in which those below a
// failed one are not made. A result says what was seen, what it means and what to
// do. Package sockets gathers who has a port, package fingerprint names the
// program.
//
// Nothing here changes the host, and nothing disturbs programs that work: ports
// are tried only as package sockets says, and what is sent are searches, one
// description, one SOAP call and one event subscription for each speaker. A
// Background looks again and again inside the running bridge, which lends it what it
// knows. Left out: sound (that is `breezeway demo`), and the bridge's own counters.
package doctor

import (
	"context"
	"net/netip"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

// Options say what Breezeway is set up to do, and lend what is looked through.
// What is nil is not looked at; a report says so.
type Options struct {
	Interfaces  []string // as in BREEZEWAY_INTERFACES
	Ports       []Ports  // ours
	ListensSSDP bool     // BREEZEWAY_SSDP_LISTEN asks for 1900/UDP

	// Running asks whether a Breezeway runs on this host. Nil inside of it.
	Running func(context.Context) (r Running, ok bool)
	// SelfQuery asks by mDNS for the speakers that are published on this host, as a
	// sender does, out of each interface; no Hearing at all where nothing is
	// published yet.
	SelfQuery func(context.Context) []Hearing
	// Renderers returns the speakers that are known, or finds them; see Search.
	Renderers func(context.Context) ([]Renderer, error)
	// Named are the speakers of BREEZEWAY_DEVICES.
	Named []Named
	// LeftOut reports whether the renderers of a host are not offered on purpose,
	// and thus not among Renderers. May be nil.
	LeftOut func(netip.Addr) bool
	// Client talks to the speakers.
	Client *upnp.Client
	// Subscriptions gets their events. It must be served at CallbackBase.
	Subscriptions *upnp.Subscriptions
	// CallbackBase is the URL of our HTTP port as peer reaches it, without path.
	CallbackBase func(peer netip.Addr) (string, error)
}

// Ports are a range of ours that one variable sets.
type Ports struct {
	Purpose  string // "streams and events"
	Variable string // "BREEZEWAY_HTTP_PORT"
	Protocol sockets.Protocol
	First    uint16 // 0: any that is free
	Last     uint16
	Needed   int // at least so many must be free
}

// A Renderer is one speaker, as a search found it.
type Renderer struct {
	Name     string     // as it calls itself; may be empty
	Location string     // URL of the description
	Addr     netip.Addr // who answered
}

// A Hearing is whether one question for a service of ours was answered.
type Hearing struct {
	Way  string // "IPv4 on eth0"
	IPv6 bool   // it was asked over IPv6
	Err  error  // why no answer was heard; nil: one was
}

// Running is what a Breezeway that runs beside the doctor tells of itself.
type Running struct {
	Port     uint16   // of HTTP
	Speakers int      // offered to senders
	MDNS     string   // how it has 5353/UDP: "raw over IPv4, ok over IPv6"
	Missing  []string // what keeps everything from playing; empty: it is ready
	Wrong    []string // what else is wrong, without the doctor's findings
	// LeftOut are the hosts whose renderers it does not offer on purpose.
	LeftOut []netip.Addr
}

// A Named is a speaker that the user names.
type Named struct {
	Addr     netip.Addr
	Location string // URL of its description; "": Addr is asked by a search
}

// Run makes all checks. It takes some seconds, longer when speakers do not
// answer, and ends early with ctx.
func Run(ctx context.Context, o Options) Report {
	began := time.Now()
	findings := evaluate(ctx, newExam(o, hostProbes()).tree())
	return Report{Began: began, Took: time.Since(began), Findings: findings}
}
