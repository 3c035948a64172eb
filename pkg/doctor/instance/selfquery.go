package instance

import (
	"context"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/doctor"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// SelfQuery returns a function for doctor.Options.SelfQuery: it asks the network for
// the instance's speakers, as senders do, separately over each interface and address
// family. The questions are sent from ephemeral ports, so it does not matter which
// program has 5353.
func (n *Instance) SelfQuery(interfaces func() []netif.Interface) func(context.Context) []doctor.SelfQueryResult {
	return func(ctx context.Context) []doctor.SelfQueryResult {
		s, ok := n.find(ctx)
		if !ok || s.MDNS.Services == 0 {
			return nil
		}
		ids := make(map[string]bool)
		for _, speaker := range s.Speakers {
			ids[speaker.ID] = true
		}
		var ways []netif.Interface
		for _, i := range interfaces() {
			ways = append(ways, byFamily(i)...)
		}
		results := make([]doctor.SelfQueryResult, len(ways))
		var group errgroup.Group
		for at, way := range ways {
			group.Go(func() error {
				results[at] = listen(ctx, way, ids)
				return nil
			})
		}
		_ = group.Wait() // errors are in results
		return results
	}
}

// byFamily splits an interface into one with its IPv4 and one with its IPv6
// addresses.
func byFamily(i netif.Interface) []netif.Interface {
	var parts []netif.Interface
	for _, is6 := range []bool{false, true} {
		part := i
		part.Prefixes = nil
		for _, p := range i.Prefixes {
			if p.Addr().Is6() == is6 {
				part.Prefixes = append(part.Prefixes, p)
			}
		}
		if part.Prefixes != nil {
			parts = append(parts, part)
		}
	}
	return parts
}

// listen asks for a speaker with one of the ids, over an interface with addresses of
// one family.
func listen(ctx context.Context, way netif.Interface, ids map[string]bool) doctor.SelfQueryResult {
	h := doctor.SelfQueryResult{Way: "IPv4 on " + way.Name, IPv6: way.Prefixes[0].Addr().Is6()}
	if h.IPv6 {
		h.Way = "IPv6 on " + way.Name
	}
	o := query.Options{Type: "_raop._tcp", Interfaces: []netif.Interface{way}}
	_, h.Err = query.Find(ctx, o, func(s query.Service) bool {
		id, _, _ := strings.Cut(s.Instance, "@")
		return ids[id] && fleet.Announced(s)
	})
	return h
}
