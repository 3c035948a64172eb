package browse

import (
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// namespaceMark tells a test process that it runs in a namespace of its own.
const namespaceMark = "BREEZEWAY_TEST_NAMESPACE"

// inNamespace runs the calling test again in a process with a network namespace
// of its own, and reports whether this is that process. Only root may.
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

// plug makes a cable with an address at one end.
func plug(t *testing.T, name, addr string) {
	t.Helper()
	must(t, netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: "far-" + name}))
	for _, end := range []string{name, "far-" + name} {
		link, err := netlink.LinkByName(end)
		must(t, err)
		must(t, netlink.LinkSetUp(link))
		if end == name {
			a, err := netlink.ParseAddr(addr)
			must(t, err)
			must(t, netlink.AddrAdd(link, a))
		}
	}
}

// On the real port, in both families, without a route: a link-local address gets
// the zone of its interface, and only the interfaces chosen are asked.
func TestBothFamiliesOnTheRealPort(t *testing.T) {
	t.Parallel()
	if !inNamespace(t) {
		return
	}
	lo, err := netlink.LinkByName("lo") // the way to our own addresses
	must(t, err)
	must(t, netlink.LinkSetUp(lo))
	plug(t, "lan0", "10.1.0.1/24")
	plug(t, "lan1", "10.2.0.1/24")
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
	announce(t, func() []netif.Interface { return on("lan0", both) }, Port,
		mdns.Service{Instance: phoneID, Type: remoteType, Port: 49155})
	for name, family := range map[string]func(netip.Addr) bool{"IPv4": netip.Addr.Is4, "IPv6": netip.Addr.Is6, "both": both} {
		got, err := Browse(t.Context(), Options{Type: remoteType, Interfaces: on("lan0", family), Wait: time.Second})
		must(t, err)
		if len(got) != 1 || len(got[0].Addresses) != 2 || got[0].Addresses[0].String() != "10.1.0.1" || got[0].Addresses[1].Zone() != "lan0" {
			t.Errorf("%s: want the phone with two addresses, got %+v", name, got)
		}
	}
	got, err := Browse(t.Context(), Options{Type: remoteType, Interfaces: on("lan1", both), Wait: time.Second})
	must(t, err)
	if len(got) != 0 {
		t.Errorf("on the other cable: want nobody, got %+v", got)
	}
}
