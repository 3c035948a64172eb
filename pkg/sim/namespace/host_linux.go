package namespace

import (
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// A Host is another host: a second namespace of the same process, without interfaces
// but for the ends of its Cables.
type Host struct{ home, away netns.NsHandle }

// NewHost makes one, which is gone when the test ends. The process has a
// namespace of its own.
func NewHost(t testing.TB) *Host {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := netns.Get()
	if err != nil {
		t.Fatal("find this namespace:", err)
	}
	t.Cleanup(func() { _ = home.Close() }) // read only
	away, err := netns.New()
	if err != nil {
		t.Fatal("make a namespace:", err)
	}
	t.Cleanup(func() { _ = away.Close() }) // read only
	enter(t, home)
	return &Host{home, away}
}

// Do runs f on the host: the sockets that f itself makes, on no goroutine of its
// own, belong there for good.
func (h *Host) Do(t testing.TB, f func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	enter(t, h.away)
	defer enter(t, h.home)
	f()
}

// Cable lays a cable from this namespace to the host.
func (h *Host) Cable(t testing.TB, here, there End) {
	t.Helper()
	addVeth(t, &netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: here.Name}, PeerName: there.Name, PeerNamespace: netlink.NsFd(h.away),
	})
	here.up(t)
	h.Do(t, func() { there.up(t) })
}

func enter(t testing.TB, ns netns.NsHandle) {
	t.Helper()
	if err := netns.Set(ns); err != nil {
		t.Fatal("enter a namespace:", err)
	}
}
