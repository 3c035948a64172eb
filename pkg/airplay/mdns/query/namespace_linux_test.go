package query_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
)

// On the real port, in both families, without a route: a link-local address gets
// the zone of its interface, and only the interfaces chosen are asked.
func TestBothFamiliesOnTheRealPort(t *testing.T) {
	t.Parallel()
	if !namespace.Own(t) {
		return
	}
	namespace.Cable(t, namespace.End{Name: "lan0", Addr: "10.1.0.1/24"}, namespace.End{Name: "far-lan0"})
	namespace.Cable(t, namespace.End{Name: "lan1", Addr: "10.2.0.1/24"}, namespace.End{Name: "far-lan1"})
	on := func(name string, family func(netip.Addr) bool) []netif.Interface {
		all, err := netif.List()
		must(t, err)
		list := netif.Select(all, []string{name})
		for i := range list {
			list[i].Prefixes = slices.DeleteFunc(list[i].Prefixes, func(p netip.Prefix) bool { return !family(p.Addr()) })
		}
		return list
	}
	both := func(netip.Addr) bool { return true }
	deadline := time.After(patience)
	for {
		if list := on("lan0", netip.Addr.Is6); len(list) == 1 && len(list[0].Prefixes) == 1 {
			break
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			t.Fatal("the IPv6 address does not become fit for use")
		}
	}
	announce(t, func() []netif.Interface { return on("lan0", both) }, query.Port,
		mdns.Service{Instance: phoneID, Type: remoteType, Port: 49155})
	for name, family := range map[string]func(netip.Addr) bool{"IPv4": netip.Addr.Is4, "IPv6": netip.Addr.Is6, "both": both} {
		got, err := query.Browse(t.Context(), query.Options{Type: remoteType, Interfaces: on("lan0", family), Wait: time.Second})
		must(t, err)
		if len(got) != 1 || len(got[0].Addresses) != 2 || got[0].Addresses[0].String() != "10.1.0.1" || got[0].Addresses[1].Zone() != "lan0" {
			t.Errorf("%s: want the phone with two addresses, got %+v", name, got)
		}
	}
	got, err := query.Browse(t.Context(), query.Options{Type: remoteType, Interfaces: on("lan1", both), Wait: time.Second})
	must(t, err)
	if len(got) != 0 {
		t.Errorf("on the other cable: want nobody, got %+v", got)
	}
}
