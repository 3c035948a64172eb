package namespace_test

import (
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
)

// names are the interfaces of the namespace, with those of their addresses that
// are IPv4.
func names(t *testing.T) (all []string) {
	t.Helper()
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		addrs, err := i.Addrs()
		if err != nil {
			t.Fatal(err)
		}
		name := i.Name
		for _, a := range addrs {
			if strings.Contains(a.String(), ".") {
				name += " " + a.String()
			}
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func wantNames(t *testing.T, want ...string) {
	t.Helper()
	if got := names(t); !slices.Equal(got, want) {
		t.Errorf("want the interfaces %q, got %q", want, got)
	}
}

func TestCables(t *testing.T) {
	if !namespace.Own(t) {
		return
	}
	wantNames(t, "lo 127.0.0.1/8")
	namespace.Cable(t, namespace.End{Name: "lan0", Addr: "10.1.0.1/24"}, namespace.End{Name: "far0"})
	wantNames(t, "far0", "lan0 10.1.0.1/24", "lo 127.0.0.1/8")
	namespace.Address(t, "lan0", "10.1.0.2/24")
	wantNames(t, "far0", "lan0 10.1.0.1/24 10.1.0.2/24", "lo 127.0.0.1/8")
	namespace.Unplug(t, "far0")
	wantNames(t, "lo 127.0.0.1/8")
}

func TestHost(t *testing.T) {
	if !namespace.Own(t) {
		return
	}
	host := namespace.NewHost(t)
	host.Cable(t, namespace.End{Name: "lan0", Addr: "10.1.0.1/24"}, namespace.End{Name: "eth0", Addr: "10.1.0.9/24"})
	wantNames(t, "lan0 10.1.0.1/24", "lo 127.0.0.1/8")
	host.Do(t, func() { wantNames(t, "eth0 10.1.0.9/24", "lo") })
	wantNames(t, "lan0 10.1.0.1/24", "lo 127.0.0.1/8")

	var there net.PacketConn
	host.Do(t, func() {
		var err error
		if there, err = net.ListenPacket("udp4", "10.1.0.9:4000"); err != nil {
			t.Fatal(err)
		}
	})
	defer func() { _ = there.Close() }() // nothing was written
	here, err := net.Dial("udp4", "10.1.0.9:4000")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = here.Close() }()
	if _, err := here.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	heard := make([]byte, 16)
	if n, from, err := there.ReadFrom(heard); err != nil || string(heard[:n]) != "hello" || from.String() != here.LocalAddr().String() {
		t.Errorf("want hello from %v, got %q from %v, %v", here.LocalAddr(), heard[:n], from, err)
	}
}

func TestWithoutCapability(t *testing.T) {
	if !namespace.Own(t, unix.CAP_NET_RAW) {
		return
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		_ = unix.Close(fd) // it should not be
	}
	if !errors.Is(err, unix.EPERM) {
		t.Errorf("want no raw socket without CAP_NET_RAW, got %v", err)
	}
}

// A test that is skipped inside is skipped outside.
func TestSkipInside(t *testing.T) {
	var skipped bool
	t.Run("skip", func(t *testing.T) {
		t.Cleanup(func() { skipped = t.Skipped() })
		if namespace.Own(t) {
			t.Skip("for the sake of the test")
		}
	})
	if !skipped {
		t.Error("want it skipped")
	}
}
