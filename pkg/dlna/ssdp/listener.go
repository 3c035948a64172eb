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

// ListenerOptions of a Listener. But for Mode off, Interfaces and OnNotice are
// needed.
type ListenerOptions struct {
	Mode settings.SSDPListen
	// Interfaces returns those to listen on.
	Interfaces func() []netif.Interface
	// Changes is signalled when Interfaces has something new to say; may be nil.
	Changes <-chan struct{}
	// Targets are the devices and services that matter; nil for DefaultTargets.
	Targets []string
	// Group to listen to; zero for the standard one. Another is for tests and
	// the demo.
	Group netip.AddrPort
	// OnNotice is called for each notice about one of Targets, once where it is
	// repeated, in order, from the goroutine of Run. It must not block.
	OnNotice func(Notice)
	Log      zerolog.Logger
}

// retryEvery is the time between two attempts to get a better socket, and to
// join where that failed.
const retryEvery = time.Minute

// A Listener receives what devices announce, by the best method that works: see
// state.go. That none works is a state, and no error.
type Listener struct {
	options ListenerOptions
	bad     zerolog.Logger                                             // for what devices send, one line a minute
	open    func(ListenMethod, netip.AddrPort) (*groupListener, error) // replaced in tests

	// Only Run touches these.
	method   ListenMethod
	current  *groupListener // nil with MethodOff
	opened   *groupListener // to replace the current one
	refused  map[ListenMethod]error
	failed   map[string]error // memberships, by interface
	recent   recentNotices
	received chan datagram
	readers  sync.WaitGroup

	mu    sync.Mutex // guards all below
	state ListenerState
	stats ListenerStats
}

// NewListener makes a Listener. It opens nothing.
func NewListener(options ListenerOptions) *Listener {
	if options.Targets == nil {
		options.Targets = DefaultTargets()
	}
	if !options.Group.IsValid() {
		options.Group = Group
	}
	return &Listener{
		options:  options,
		bad:      options.Log.Sample(&zerolog.BurstSampler{Burst: 1, Period: time.Minute}),
		open:     listenToGroup,
		refused:  make(map[ListenMethod]error),
		received: make(chan datagram, packetQueue),
		state:    ListenerState{Mode: options.Mode, Since: time.Now()},
	}
}

// Run listens until ctx ends, then closes its socket and returns nil. Whatever
// goes wrong is logged, shown by State, and tried again.
func (l *Listener) Run(ctx context.Context) error {
	if l.options.Mode == settings.SSDPListenOff {
		<-ctx.Done()
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer l.close(cancel)
	ticker := time.NewTicker(retryEvery)
	defer ticker.Stop()
	l.step(ctx, eventRetry)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.options.Changes:
			l.step(ctx, eventRetry)
		case <-ticker.C:
			l.step(ctx, eventRetry)
		case d := <-l.received:
			l.take(ctx, d)
		}
	}
}

// close ends what Run began:
//  1. a reader that waits for room in the queue gives up;
//  2. the closed socket wakes one that reads;
//  3. wait for all of them.
func (l *Listener) close(cancel context.CancelFunc) {
	cancel()
	l.drop()
	l.readers.Wait()
}

// step moves by an event, and by the outcomes of what is done about it.
func (l *Listener) step(ctx context.Context, e event) {
	for e != eventNone {
		method, do := next(l.options.Mode, l.method, e)
		l.method, e = method, eventNone
		for _, a := range do {
			e = l.perform(ctx, a)
		}
	}
	l.publish()
}

// perform returns the outcome of what it opened; only the last action of a
// list is one that opens.
func (l *Listener) perform(ctx context.Context, a action) event {
	switch a {
	case actionJoin:
		l.failed = l.current.join(l.options.Interfaces())
	case actionOpenGroup:
		return l.try(MethodGroup, eventGroupOpen, eventGroupRefused)
	case actionOpenRaw:
		return l.try(MethodRaw, eventRawOpen, eventRawRefused)
	case actionAdopt:
		l.adopt(ctx)
	case actionClose:
		l.drop()
	}
	return eventNone
}

func (l *Listener) try(method ListenMethod, open, refused event) event {
	g, err := l.open(method, l.options.Group)
	if err != nil {
		l.refused[method] = err
		return refused
	}
	delete(l.refused, method)
	l.opened = g
	return open
}

// adopt uses the socket that was opened. The one before is closed after the new
// one has joined; what both receive may be passed on twice.
func (l *Listener) adopt(ctx context.Context) {
	g := l.opened
	l.opened = nil
	l.failed = g.join(l.options.Interfaces())
	l.readers.Go(func() { g.read(ctx, l.received) })
	l.drop()
	l.current = g
}

// drop closes the socket in use; its reader ends by that.
func (l *Listener) drop() {
	if l.current != nil {
		_ = l.current.conn.Close() // nothing to save, and nothing to do about it
		l.current = nil
	}
}

// take judges a datagram and hands a good notice on.
func (l *Listener) take(ctx context.Context, d datagram) {
	if d.err != nil {
		if d.listener == l.current { // not one that was closed meanwhile
			l.refused = map[ListenMethod]error{l.method: d.err}
			l.failed = nil
			l.step(ctx, eventLost)
		}
		return
	}
	p := d.packet
	if p.To != l.options.Group.Addr() || isSearch(p.Data) {
		l.count(func(c *ListenerStats) { c.Others++ })
		return
	}
	iface, ok := d.listener.joined[p.Index]
	if !ok || !iface.OnLink(p.From.Addr()) {
		l.count(func(c *ListenerStats) { c.OffLink++ })
		l.bad.Warn().Stringer("from", p.From).Str("interface", iface.Name).
			Msg("SSDP notice from another network dropped")
		return
	}
	if !l.recent.admit(p.From.Addr(), d.received) {
		l.count(func(c *ListenerStats) { c.Limited++ })
		return
	}
	notice, err := ParseNotice(p.Data)
	if err != nil {
		l.count(func(c *ListenerStats) { c.Malformed++ })
		l.bad.Warn().Err(err).Stringer("from", p.From).Msg("SSDP notice dropped")
		return
	}
	notice.From, notice.Interface, notice.Received = p.From, iface, d.received
	l.judge(notice)
}

func (l *Listener) judge(n Notice) {
	if !relevant(n.NT, n.USN, l.options.Targets) {
		l.count(func(c *ListenerStats) { c.Irrelevant++ })
		return
	}
	switch l.recent.enter(n) {
	case entryKnown:
		l.count(func(c *ListenerStats) { c.Repeated++ })
	case entryFull:
		l.count(func(c *ListenerStats) { c.Limited++ })
	case entryNew:
		l.count(func(c *ListenerStats) { c.Notices++ })
		l.options.OnNotice(n)
	}
}
