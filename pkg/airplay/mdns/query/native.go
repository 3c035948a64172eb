package query

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// AirPlay speakers announce themselves under these types, AirPlay 2 and 1.
const (
	airplayType = "_airplay._tcp"
	raopType    = "_raop._tcp"
)

const (
	// The second look follows soon, for those that the first did not reach.
	secondLook   = 10 * time.Second
	lookInterval = 5 * time.Minute
	// maxMissed is how many looks in a row a speaker may be silent: phones and
	// speakers on Wi-Fi miss multicast now and then.
	maxMissed = 2
)

// NativeOptions are what Native needs from outside.
type NativeOptions struct {
	Interfaces func() []netif.Interface // to look on now
	Changes    <-chan struct{}          // a signal when Interfaces would answer differently; may be nil
	Own        func(Service) bool       // reports whether it is one of our own, which do not count; may be nil
	Port       uint16                   // 0 means 5353; another only in tests and the demo
	Log        zerolog.Logger
}

// Native knows the speakers of the network that support AirPlay themselves, so
// that they need no bridge.
type Native struct {
	options NativeOptions
	browse  func(context.Context, Options) ([]Service, error)
	failing bool // the last look did; used by Run alone

	mu   sync.RWMutex // guards seen
	seen map[string]sighting
}

// A sighting is one speaker that answered at one of the last looks.
type sighting struct {
	service Service
	missed  int // looks since it answered
}

// NewNative makes a Native that knows no speaker yet.
func NewNative(o NativeOptions) *Native {
	return &Native{options: o, browse: Browse, seen: make(map[string]sighting)}
}

// Run looks again and again until ctx ends.
func (n *Native) Run(ctx context.Context) error {
	pause := secondLook
	for {
		n.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-n.options.Changes:
			pause = secondLook
		case <-time.After(pause):
			pause = lookInterval
		}
	}
}

// Has reports whether the host with this address supports AirPlay.
func (n *Native) Has(addr netip.Addr) bool {
	addr = plain(addr)
	return n.any(func(s sighting) bool {
		return slices.ContainsFunc(s.service.Addresses, func(a netip.Addr) bool { return plain(a) == addr })
	})
}

func (n *Native) any(suits func(sighting) bool) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, s := range n.seen {
		if suits(s) {
			return true
		}
	}
	return false
}

// plain is an address without its zone, which means nothing to other hosts.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// look asks once for both types. The result counts only if both could be asked
// for.
func (n *Native) look(ctx context.Context) {
	var found [2][]Service
	types := [...]string{airplayType, raopType}
	looks, looking := errgroup.WithContext(ctx)
	for at, serviceType := range types {
		looks.Go(func() (err error) {
			found[at], err = n.browse(looking, Options{Type: serviceType, Interfaces: n.options.Interfaces(), Port: n.options.Port})
			return err
		})
	}
	err := looks.Wait()
	if ctx.Err() != nil {
		return
	}
	n.report(err)
	if err != nil {
		return
	}
	now := make(map[string]sighting)
	for at, serviceType := range types {
		for _, s := range found[at] {
			if n.options.Own == nil || !n.options.Own(s) {
				now[fold(s.Instance)+" "+serviceType] = sighting{service: s}
			}
		}
	}
	n.replace(now)
}

// report logs when looking begins to fail, and when it works again.
func (n *Native) report(err error) {
	switch failing := err != nil; {
	case failing && !n.failing:
		n.options.Log.Warn().Err(err).Msg("cannot look for speakers that support AirPlay themselves")
	case !failing && n.failing:
		n.options.Log.Info().Msg("looking for speakers that support AirPlay themselves works again")
	}
	n.failing = err != nil
}

// replace takes in what a look saw, and keeps for a while what it missed.
func (n *Native) replace(now map[string]sighting) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for key, old := range n.seen {
		if _, answered := now[key]; !answered && old.missed < maxMissed && len(now) < 2*maxInstances {
			old.missed++
			now[key] = old
		}
	}
	n.seen = now
}
