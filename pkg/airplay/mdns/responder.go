package mdns

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// A Responder publishes services until its Run ends.
type Responder struct {
	opts   Options
	wakeC  chan struct{} // capacity 1, to the engine: the published services changed
	freedC chan struct{} // capacity 1, to the engine: avahi left the port
	checkC chan struct{} // capacity 1: hearing may have changed
	proxyC chan struct{} // capacity 1: avahi may have something to do

	// Replaced in tests:
	listen    opener
	listenRaw opener
	ask       func(context.Context, question) error
	dialAvahi func(ctx context.Context, socket string) (avahi, error)

	mu        sync.Mutex // guards all below, and the fields of Publication that say so
	published []*Publication
	stats     Stats // but for what follows
	own       witness
	hearing   [2]Hearing // by family
	deaf      [2]bool    // the log says so
	proxy     proxyState
}

// New makes a Responder; Run starts it.
func New(opts Options) *Responder {
	if opts.Port == 0 {
		opts.Port = Port
	}
	if opts.AvahiSocket == "" {
		opts.AvahiSocket = systemBus
	}
	return &Responder{
		opts:      opts,
		wakeC:     make(chan struct{}, 1),
		freedC:    make(chan struct{}, 1),
		checkC:    make(chan struct{}, 1),
		proxyC:    make(chan struct{}, 1),
		listen:    listen,
		listenRaw: listenRaw,
		ask:       ask,
		dialAvahi: dialAvahi,
	}
}

// Run serves until ctx ends, then takes back all services, which lasts less than
// a second, and returns nil. A port that is held by another program does not end
// it: it answers beside that program where it may, has avahi speak for it where
// avahi is the one, and tries again every 30 s.
func (r *Responder) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		e := newEngine(r)
		e.run(ctx)
		return e.close()
	})
	group.Go(func() error { return r.watchHearing(ctx) })
	group.Go(func() error { return newProxy(r).run(ctx) })
	return group.Wait()
}

// wake tells that the published services changed.
func (r *Responder) wake() {
	signal(r.wakeC)
	signal(r.proxyC)
}

// turned tells that ports, interfaces or names changed.
func (r *Responder) turned() {
	signal(r.checkC)
	signal(r.proxyC)
}

// signal leaves a signal in a channel of capacity 1.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
		// One is there already: whoever takes it will look at everything
	}
}
