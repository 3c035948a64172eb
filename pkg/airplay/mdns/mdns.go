// Package mdns announces services on the local network and answers for them:
// Multicast DNS (RFC 6762) with DNS-based service discovery (RFC 6763), the
// part that a responder has to play.
//
// One IPv4 and one IPv6 socket serve any number of services, on all chosen
// interfaces and beside other responders on the machine. Names are probed,
// announced, defended, renamed after a conflict, and taken back with a goodbye;
// questions are answered by multicast or unicast, with known answers left out.
// What is sent out of an interface names the addresses of that interface alone.
//
// Where another program holds the port exclusively, raw sockets answer from the
// same port beside it, for which the kernel wants the capability NET_RAW. Without
// it avahi is asked over D-Bus to announce our services, since the program that
// does not share is avahi as a rule (disallow-other-stacks). When the port becomes
// free it is taken. As a bound port proves nothing, a self-check asks for our own
// services, as any program would, and reports whether the answers arrive.
//
// The parts of a Responder do not know each other: the engine (engine, link,
// claim, receive, send) answers, with a state for each name (state) and for each
// port (port); the proxy (avahi, avahibus) has avahi announce; the self-check
// (selfcheck) asks; the registry has the services. Package query finds the
// services of others.
//
// github.com/miekg/dns gives the wire format. The responder is our own because
// grandcat/zeroconf leaves SRV and TXT unanswered for instance names with '@' or
// a blank, which every AirPlay name has, never answers for a host's addresses,
// takes back records that other services still need, and opens two sockets for
// every service.
//
// Left out: subtypes, reverse lookup of addresses,
// suppression of answers that another host gave already (RFC 6762 section 7.4).
package mdns

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// Port is the port of Multicast DNS.
const Port = query.Port

// Lifetimes of records in the caches of others (RFC 6762 section 10): short for
// what names a host or port, long for the rest.
const (
	hostTTL  = 120 * time.Second
	otherTTL = 75 * time.Minute
)

// A Service is what one speaker wants to be found by.
type Service struct {
	Instance string   // any text; published as Label(Instance)
	Type     string   // service type and protocol: "_raop._tcp"
	Port     uint16   // where it listens, on the host's addresses
	TXT      []string // "key=value", each at most 255 bytes
}

// Options are what a Responder needs from outside.
type Options struct {
	Hostname   string                   // one label, without ".local"
	Interfaces func() []netif.Interface // the interfaces to work on now; called from several goroutines
	Changes    <-chan struct{}          // a signal when Interfaces would answer differently; may be nil
	Port       uint16                   // 0 means 5353; another only in tests and the demo
	// AvahiSocket is where the system's D-Bus listens, over which avahi is asked
	// to announce our services when it holds the port exclusively. Empty means
	// /run/dbus/system_bus_socket; it need not be there.
	AvahiSocket string
	Log         zerolog.Logger
}
