package mdns

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
)

const (
	// avahiTimeout bounds one exchange of calls with avahi.
	avahiTimeout = 5 * time.Second

	// withdrawTimeout bounds the taking back of all services at the end.
	withdrawTimeout = time.Second
)

// A proxyState is what avahi does for us.
type proxyState struct {
	announcing  bool
	established int         // services whose names are known to be ours alone
	place       query.Place // of one of them; without name there is none
	renames     uint64
}

// proxyOptions are what a proxy needs from its Responder.
type proxyOptions struct {
	Options
	registry *registry
	retry    time.Duration // between attempts to have avahi announce
	dial     func(ctx context.Context, socket string) (avahi, error)
	needed   func() bool      // reports whether only avahi can announce
	wakeC    <-chan struct{}  // services, interfaces or ports changed
	freed    func()           // called when avahi, or the bus, left
	report   func(proxyState) // called after everything it did
}

// A proxy has avahi announce our services while another program, which as a rule
// is avahi, holds the IPv4 port exclusively and no raw socket is to be had. All
// its fields belong to the goroutine of run.
type proxy struct {
	opts proxyOptions
	log  zerolog.Logger

	bus     avahi // nil while there is none
	noticeC <-chan *dbus.Signal
	hangUp  context.CancelFunc
	running bool // avahi has its host's name
	entries map[*Publication]*entry
	renames uint64

	retry     time.Time // when to try the bus again; zero when that is not needed
	complaint string    // the last one logged
	announced bool      // what was reported last
}

// An entry is a service that avahi has of ours.
type entry struct {
	group      groupID
	state      groupState
	order      order
	interfaces []int
	stale      bool // to be filled anew
}

func newProxy(o proxyOptions) *proxy {
	return &proxy{opts: o, log: o.Log, entries: make(map[*Publication]*entry)}
}

// run works until ctx ends and all services are taken back.
func (p *proxy) run(ctx context.Context) error {
	timer := time.NewTimer(idleWait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			p.leave(ctx)
			p.report()
			return nil
		case <-p.opts.wakeC:
		case s, open := <-p.noticeC:
			p.hear(s, open)
		case <-timer.C:
		}
		p.settle(ctx)
		p.report()
		timer.Reset(p.sleep())
	}
}

func (p *proxy) sleep() time.Duration {
	if p.retry.IsZero() {
		return idleWait
	}
	return max(time.Until(p.retry), 0)
}

// settle does what is to be done now. When anything fails all is begun anew
// later.
func (p *proxy) settle(ctx context.Context) {
	if !p.opts.needed() {
		p.leave(ctx)
		p.retry, p.complaint = time.Time{}, ""
		return
	}
	if p.retry.After(time.Now()) {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, avahiTimeout)
	defer cancel()
	err := p.connect(ctx, bounded)
	if err == nil && !p.running {
		p.running, err = p.bus.running(bounded)
	}
	if err == nil && p.running {
		err = p.reconcile(bounded)
	}
	p.retry = time.Time{}
	if err != nil {
		p.complain(err)
		p.leave(ctx)
		p.retry = time.Now().Add(p.opts.retry)
	}
}

// connect makes the connection, which lasts as long as ctx, unless there is one.
func (p *proxy) connect(ctx, bounded context.Context) error {
	if p.bus != nil {
		return nil
	}
	lasting, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(bounded, hangUp)
	bus, err := p.opts.dial(lasting, p.opts.AvahiSocket)
	if err != nil {
		hangUp()
		return err
	}
	stop()
	p.bus, p.noticeC, p.hangUp = bus, bus.notices(), hangUp
	return nil
}

// complain logs why avahi does not help, once. Where there is no D-Bus nobody
// expects it to.
func (p *proxy) complain(err error) {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, context.Canceled) || err.Error() == p.complaint {
		return
	}
	p.complaint = err.Error()
	p.log.Warn().Err(err).Msgf("avahi cannot announce the speakers for us; trying again every %v", p.opts.retry)
}

// leave takes back all services and ends the connection.
func (p *proxy) leave(ctx context.Context) {
	if p.bus == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawTimeout)
	defer cancel()
	for _, e := range p.entries {
		if err := p.bus.free(ctx, e.group); err != nil {
			p.log.Debug().Err(err).Msg("take back a service")
			break // the others go with the connection
		}
	}
	p.forget()
}

// forget ends the connection, and with it all that avahi has of ours.
func (p *proxy) forget() {
	if err := p.bus.Close(); err != nil {
		p.log.Debug().Err(err).Msg("close connection to D-Bus")
	}
	p.hangUp()
	p.bus, p.noticeC, p.running = nil, nil, false
	clear(p.entries)
}

