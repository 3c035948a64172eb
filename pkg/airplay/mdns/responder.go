package mdns

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/multicast"
)

// A Responder publishes services until its Run ends. It joins three parts that do
// not know each other: the engine, which answers; the self-check, which asks for
// our own services; the proxy, which has avahi announce them where it must.
type Responder struct {
	opts     Options
	registry *registry
	check    *selfCheck
	wakeC    chan struct{} // capacity 1, to the engine: the published services changed
	yieldC   chan struct{} // capacity 1, to the engine: avahi left the port
	proxyC   chan struct{} // capacity 1: avahi may have something to do

	// Replaced in tests:
	waits     waits
	listen    opener
	listenRaw opener
	dialAvahi func(ctx context.Context, socket string) (avahi, error)

	mu    sync.Mutex // guards all below
	stats Stats      // as the engine reported it
	own   query.Place
	proxy proxyState
}

// New makes a Responder; Run starts it.
func New(opts Options) *Responder {
	if opts.Port == 0 {
		opts.Port = Port
	}
	if opts.AvahiSocket == "" {
		opts.AvahiSocket = systemBus
	}
	r := &Responder{
		opts:      opts,
		wakeC:     make(chan struct{}, 1),
		yieldC:    make(chan struct{}, 1),
		proxyC:    make(chan struct{}, 1),
		waits:     defaultWaits,
		listen:    listen,
		listenRaw: listenRaw,
		dialAvahi: dialAvahi,
	}
	r.registry = &registry{changed: r.wake}
	r.check = newSelfCheck(opts, r.portState, r.place)
	return r
}

// Publish makes a service known, before or while Run runs. Its name may change
// when it is taken; see Publication.Name.
func (r *Responder) Publish(s Service) *Publication { return r.registry.publish(s) }

// SelfCheck asks for one of our services out of every interface in both
// families, waits for the answers at most some seconds, and returns the results;
// Stats shows them as well. It may be called while Run runs, which does the same
// every minute.
func (r *Responder) SelfCheck(ctx context.Context) []Hearing { return r.check.run(ctx) }

// Run serves until ctx ends, then takes back all services, which lasts less than
// a second, and returns nil. A port that is held by another program does not end
// it: it answers beside that program where it may, has avahi announce for it where
// avahi is the one, and tries again every 30 s.
func (r *Responder) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		e := r.newEngine()
		e.run(ctx)
		return e.close()
	})
	group.Go(func() error { return r.check.watch(ctx) })
	group.Go(func() error { return r.newProxy().run(ctx) })
	return group.Wait()
}

func (r *Responder) newEngine() *engine {
	return newEngine(engineOptions{
		Options:   r.opts,
		registry:  r.registry,
		waits:     r.waits,
		listen:    r.listen,
		listenRaw: r.listenRaw,
		wakeC:     r.wakeC,
		yieldC:    r.yieldC,
		relinked:  r.surroundingsChanged,
		report:    r.noteEngine,
	})
}

func (r *Responder) newProxy() *proxy {
	return newProxy(proxyOptions{
		Options:  r.opts,
		registry: r.registry,
		retry:    r.waits.bindRetry,
		dial:     r.dialAvahi,
		needed:   r.needsProxy,
		wakeC:    r.proxyC,
		freed:    func() { signal(r.yieldC) },
		report:   r.noteProxy,
	})
}

// wake says that the published services changed.
func (r *Responder) wake() {
	signal(r.wakeC)
	signal(r.proxyC)
}

// surroundingsChanged says that ports, interfaces or names changed.
func (r *Responder) surroundingsChanged() {
	r.check.wake()
	signal(r.proxyC)
}

// Stats is a copy of the counters.
func (r *Responder) Stats() Stats {
	r.mu.Lock()
	s, proxy := r.stats, r.proxy
	r.mu.Unlock()
	s.HeardIPv4, s.HeardIPv6 = r.check.heard(multicast.IPv4), r.check.heard(multicast.IPv6)
	s.Renames += proxy.renames
	if proxy.announcing {
		s.IPv4, s.IPv6 = throughAvahi(s.IPv4), throughAvahi(s.IPv6)
		s.Established = max(s.Established, proxy.established)
	}
	if wanted := hostName(usableLabel(r.opts.Hostname)); s.Host != "" && s.Host != wanted {
		s.Renamed = append(s.Renamed, Renaming{Wanted: wanted, Now: s.Host})
	}
	s.Renamed = append(s.Renamed, r.registry.renamings()...)
	return s
}

func throughAvahi(s PortState) PortState {
	if s == PortHeld {
		return PortAvahi
	}
	return s
}

func (r *Responder) portState(f multicast.Family) PortState {
	s := r.Stats()
	return [...]PortState{s.IPv4, s.IPv6}[f]
}

// place is where a service of ours should be found, or one that avahi announces
// for us; without a name there is none.
func (r *Responder) place() query.Place {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.own.Name != "" {
		return r.own
	}
	return r.proxy.place
}

// needsProxy reports whether only avahi can announce our services.
func (r *Responder) needsProxy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opts.Port == Port && r.stats.IPv4 == PortHeld
}

// noteEngine keeps how the engine stands, and wakes those who depend on it.
func (r *Responder) noteEngine(s Stats, own query.Place) {
	r.mu.Lock()
	before, ownBefore := r.stats, r.own
	r.stats, r.own = s, own
	r.mu.Unlock()
	if s.IPv4 != before.IPv4 || s.IPv6 != before.IPv6 || own != ownBefore {
		r.surroundingsChanged()
	}
}

// noteProxy keeps what avahi does for us.
func (r *Responder) noteProxy(s proxyState) {
	r.mu.Lock()
	before := r.proxy
	r.proxy = s
	r.mu.Unlock()
	if s.place != before.place {
		r.check.wake()
	}
}
