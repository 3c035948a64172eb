package mdns

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// checkInterval is the time between self-checks.
const checkInterval = time.Minute

// maxParallel bounds the questions of one self-check that are open at a time.
const maxParallel = 8

// Why nobody hears us.
var (
	errNothingToAsk = errors.New("no service is announced yet")
	errHeld         = errors.New("another program holds the port for itself")
	errNoPort       = errors.New("the port is not open")
)

// A selfCheck asks for our own services as any program on the network would: a
// bound port proves nothing.
type selfCheck struct {
	interfaces func() []netif.Interface
	port       uint16 // of mDNS
	log        zerolog.Logger
	state      func(multicast.Family) PortState
	place      func() query.Place                              // of a service that is announced now
	verify     func(context.Context, query.Verification) error // replaced in tests
	wakeC      chan struct{}                                   // capacity 1: the result may be another now

	mu         sync.Mutex // guards all below
	found      [2]Hearing // by family
	complained [2]bool    // by family: the log says that we are not heard
}

func newSelfCheck(o Options, state func(multicast.Family) PortState, place func() query.Place) *selfCheck {
	return &selfCheck{
		interfaces: o.Interfaces, port: o.Port, log: o.Log, state: state, place: place,
		verify: func(ctx context.Context, v query.Verification) error { return v.Run(ctx) },
		wakeC:  make(chan struct{}, 1),
	}
}

// run asks once on all interfaces.
func (c *selfCheck) run(ctx context.Context) []Hearing {
	list := c.verifications()
	found := make([]Hearing, len(list))
	var group errgroup.Group
	group.SetLimit(maxParallel)
	for i, v := range list {
		group.Go(func() error {
			found[i] = c.ask(ctx, v)
			return nil
		})
	}
	_ = group.Wait() // what failed is in found
	if ctx.Err() == nil {
		c.note(found)
	}
	return found
}

// verifications are what to ask now.
func (c *selfCheck) verifications() []query.Verification {
	place := c.place()
	var list []query.Verification
	for _, f := range []multicast.Family{multicast.IPv4, multicast.IPv6} {
		if c.state(f) == PortAbsent {
			continue
		}
		for _, i := range c.interfaces() {
			if _, ok := sourceOn(i, f); ok {
				list = append(list, query.Verification{Family: f, Interface: i, Port: c.port, Place: place})
			}
		}
	}
	return list
}

// ask asks on one interface. When the service got another name meanwhile it asks
// once more, for that.
func (c *selfCheck) ask(ctx context.Context, v query.Verification) Hearing {
	h := Hearing{IPv6: v.Family == multicast.IPv6, Interface: v.Interface.Name}
	err := errNothingToAsk
	if v.Place.Name != "" {
		h.At = time.Now()
		err = c.verify(ctx, v)
	}
	if now := c.place(); err != nil && now != v.Place && now.Name != "" {
		v.Place, h.At = now, time.Now()
		err = c.verify(ctx, v)
	}
	if err == nil {
		h.Heard = true
		return h
	}
	switch c.state(v.Family) {
	case PortHeld:
		err = fmt.Errorf("%w: %w", errHeld, err)
	case PortClosed, PortFailed:
		err = fmt.Errorf("%w: %w", errNoPort, err)
	}
	h.Err = fmt.Errorf("mdns: ask for our own service over %v on %s: %w", v.Family, v.Interface.Name, err)
	return h
}

// note keeps what a self-check found, and logs when it is another state. Of a
// port that is not open the log has said so.
func (c *selfCheck) note(found []Hearing) {
	for _, f := range []multicast.Family{multicast.IPv4, multicast.IPv6} {
		h := summary(found, f)
		c.mu.Lock()
		c.found[f] = h
		asked := !h.At.IsZero() && !errors.Is(h.Err, errNoPort)
		changed := asked && h.Heard == c.complained[f]
		if changed {
			c.complained[f] = !h.Heard
		}
		c.mu.Unlock()
		if changed {
			c.logHearing(h)
		}
	}
}

// heard is what the last self-check found in a family.
func (c *selfCheck) heard(f multicast.Family) Hearing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.found[f]
}

// wake has the check done soon.
func (c *selfCheck) wake() { signal(c.wakeC) }

// summary is the state of a family: the first interface where we are not heard,
// or the first at all.
func summary(found []Hearing, f multicast.Family) Hearing {
	var first Hearing
	for _, h := range found {
		if h.family() != f {
			continue
		}
		if !h.Heard {
			return h
		}
		if !first.Heard {
			first = h
		}
	}
	return first
}

func (c *selfCheck) logHearing(h Hearing) {
	log := c.log.With().Stringer("family", h.family()).Str("interface", h.Interface).Logger()
	switch {
	case h.Heard:
		log.Info().Msg("our mDNS answers are heard again")
	case errors.Is(h.Err, errHeld):
		log.Warn().Err(h.Err).Msgf("%d/UDP is held exclusively by another program: our mDNS answers are not heard; stop that program, let it share the port, or give the capability NET_RAW", c.port)
	default:
		log.Warn().Err(h.Err).Msgf("our mDNS answers are not heard, so senders cannot find the speakers: allow %d/UDP to %v in this host's firewall", c.port, query.Group(h.family(), c.port).Addr())
	}
}

// watch checks every minute, and when something changed that the result depends
// on.
func (c *selfCheck) watch(ctx context.Context) error {
	timer := time.NewTimer(checkInterval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.wakeC:
		case <-timer.C:
		}
		if c.place().Name != "" {
			c.run(ctx)
		}
		timer.Reset(checkInterval)
	}
}