// hear takes in what avahi or the bus tells.
func (p *proxy) hear(s *dbus.Signal, open bool) {
	if !open {
		p.log.Info().Msg("connection to D-Bus lost")
		p.forget()
		p.opts.freed()
		return
	}
	switch n := readNotice(s); n.kind {
	case noticeNothing:
		// Of other parts of avahi
	case noticeGone:
		clear(p.entries)
		p.running = false
		p.opts.freed()
	case noticeCame:
		// It is asked for its state next
	case noticeServer:
		p.running = n.running
		for _, e := range p.entries {
			e.stale = true // its host may have another name now
		}
	case noticeGroup:
		p.moved(n.group, n.state)
	}
}

// moved notes another state of an entry group.
func (p *proxy) moved(g groupID, to groupState) {
	for _, e := range p.entries {
		if e.group != g || e.state == to {
			continue
		}
		p.log.Debug().Str("name", e.order.label).Stringer("from", e.state).Stringer("to", to).Msg("mDNS name at avahi")
		e.state = to
		switch to {
		case groupCollision:
			p.rename(e)
		case groupFailure:
			p.log.Warn().Str("name", e.order.label).Msg("avahi cannot show this service")
		}
	}
}

// rename gives a service whose name is taken the next one.
func (p *proxy) rename(e *entry) {
	old := e.order.label
	for e.order.label = nextInstance(old); p.named(e); {
		e.order.label = nextInstance(e.order.label)
	}
	e.stale = true
	p.renames++
	p.opts.registry.rename(e.order.pub, e.order.label)
	p.log.Warn().Str("name", old).Str("now", e.order.label).Msg("another host has this mDNS name; taking the next")
}

// named reports whether another service of ours has an entry's name.
func (p *proxy) named(e *entry) bool {
	for _, o := range p.entries {
		if o != e && fold(o.name()) == fold(e.name()) {
			return true
		}
	}
	return false
}

func (e *entry) name() string { return instanceName(e.order.label, e.order.service.Type) }

// reconcile makes avahi's entries agree with what is published.
func (p *proxy) reconcile(ctx context.Context) error {
	orders := p.opts.registry.orders()
	for pub, e := range p.entries {
		if slices.ContainsFunc(orders, func(o order) bool { return o.pub == pub }) {
			continue
		}
		delete(p.entries, pub)
		if err := p.bus.free(ctx, e.group); err != nil {
			return err
		}
	}
	interfaces := p.indexes()
	for _, o := range orders {
		if err := p.carryOut(ctx, o, interfaces); err != nil {
			return err
		}
	}
	return nil
}

// indexes are those of the interfaces to be found on.
func (p *proxy) indexes() []int {
	var list []int
	for _, i := range p.opts.Interfaces() {
		list = append(list, i.Index)
	}
	return list
}

// carryOut brings one service up to date.
func (p *proxy) carryOut(ctx context.Context, o order, interfaces []int) error {
	e := p.entries[o.pub]
	if e == nil {
		g, err := p.bus.newGroup(ctx)
		if err != nil {
			return err
		}
		e = &entry{group: g, stale: true}
		p.entries[o.pub] = e
	}
	e.stale = e.stale || e.order.label != o.label || !slices.Equal(e.interfaces, interfaces)
	e.order, e.interfaces = o, interfaces
	if e.stale {
		return p.fill(ctx, e)
	}
	return nil
}

// fill has avahi claim the service's name, or the next one that is free on
// avahi's host.
func (p *proxy) fill(ctx context.Context, e *entry) error {
	if len(e.interfaces) == 0 {
		return nil
	}
	err := p.bus.fill(ctx, e.group, e.interfaces, e.service())
	for range manyRivals {
		if !errors.Is(err, errCollision) {
			break
		}
		p.rename(e)
		err = p.bus.fill(ctx, e.group, e.interfaces, e.service())
	}
	e.stale = err != nil
	return err
}

// service is the service under its name of now.
func (e *entry) service() Service {
	s := e.order.service
	s.Instance = e.order.label
	return s
}

// report says how it stands.
func (p *proxy) report() {
	s := proxyState{announcing: p.bus != nil && p.running, renames: p.renames}
	for _, e := range p.entries {
		if e.state != groupEstablished {
			continue
		}
		if s.established++; s.established == 1 {
			s.place = query.Place{Name: e.name(), Port: e.order.service.Port}
		}
	}
	p.opts.report(s)
	if s.announcing != p.announced {
		p.announced = s.announcing
		p.logAnnouncing()
	}
}

func (p *proxy) logAnnouncing() {
	if p.announced {
		p.log.Info().Stringer("state", PortAvahi).Msg("avahi holds the mDNS port exclusively and announces the speakers for us")
		return
	}
	p.log.Info().Msg("avahi does not announce the speakers for us any more")
}
