package lab

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A Host is a machine on a LAN. Its network interface is eth0; on a second
// segment, eth1.
type Host struct {
	*hostNamespace
	Name   string
	Addr   netip.Addr
	Second netip.Addr // on the second segment; the zero Addr: it is not there
	port   string     // the hub's end of its cable
}

func (l *LAN) addHost(t testing.TB, name string, index int) *Host {
	t.Helper()
	h := &Host{hostNamespace: l.newHostNamespace(t, name), Name: name, Addr: addrOf(index), port: fmt.Sprintf("port%d", index)}
	h.ip(t, "link set lo up")
	h.Plug(t)
	return h
}

// Plug gives the host its eth0: the first one, or another of the same address.
func (h *Host) Plug(t testing.TB) {
	t.Helper()
	h.lan.hub.ip(t, `
		link add %[1]s type veth peer name eth0 netns %[2]d
		link set %[1]s master br0
		link set %[1]s up`, h.port, h.pid())
	// Names and ids are made from the MAC: a fixed one keeps them. The gateway
	// does not exist, but hosts on a real LAN have a default route.
	h.ip(t, `
		link set eth0 address 02:4c:41:42:00:%02x
		addr add %s/24 brd + dev eth0
		link set eth0 up
		route add default via 10.77.0.1`, h.Addr.As4()[3], h.Addr)
}

// Unplug deletes the host's eth0, as a driver or a container engine does.
func (h *Host) Unplug(t testing.TB) {
	t.Helper()
	h.ip(t, "link del eth0")
}

// IP runs commands of ip(8) on the host, one a line.
func (h *Host) IP(t testing.TB, commands string) {
	t.Helper()
	h.ip(t, "%s", commands)
}

// SetLink plugs the host's network cable in or out.
func (h *Host) SetLink(t testing.TB, up bool) {
	t.Helper()
	state := "down"
	if up {
		state = "up"
	}
	h.lan.hub.ip(t, "link set %s %s", h.port, state)
}

// Output runs a program on the host to its end and gives what it printed.
func (h *Host) Output(t testing.TB, args ...string) string {
	t.Helper()
	return h.run(t, "", args...)
}

// Do runs f on a thread in the host's network: sockets that f itself makes, on no
// goroutine of its own, belong there for good. The thread is not used for
// anything else after it.
func (h *Host) Do(f func() error) error {
	errC := make(chan error)
	go func() {
		runtime.LockOSThread()
		errC <- h.enter(f)
	}()
	return <-errC
}

func (h *Host) enter(f func() error) error {
	ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", h.pid()))
	if err != nil {
		return err
	}
	defer func() { _ = ns.Close() }() // read only
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter the network of %s: %w", h.Name, err)
	}
	return f()
}

// Dial connects from the host to an address, which must be numeric.
func (h *Host) Dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	err = h.Do(func() error {
		var d net.Dialer
		conn, err = d.DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

// HTTP is a client on the host.
func (h *Host) HTTP() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: h.Dial, DisableKeepAlives: true}}
}

// HoldUDP binds a UDP port of the host, exclusively, on 0.0.0.0 and on [::], as
// many a media server does. It is held until the test ends.
func (h *Host) HoldUDP(t testing.TB, port uint16) {
	t.Helper()
	for _, network := range []string{"udp4", "udp6"} {
		err := h.Do(func() error {
			held, err := net.ListenUDP(network, &net.UDPAddr{Port: int(port)})
			if err == nil {
				t.Cleanup(func() { _ = held.Close() }) // nothing was written
			}
			return err
		})
		if err != nil {
			t.Fatalf("lab: hold port %d of %s: %v", port, h.Name, err)
		}
	}
}
