package mdns

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// packetQueue bounds the packets read and not yet looked at; when it is full
// reading waits, and the kernel drops what its buffer cannot hold.
const packetQueue = 64

// engineOptions are what an engine needs from its Responder.
type engineOptions struct {
	Options
	registry          *registry
	waits             waits
	listen, listenRaw opener
	wakeC             <-chan struct{}          // the published services changed
	yieldC            <-chan struct{}          // avahi left the port and may come back
	relinked          func()                   // called when it works on other interfaces
	report            func(Stats, query.Place) // called after everything it did; a Place without name is none
}

// An engine is one Run of a Responder. All its fields belong to the goroutine of
// run; each open socket has one goroutine that reads and passes packets on.
type engine struct {
	opts engineOptions
	log  zerolog.Logger

	ports      [2]*port
	interfaces []netif.Interface
	lanes      map[laneKey]*lane

	host     *claim
	services []*claim
	zones    map[int]*zone     // by interface index; made when needed
	names    map[string]*claim // by folded full name; made when needed
	leaving  bool              // no more claims, only goodbyes

	batch  batch
	held   []heldQuery
	echoes echoes
	stats  Stats

	malformedLogged time.Time

	readers errgroup.Group
	packetC chan multicast.Packet
	faultC  chan fault
	doneC   chan struct{} // closed when nobody takes packets any more
}

// A fault is a socket that can no longer be read.
type fault struct {
	conn conn
	err  error
}

func newEngine(o engineOptions) *engine {
	portIn := func(f multicast.Family) *port {
		return &port{family: f, number: o.Port, retry: o.waits.bindRetry}
	}
	return &engine{
		opts:    o,
		log:     o.Log,
		ports:   [2]*port{portIn(multicast.IPv4), portIn(multicast.IPv6)},
		lanes:   make(map[laneKey]*lane),
		host:    &claim{label: usableLabel(o.Hostname)},
		packetC: make(chan multicast.Packet, packetQueue),
		faultC:  make(chan fault),
		doneC:   make(chan struct{}),
	}
}

// run works until ctx has ended and the goodbyes are said.
func (e *engine) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	ended, changes := ctx.Done(), e.opts.Changes
	for !e.finished() {
		select {
		case <-ended:
			ended = nil
			e.leave(time.Now())
		case _, open := <-changes:
			if !open {
				changes = nil
			}
			e.retryPorts()
			e.relink(time.Now())
		case <-e.opts.wakeC:
			// work looks at what is published
		case p := <-e.packetC:
			e.receive(p, time.Now())
		case <-e.opts.yieldC:
			e.yield(time.Now())
		case f := <-e.faultC:
			e.lost(f, time.Now())
		case <-timer.C:
			// work finds what is due
		}
		now := time.Now()
		e.work(now)
		timer.Reset(e.sleep(now))
	}
}

// work does all that is due.
func (e *engine) work(now time.Time) {
	e.openPorts(now)
	e.reconcile(now)
	e.tick(now)
	e.releaseHeld(now)
	e.sendBatch(now)
	e.sendOutboxes(now)
	e.report()
}

// tick lets the claims move whose time has come, and forgets those that are gone.
func (e *engine) tick(now time.Time) {
	for _, c := range e.claims() {
		if !c.due.IsZero() && !c.due.After(now) {
			c.due = time.Time{}
			e.step(c, eventTick, now)
		}
	}
	e.services = slices.DeleteFunc(e.services, func(c *claim) bool { return c.state.phase == phaseGone })
}

// claims are those of the host and of all services.
func (e *engine) claims() []*claim {
	return append([]*claim{e.host}, e.services...)
}

// sleep is the time until something is due.
func (e *engine) sleep(now time.Time) time.Duration {
	wake := now.Add(idleWait)
	earlier := func(t time.Time) {
		if !t.IsZero() && t.Before(wake) {
			wake = t
		}
	}
	for _, c := range e.claims() {
		earlier(c.due)
	}
	for _, p := range e.ports {
		if !e.leaving {
			earlier(p.due)
		}
	}
	for _, h := range e.held {
		earlier(h.due)
	}
	for _, l := range e.lanes {
		if at, ok := l.box.next(); ok {
			earlier(at)
		}
	}
	return max(wake.Sub(now), 0)
}

// leave takes back all services. The host's addresses are not taken back: where
// another responder on this machine gives them under the same name, its clients
// would lose them.
func (e *engine) leave(now time.Time) {
	e.leaving = true
	e.host.state, e.host.due = state{phase: phaseGone}, time.Time{}
	for _, c := range e.services {
		e.step(c, eventWithdraw, now)
	}
}

func (e *engine) finished() bool {
	return e.leaving && len(e.services) == 0
}

// close ends in this order: (1) nobody takes packets, (2) the sockets close,
// which wakes their readers, (3) the readers have ended.
func (e *engine) close() error {
	close(e.doneC)
	var errs []error
	for _, p := range e.ports {
		errs = append(errs, p.close(time.Now(), 0))
	}
	errs = append(errs, e.readers.Wait())
	e.report()
	return errors.Join(errs...)
}

// report publishes the counters, and the first service that answers are given
// for.
func (e *engine) report() {
	s := e.stats
	s.IPv4, s.IPv6 = e.ports[multicast.IPv4].state, e.ports[multicast.IPv6].state
	s.Host = hostName(e.host.label)
	s.Services, s.Established = len(e.services), 0
	var own query.Place
	for _, c := range e.services {
		if c.state.phase == phaseEstablished {
			s.Established++
		}
		if own.Name == "" && c.live() {
			own = query.Place{Name: c.name(), Port: c.service.Port}
		}
	}
	e.opts.report(s, own)
}
