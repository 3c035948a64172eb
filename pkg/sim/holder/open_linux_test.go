package holder_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/sim/holder"
)

// The host of these tests has loopback alone.
var (
	host   = netip.MustParseAddr("127.0.0.1")
	groups = map[uint16]netip.Addr{
		1900: netip.MustParseAddr("239.255.255.250"),
		5353: netip.MustParseAddr("224.0.0.251"),
	}
)

// inNamespace puts a test without subtests into a network namespace of its own
// for good: its thread ends with it.
func inNamespace(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
	runtime.LockOSThread()
	ns, err := netns.New()
	if err != nil {
		t.Skip("network namespaces do not work here:", err)
	}
	t.Cleanup(func() { _ = ns.Close() })
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// open binds until the test ends.
func open(t *testing.T, w holder.Binding, port uint16) net.PacketConn {
	t.Helper()
	conn, err := w.Open(port)
	if errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Skip("no IPv6 here")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // nothing was written
	return conn
}

// What a Way says of others is what the kernel says.
func TestSharing(t *testing.T) {
	for port, group := range groups {
		for _, w := range holder.Bindings(host, group) {
			t.Run(fmt.Sprint(port, " ", w.Name), func(t *testing.T) {
				inNamespace(t)
				open(t, w, port)
				for _, c := range []struct {
					beside netip.Addr
					want   bool
				}{{group, w.SharesGroup}, {netip.IPv4Unspecified(), w.SharesAny}, {netip.IPv6Unspecified(), w.SharesIPv6}} {
					polite := holder.Binding{Name: "polite", Addr: c.beside, ReuseAddr: true, ReusePort: true, V6Only: true}
					conn, err := polite.Open(port)
					if err == nil {
						_ = conn.Close() // nothing was written
					}
					if got := err == nil; got != c.want || err != nil && !errors.Is(err, syscall.EADDRINUSE) {
						t.Errorf("on %v: want shared=%v, got %v", c.beside, c.want, err)
					}
				}
			})
		}
	}
}

func TestUnicast(t *testing.T) {
	for _, w := range holder.Bindings(host, groups[1900]) {
		t.Run(w.Name, func(t *testing.T) {
			inNamespace(t)
			held := open(t, w, 1900)
			from, err := net.Dial("udp4", "127.0.0.1:1900")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = from.Close() }()
			// A datagram that nobody takes comes back as an error of the next write.
			_, err = from.Write([]byte("M-SEARCH"))
			if err == nil {
				_, err = from.Write([]byte("M-SEARCH"))
			}
			if got := err == nil; got != w.TakesUnicast {
				t.Errorf("want taken=%v, got %v", w.TakesUnicast, err)
			}
			if !w.TakesUnicast {
				return
			}
			if n, _, err := held.ReadFrom(make([]byte, 64)); err != nil || n != len("M-SEARCH") {
				t.Errorf("want the datagram at the holder, got %d bytes, %v", n, err)
			}
		})
	}
}

// The kernel shows whose socket it is.
func TestOtherUser(t *testing.T) {
	inNamespace(t)
	w := holder.Bindings(host, groups[1900])[3]
	open(t, w, 1900)
	const uidColumn = 7
	table, err := os.ReadFile("/proc/thread-self/net/udp")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(table)), "\n")
	if fields := strings.Fields(rows[len(rows)-1]); len(rows) != 2 || fields[uidColumn] != "65534" {
		t.Errorf("want one socket, of user 65534, got %q", rows[1:])
	}
	if uid, err := unix.SetfsuidRetUid(-1); err != nil || uid != os.Geteuid() {
		t.Errorf("want this thread to be user %d again, got %d, %v", os.Geteuid(), uid, err)
	}
}
