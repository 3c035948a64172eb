package netif

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"go.uber.org/goleak"
)

// namespaceMark tells a test process that it runs in a namespace of its own.
const namespaceMark = "BREEZEWAY_TEST_NAMESPACE"

// inNamespace runs the calling test again in a process with a network namespace
// of its own and reports whether this is that process. Only root may.
func inNamespace(t *testing.T) bool {
	if os.Getenv(namespaceMark) == t.Name() {
		return true
	}
	if os.Getuid() != 0 {
		t.Skip("needs root for a network namespace")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), namespaceMark+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Skipf("cannot make a network namespace: %v", err)
	}
	if err != nil {
		t.Errorf("in the namespace: %v\n%s", err, out)
	}
	return false
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// plug makes one end of a cable, with an address, in the namespace.
func plug(t *testing.T, name, addr string) netlink.Link {
	t.Helper()
	cable := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: "far-" + name}
	must(t, netlink.LinkAdd(cable))
	for _, end := range []string{name, "far-" + name} {
		link, err := netlink.LinkByName(end)
		must(t, err)
		must(t, netlink.LinkSetUp(link))
	}
	address(t, cable, addr)
	return cable
}

func address(t *testing.T, link netlink.Link, addr string) {
	t.Helper()
	a, err := netlink.ParseAddr(addr)
	must(t, err)
	must(t, netlink.AddrAdd(link, a))
}

func TestKernelNoticesAreFollowed(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	defer goleak.VerifyNone(t)
	cable := plug(t, "lan0", "10.1.0.1/24")
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
	address(t, cable, "10.1.0.2/24")
	settled("a new address", has("10.1.0.2"))
	far, err := netlink.LinkByName("far-lan0")
	must(t, err)
	must(t, netlink.LinkSetDown(far))
	settled("a pulled cable", func(list []Interface) bool { return len(list) == 0 })
	must(t, netlink.LinkSetUp(far))
	settled("a cable put back", has("10.1.0.1"))
	must(t, netlink.LinkDel(cable))
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
	if !inNamespace(t) {
		return
	}
	plug(t, "lan0", "10.1.0.1/24")
	second := plug(t, "lan1", "10.2.0.1/24")
	first, err := netlink.LinkByName("lan0")
	must(t, err)
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
