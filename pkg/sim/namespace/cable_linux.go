package namespace

import (
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// An End of a cable is an interface that is up, with an address and the length
// of its prefix ("10.1.0.1/24"); "" for none.
type End struct{ Name, Addr string }

// Cable lays a cable of which both ends are in this namespace.
func Cable(t testing.TB, a, b End) {
	t.Helper()
	addVeth(t, &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: a.Name}, PeerName: b.Name})
	a.up(t)
	b.up(t)
}

// Unplug deletes an interface of this namespace, and with it both ends of its
// cable.
func Unplug(t testing.TB, name string) {
	t.Helper()
	if err := netlink.LinkDel(link(t, name)); err != nil {
		t.Fatalf("delete %s: %v", name, err)
	}
}

// Up brings an interface of this namespace up. The kernel says in its own time
// that it runs.
func Up(t testing.TB, name string) {
	t.Helper()
	if err := netlink.LinkSetUp(link(t, name)); err != nil {
		t.Fatalf("bring %s up: %v", name, err)
	}
}

// Address gives an interface an address that is fit for use at once: nobody is
// asked whether he has it.
func Address(t testing.TB, name, addr string) {
	t.Helper()
	a, err := netlink.ParseAddr(addr)
	if err != nil {
		t.Fatal(err)
	}
	if a.IP.To4() == nil {
		a.Flags = unix.IFA_F_NODAD
	}
	if err := netlink.AddrAdd(link(t, name), a); err != nil {
		t.Fatalf("give %s the address %s: %v", name, addr, err)
	}
}

func (e End) up(t testing.TB) {
	t.Helper()
	Up(t, e.Name)
	if e.Addr != "" {
		Address(t, e.Name, e.Addr)
	}
}

func addVeth(t testing.TB, cable *netlink.Veth) {
	t.Helper()
	if err := netlink.LinkAdd(cable); err != nil {
		t.Fatalf("lay the cable %s: %v", cable.Name, err)
	}
}

func link(t testing.TB, name string) netlink.Link {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err != nil {
		t.Fatalf("interface %s: %v", name, err)
	}
	return l
}
