// Package ssdp finds UPnP devices. The Searcher does it by active search (UPnP
// Device Architecture 1.1 section 1.3): M-SEARCH to the multicast group, and to
// known devices directly, from one socket on each interface. Its ports are of a
// range of its own; who holds 1900/UDP on this host does not matter, and it alone
// is enough. The Listener hears what devices announce by themselves (section 1.2),
// which is sooner, on a socket that takes no unicast from anybody.
//
// koron/go-ssdp searches too, but was measured not to serve here: its answers
// come without their source address (nothing to check a LOCATION against), all
// at once at the end, without a way to stop, and late ones are lost; a search
// is one single packet. goupnp's discovery gives up on every interface when
// one fails. go-ssdp's Monitor binds the wildcard address, so it takes the
// unicast datagrams of a media server beside it, does not start where that does
// not share the port, and goes deaf when an interface is made anew. Left out:
// announcements of our own, and IPv6.
package ssdp

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// Group is where SSDP is spoken.
var Group = netip.MustParseAddrPort("239.255.255.250:1900")

// DefaultTargets find everything that can play: renderers (those of versions 2
// and 3 must answer a search for 1), Sonos players, OpenHome players.
func DefaultTargets() []string {
	return []string{
		"urn:schemas-upnp-org:device:MediaRenderer:1",
		"urn:schemas-upnp-org:service:AVTransport:1",
		"urn:schemas-upnp-org:device:ZonePlayer:1",
		"urn:av-openhome-org:service:Product:1",
	}
}

// Options of a Searcher. Interfaces and OnAnswer are needed.
type Options struct {
	// Interfaces returns those to search on. It is asked before every round.
	Interfaces func() []netif.Interface
	// Changes is signalled when Interfaces has something new to say; may be nil.
	Changes <-chan struct{}
	// Targets are the ST values to search for; nil for DefaultTargets.
	Targets []string
	// Group to send to; zero for the standard one. Another is for tests and
	// the demo.
	Group netip.AddrPort
	// Devices are searched by unicast as well, for networks that lose
	// multicast. Port 0 means 1900.
	Devices []netip.AddrPort
	// Ports to search from and get answers on, so that a firewall can let them
	// through. One serves on the addresses of all interfaces.
	Ports settings.PortRange
	// UserAgent as UDA 1.1 wants it: "OS/version UPnP/1.1 product/version".
	UserAgent string
	// OnAnswer is called for each new (USN, LOCATION) of a round, in order,
	// from the goroutine of Run. It must not block.
	OnAnswer func(Answer)
	Log      zerolog.Logger
}

const (
	defaultUserAgent = "Linux/1 UPnP/1.1 Breezeway/1"
	ssdpPort         = 1900
	// packetQueue is how many datagrams wait for Run; then they wait in the
	// kernel, which drops what its socket buffer does not hold.
	packetQueue = 64
)

// A Searcher searches round after round.
type Searcher struct {
	options Options
	bad     zerolog.Logger // for what devices send, one line a minute
	searchC chan struct{}  // capacity 1: a wish for a round now

	// Only Run touches these.
	sockets  map[socketKey]*socket
	ledger   ledger
	schedule schedule
	packets  chan packet
	readers  sync.WaitGroup

	mu    sync.Mutex // guards stats
	stats Stats
}

// New makes a Searcher. It opens nothing.
func New(options Options) *Searcher {
	if options.Targets == nil {
		options.Targets = DefaultTargets()
	}
	if !options.Group.IsValid() {
		options.Group = Group
	}
	if options.UserAgent == "" {
		options.UserAgent = defaultUserAgent
	}
	return &Searcher{
		options: options,
		bad:     options.Log.Sample(&zerolog.BurstSampler{Burst: 1, Period: time.Minute}),
		searchC: make(chan struct{}, 1),
		sockets: make(map[socketKey]*socket),
		ledger:  newLedger(),
		packets: make(chan packet, packetQueue),
	}
}

// Search asks for a round as soon as the schedule's pause between two rounds
// allows. It does not block.
func (s *Searcher) Search() {
	select {
	case s.searchC <- struct{}{}:
	default: // one is asked for already
	}
}

// Run searches until ctx ends, then closes its sockets and returns nil. An
// interface that fails is logged, left out, and tried again in each round.
func (s *Searcher) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer s.close(cancel)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.options.Changes:
			timer.Reset(s.schedule.restart(time.Now()))
		case <-s.searchC:
			if wait, ok := s.schedule.hurry(time.Now()); ok {
				timer.Reset(wait)
			}
		case <-timer.C:
			timer.Reset(s.step(ctx, time.Now()))
		case p := <-s.packets:
			s.take(p)
		}
	}
}

// close ends what Run began:
//  1. readers that wait for room in the queue give up;
//  2. closed sockets wake those that read;
//  3. wait for all of them.
func (s *Searcher) close(cancel context.CancelFunc) {
	cancel()
	for key := range s.sockets {
		s.drop(key)
	}
	s.readers.Wait()
}

// step sends the burst that is due and returns how long to wait for the next.
func (s *Searcher) step(ctx context.Context, now time.Time) (wait time.Duration) {
	if s.schedule.burst == 0 {
		s.ledger.beginRound(now)
		s.openSockets(ctx)
		s.count(func(c *Stats) { c.Rounds++ })
	}
	targets := s.options.Targets
	if s.schedule.searchesAll() {
		targets = append(targets[:len(targets):len(targets)], searchAll)
	}
	s.send(targets)
	return s.schedule.next(now, s.ledger.settled())
}

// take judges one datagram and hands a good answer on.
func (s *Searcher) take(p packet) {
	if p.err != nil {
		s.fail(p.socket.iface.Name, p.err)
		s.drop(p.socket.key)
		return
	}
	if !s.expects(p) {
		s.count(func(c *Stats) { c.OffLink++ })
		s.bad.Warn().Stringer("from", p.from).Str("interface", p.socket.iface.Name).
			Msg("SSDP answer from another network dropped")
		return
	}
	if !s.ledger.admit(p.from.Addr()) {
		s.count(func(c *Stats) { c.Limited++ })
		return
	}
	answer, err := ParseAnswer(p.data)
	if err != nil {
		s.count(func(c *Stats) { c.Malformed++ })
		s.bad.Warn().Err(err).Stringer("from", p.from).Msg("SSDP answer dropped")
		return
	}
	answer.From, answer.Interface, answer.Received = p.from, p.socket.iface, p.received
	s.judge(answer)
}

func (s *Searcher) judge(answer Answer) {
	if !relevant(answer.ST, answer.USN, s.options.Targets) {
		s.count(func(c *Stats) { c.Irrelevant++ })
		return
	}
	switch s.ledger.enter(answer) {
	case entryKnown:
		s.count(func(c *Stats) { c.Repeated++ })
	case entryFull:
		s.count(func(c *Stats) { c.Limited++ })
	case entryNew:
		s.count(func(c *Stats) { c.Answers++ })
		s.options.OnAnswer(answer)
	}
}

// expects reports whether p came from a host on the link or from a device that the
// configuration names.
func (s *Searcher) expects(p packet) bool {
	if p.socket.iface.OnLink(p.from.Addr()) {
		return true
	}
	for _, d := range s.options.Devices {
		if d.Addr().Unmap() == p.from.Addr() {
			return true
		}
	}
	return false
}
