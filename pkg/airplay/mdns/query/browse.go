// Package query finds services on the local network: Multicast DNS (RFC 6762)
// with DNS-based service discovery (RFC 6763), the part that a one-shot querier
// has to play (RFC 6762 sections 5.1 and 5.4).
//
// A question goes out of the chosen interfaces alone, from ports of its own, and
// asks for unicast answers; what answers leave out is asked for next. So it works
// whichever program holds port 5353, and takes no packets from it. The time, the
// packets and everything kept of them are bounded. Native keeps a list of the
// hosts that speak AirPlay themselves.
//
// github.com/miekg/dns gives the wire format. The querier is our own because
// grandcat/zeroconf v1.0.0 was measured not to serve beside other programs: it
// binds 5353 itself, which fails where the holder set no SO_REUSEADDR, and which
// takes 40 of 40 unicast packets from a holder that did, our own responder among
// them; without IPv6 it leaves a socket open. Besides it holds back services
// that came without address, compares names by case, gives them escaped, and
// does not say which interface a link-local address belongs to.
//
// Left out: a cache, removals (the next query shows them), subtypes, domains
// other than local, and responders that send answers to the group only.
package query

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// DefaultWait suffices for two questions and a phone that sleeps between two
// beacons of its Wi-Fi.
const DefaultWait = 3 * time.Second

// firstPause is the time to the second question; each further pause is double
// the last (RFC 6762 section 5.2).
const firstPause = time.Second

// ErrNotFound is returned when no service that suits answered.
var ErrNotFound = errors.New("mdns: no such service answered")

// A Service is one instance of a service type, as its answers describe it.
type Service struct {
	Instance  string       // as its owner wrote it: no escapes, no type
	Host      string       // "iPhone.local"
	Port      uint16       // never 0
	Addresses []netip.Addr // of the host, link-local ones with zone; may be empty
	TXT       []string     // "key=value"; may be empty
}

// Options say what to look for, and where.
type Options struct {
	Type       string            // "_dacp._tcp"
	Interfaces []netif.Interface // to ask on, in each family in which they have an address
	Wait       time.Duration     // for answers; 0 means DefaultWait
	Port       uint16            // 0 means 5353; another only in tests and the demo
}

// Browse returns all services of a type that answer within Wait, in the order of
// their names.
func Browse(ctx context.Context, o Options) ([]Service, error) {
	g, err := o.run(ctx, func(*gathering) (done bool) { return false })
	if err != nil {
		return nil, fmt.Errorf("mdns: query: %w", err)
	}
	return g.services(), nil
}

// Find returns the first service that suits, as soon as its port is known, and
// ErrNotFound if none answers within Wait.
func Find(ctx context.Context, o Options, suits func(Service) bool) (Service, error) {
	found, at := []Service(nil), -1
	_, err := o.run(ctx, func(g *gathering) (done bool) {
		found = g.services()
		at = slices.IndexFunc(found, suits)
		return at >= 0
	})
	switch {
	case err != nil:
		return Service{}, fmt.Errorf("mdns: query: %w", err)
	case at < 0:
		return Service{}, ErrNotFound
	}
	return found[at], nil
}

// run asks until Wait is over or done reports true, which is called with all that
// was gathered after every answer.
func (o Options) run(ctx context.Context, done func(*gathering) bool) (*gathering, error) {
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	if o.Port == 0 {
		o.Port = Port
	}
	g, err := newGathering(o.Type)
	if err != nil {
		return nil, err
	}
	sockets, err := openAll(ctx, o.Interfaces, o.Port)
	if err != nil {
		return nil, err
	}
	listening, stop := context.WithTimeout(ctx, o.Wait)
	responseC := make(chan response)
	var readers errgroup.Group
	for _, s := range sockets {
		readers.Go(func() error { return s.read(listening, responseC) })
	}
	err = talk(listening, sockets, g, responseC, done)
	stop()
	return g, errors.Join(err, readers.Wait(), closeAll(sockets), ctx.Err())
}

// talk asks and gathers answers until ctx ends or done reports true.
func talk(ctx context.Context, sockets []*socket, g *gathering, responseC <-chan response, done func(*gathering) bool) error {
	if err := askAll(sockets, g.questions()); err != nil {
		return err
	}
	pause := firstPause
	again := time.NewTimer(pause)
	defer again.Stop()
	for {
		var due []dns.Question
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
			due = g.questions()
			pause *= 2
			again.Reset(pause)
		case r := <-responseC:
			g.add(r.message, r.zone)
			if done(g) {
				return nil
			}
			due = g.followUps()
		}
		if err := askAll(sockets, due); err != nil {
			return err
		}
	}
}
