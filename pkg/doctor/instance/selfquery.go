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
// the instance's speakers, as senders do, over each interface and address family by
// itself. The questions leave from ephemeral ports, whoever has 5353.
func (n *Instance) SelfQuery(interfaces func() []netif.Interface) func(context.Context) []doctor.Hearing {
	return func(ctx context.Context) []doctor.Hearing {
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
		hearings := make([]doctor.Hearing, len(ways))
		var group errgroup.Group
		for at, way := range ways {
			group.Go(func() error {
				hearings[at] = listen(ctx, way, ids)
				return nil
			})
		}
		_ = group.Wait() // what failed is in hearings
		return hearings
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

// listen asks over an interface that has addresses of one family for a speaker of
// one of the ids.
func listen(ctx context.Context, way netif.Interface, ids map[string]bool) doctor.Hearing {
	h := doctor.Hearing{Way: "IPv4 on " + way.Name, IPv6: way.Prefixes[0].Addr().Is6()}
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
