package browse

import (
	"context"
	"encoding/hex"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// Under these types AirPlay speakers announce themselves: AirPlay 2 and 1.
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
	macBytes  = 6
)

// NativeOptions are what a Native needs from outside.
type NativeOptions struct {
	Interfaces func() []netif.Interface // to look on now
	Changes    <-chan struct{}          // a signal when Interfaces would answer differently; may be nil
	Own        func(Service) bool       // reports whether it is one of our own, which do not count; may be nil
	OnChange   func()                   // called after a look that saw another set; may be nil
	Port       uint16                   // 0 means 5353; another only in tests and the demo
	Log        zerolog.Logger
}

// Native knows which hosts of the network speak AirPlay by themselves.
type Native struct {
	options NativeOptions
	browse  func(context.Context, Options) ([]Service, error)
	lookedC chan struct{} // closed after the first look
	failing bool          // the last look did; used by Run alone

	mu   sync.RWMutex // guards seen
	seen map[string]sighting
}

// A sighting is one speaker that answered at one of the last looks.
type sighting struct {
	service Service
	mac     string // six bytes; empty where it tells none
	missed  int    // looks since it answered
}

// NewNative makes a Native that has seen nothing yet.
func NewNative(o NativeOptions) *Native {
	return &Native{options: o, browse: Browse, lookedC: make(chan struct{}), seen: make(map[string]sighting)}
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
		case <-n.lookedC:
		default:
			close(n.lookedC)
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

// Looked is closed after the first look, whatever it saw.
func (n *Native) Looked() <-chan struct{} { return n.lookedC }

// Has reports whether the host with an address speaks AirPlay.
func (n *Native) Has(addr netip.Addr) bool {
	addr = plain(addr)
	return n.any(func(s sighting) bool {
		return slices.ContainsFunc(s.service.Addresses, func(a netip.Addr) bool { return plain(a) == addr })
	})
}

// HasMAC reports whether a speaker with a hardware address speaks AirPlay. It
// knows those that tell theirs, as nearly all do.
func (n *Native) HasMAC(mac net.HardwareAddr) bool {
	return len(mac) == macBytes && n.any(func(s sighting) bool { return s.mac == string(mac) })
}

// Services are the speakers seen, in the order of their names; one that speaks
// both AirPlay 1 and 2 is there twice.
func (n *Native) Services() []Service {
	n.mu.RLock()
	defer n.mu.RUnlock()
	var list []Service
	for _, key := range slices.Sorted(maps.Keys(n.seen)) {
		list = append(list, n.seen[key].service)
	}
	return list
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

// plain is an address as devices that do not know each other's links write it.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// look asks once for both types. What it sees counts only if both could be asked
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
				now[fold(s.Instance)+" "+serviceType] = sighting{service: s, mac: macOf(s)}
			}
		}
	}
	if n.replace(now) && n.options.OnChange != nil {
		n.options.OnChange()
	}
}

// report logs when looking begins to fail, and when it works again.
func (n *Native) report(err error) {
	switch failing := err != nil; {
	case failing && !n.failing:
		n.options.Log.Warn().Err(err).Msg("cannot look for speakers that know AirPlay themselves")
	case !failing && n.failing:
		n.options.Log.Info().Msg("looking for speakers that know AirPlay themselves works again")
	}
	n.failing = err != nil
}

// replace takes in what a look saw, keeps for a while what it missed, and
// reports whether anything is different.
func (n *Native) replace(now map[string]sighting) (changed bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for key, old := range n.seen {
		if _, answered := now[key]; !answered && old.missed < maxMissed && len(now) < 2*maxInstances {
			old.missed++
			now[key] = old
		}
	}
	changed = !maps.EqualFunc(n.seen, now, sighting.sameSpeaker)
	n.seen = now
	return changed
}

// sameSpeaker reports whether both give the same answers to Has and HasMAC.
func (s sighting) sameSpeaker(o sighting) bool {
	return s.mac == o.mac && slices.Equal(s.service.Addresses, o.service.Addresses)
}

// macOf is the hardware address that a speaker tells: in deviceid, or before the
// '@' of an AirPlay 1 name. Empty where it tells none.
func macOf(s Service) string {
	text, _, found := strings.Cut(s.Instance, "@")
	if !found {
		text = ""
	}
	for _, entry := range s.TXT {
		if key, value, _ := strings.Cut(entry, "="); strings.EqualFold(key, "deviceid") {
			text = strings.ReplaceAll(value, ":", "")
		}
	}
	mac, err := hex.DecodeString(text)
	if err != nil || len(mac) != macBytes {
		return ""
	}
	return string(mac)
}
