package netif

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"go.uber.org/goleak"

	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// plug makes one end of a cable, with an address.
func plug(t *testing.T, name, addr string) netlink.Link {
	t.Helper()
	namespace.Cable(t, namespace.End{Name: name, Addr: addr}, namespace.End{Name: "far-" + name})
	link, err := netlink.LinkByName(name)
	must(t, err)
	return link
}

func TestKernelNoticesAreFollowed(t *testing.T) {
	if !namespace.Own(t) {
		return
	}
	defer goleak.VerifyNone(t)
	plug(t, "lan0", "10.1.0.1/24")
	w := NewWatcher([]string{"lan*"})
	changeC, end := w.Subscribe()
	defer end()
	ctx, cancel := context.WithCancel(t.Context())
	endC := make(chan error, 1)
	go func() { endC <- w.Run(ctx) }()

	settled := func(what string, want func([]Interface) bool) {
		t.Helper()
		deadline := time.After(pollInterval - time.Second) // so that it was a notice, no poll
		for !want(w.Current()) {
			select {
			case <-changeC:
			case <-deadline:
				t.Fatalf("%s was not noticed: %+v", what, w.Current())
			}
		}
	}
	has := func(addr string) func([]Interface) bool {
		return func(list []Interface) bool {
			return slices.ContainsFunc(list, func(i Interface) bool { return i.Has(netip.MustParseAddr(addr)) })
		}
	}
	settled("the first look", has("10.1.0.1"))
	index := w.Current()[0].Index
	namespace.Address(t, "lan0", "10.1.0.2/24")
	settled("a new address", has("10.1.0.2"))
	far, err := netlink.LinkByName("far-lan0")
	must(t, err)
	must(t, netlink.LinkSetDown(far))
	settled("a pulled cable", func(list []Interface) bool { return len(list) == 0 })
	namespace.Up(t, "far-lan0")
	settled("a cable put back", has("10.1.0.1"))
	namespace.Unplug(t, "lan0")
	settled("a deleted interface", func(list []Interface) bool { return len(list) == 0 })
	plug(t, "lan0", "10.1.0.3/24")
	settled("a recreated interface", has("10.1.0.3"))
	if w.Current()[0].Index == index {
		t.Error("the recreated interface has the index of the old one")
	}
	cancel()
	must(t, <-endC)
}

func TestDefaultRouteAndUnfitAddresses(t *testing.T) {
	if !namespace.Own(t) {
		return
	}
	first := plug(t, "lan0", "10.1.0.1/24")
	second := plug(t, "lan1", "10.2.0.1/24")
	route := func(link netlink.Link, via string, metric int) {
		must(t, netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: net.ParseIP(via), Priority: metric}))
	}
	route(first, "10.1.0.254", 600)
	route(second, "10.2.0.254", 100)
	old, err := netlink.ParseAddr("fd00:2::1/64")
	must(t, err)
	old.PreferedLft, old.ValidLft, old.Flags = 0, 3600, syscall.IFA_F_NODAD // deprecated at once
	must(t, netlink.AddrAdd(second, old))

	var picked []Interface
	for deadline := time.Now().Add(5 * time.Second); len(picked) < 2 && time.Now().Before(deadline); runtime.Gosched() {
		all, err := List() // the kernel brings a link up in its own time
		must(t, err)
		picked = Select(all, []string{"lan*"})
	}
	if len(picked) != 2 || picked[0].Name != "lan1" || !picked[0].Default || picked[1].Default {
		t.Errorf("want lan1 with the default route, then lan0; got %+v", picked)
	}
	if picked[0].Has(netip.MustParseAddr("fd00:2::1")) {
		t.Errorf("a deprecated address is listed: %+v", picked[0])
	}
}
