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

// A Listener hears what devices announce, on the best socket that is to be had:
// see state.go. It needs none of them: that there is none is a state, and no
// error.
type Listener struct {
	options ListenerOptions
	bad     zerolog.Logger                                   // for what devices send, one line a minute
	open    func(ListenMethod, netip.AddrPort) (*ear, error) // openEar, but in tests

	// Only Run touches these.
	method  ListenMethod
	ear     *ear // in use; nil on MethodOff
	opened  *ear // to be adopted
	refused map[ListenMethod]error
	failed  map[string]error // memberships, by interface
	heard   register
	sounds  chan sound
	readers sync.WaitGroup

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
		options: options,
		bad:     options.Log.Sample(&zerolog.BurstSampler{Burst: 1, Period: time.Minute}),
		open:    openEar,
		refused: make(map[ListenMethod]error),
		sounds:  make(chan sound, packetQueue),
		state:   ListenerState{Mode: options.Mode, Since: time.Now()},
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
		case s := <-l.sounds:
			l.take(ctx, s)
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

// step takes an event, and the outcomes of what is done about it, up or down
// the ladder.
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
		l.failed = l.ear.join(l.options.Interfaces())
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
	e, err := l.open(method, l.options.Group)
	if err != nil {
		l.refused[method] = err
		return refused
	}
	delete(l.refused, method)
	l.opened = e
	return open
}

// adopt uses the socket that was opened. The one before is closed after the new
// one is joined; what both hear may be passed on twice.
func (l *Listener) adopt(ctx context.Context) {
	e := l.opened
	l.opened = nil
	l.failed = e.join(l.options.Interfaces())
	l.readers.Go(func() { e.read(ctx, l.sounds) })
	l.drop()
	l.ear = e
}

// drop closes the socket in use; its reader ends by that.
func (l *Listener) drop() {
	if l.ear != nil {
		_ = l.ear.conn.Close() // nothing to save, and nothing to do about it
		l.ear = nil
	}
}

// take judges what was heard and hands a good notice on.
func (l *Listener) take(ctx context.Context, s sound) {
	if s.err != nil {
		if s.ear == l.ear { // not one that was closed meanwhile
			l.refused = map[ListenMethod]error{l.method: s.err}
			l.failed = nil
			l.step(ctx, eventLost)
		}
		return
	}
	if err := s.unwrap(); err != nil || s.to != l.options.Group.Addr() || isSearch(s.data) {
		l.count(func(c *ListenerStats) { c.Others++ })
		return
	}
	iface, ok := s.ear.joined[s.index]
	if !ok || !iface.OnLink(s.from.Addr()) {
		l.count(func(c *ListenerStats) { c.OffLink++ })
		l.bad.Warn().Stringer("from", s.from).Str("interface", iface.Name).
			Msg("SSDP notice from another network dropped")
		return
	}
	if !l.heard.admit(s.from.Addr(), s.received) {
		l.count(func(c *ListenerStats) { c.Limited++ })
		return
	}
	notice, err := ParseNotice(s.data)
	if err != nil {
		l.count(func(c *ListenerStats) { c.Malformed++ })
		l.bad.Warn().Err(err).Stringer("from", s.from).Msg("SSDP notice dropped")
		return
	}
	notice.From, notice.Interface, notice.Received = s.from, iface, s.received
	l.judge(notice)
}

func (l *Listener) judge(n Notice) {
	if !relevant(n.NT, n.USN, l.options.Targets) {
		l.count(func(c *ListenerStats) { c.Irrelevant++ })
		return
	}
	switch l.heard.enter(n) {
	case entryKnown:
		l.count(func(c *ListenerStats) { c.Repeated++ })
	case entryFull:
		l.count(func(c *ListenerStats) { c.Limited++ })
	case entryNew:
		l.count(func(c *ListenerStats) { c.Notices++ })
		l.options.OnNotice(n)
	}
}
