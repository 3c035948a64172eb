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

// A Host is a machine on a LAN. Its network interface is eth0.
type Host struct {
	*holder
	Name string
	Addr netip.Addr
	port string // the hub's end of its cable
}

func (l *LAN) addHost(t testing.TB, name string, index int) *Host {
	t.Helper()
	h := &Host{holder: l.hold(t, name), Name: name, Addr: addrOf(index), port: fmt.Sprintf("port%d", index)}
	l.hub.ip(t, `
		link add %[1]s type veth peer name eth0 netns %[2]d
		link set %[1]s master br0
		link set %[1]s up`, h.port, h.pid())
	// Names and ids are made from the MAC: a fixed one keeps them. The gateway
	// does not exist, but hosts on a real LAN have a default route.
	h.ip(t, `
		link set lo up
		link set eth0 address 02:4c:41:42:00:%02x
		addr add %s/24 brd + dev eth0
		link set eth0 up
		route add default via 10.77.0.1`, firstHost+index, h.Addr)
	return h
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

// do runs f on a thread in the host's network: sockets that f makes belong
// there for good. The thread is not used for anything else after it.
func (h *Host) do(f func() error) error {
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
	err = h.do(func() error {
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
		err := h.do(func() error {
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
