package sockets

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/holder"
	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
)

// holderVariable marks a process that only holds a port.
const holderVariable = "BREEZEWAY_TEST_HOLDER"

func TestMain(m *testing.M) {
	if os.Getenv(holderVariable) != "" {
		os.Exit(holdForParent())
	}
	os.Exit(m.Run())
}

// inside runs the calling test again in a network namespace of its own with the
// interface eth0 at 10.77.0.2, and reports whether this is that run.
func inside(t *testing.T) bool {
	t.Helper()
	if !namespace.Own(t) {
		return false
	}
	namespace.Cable(t, namespace.End{Name: "eth0", Addr: "10.77.0.2/24"}, namespace.End{Name: "lan"})
	return true
}

// hold has a program hold a port until the test ends.
func hold(t *testing.T, w holder.Binding, port uint16) net.PacketConn {
	t.Helper()
	conn, err := w.Open(port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // nothing was written
	return conn
}

var ssdpGroup = netip.MustParseAddrPort("239.255.255.250:1900")

var (
	any4, any6 = netip.IPv4Unspecified(), netip.IPv6Unspecified()

	addr = holder.Binding{Name: "SO_REUSEADDR", Addr: any4, ReuseAddr: true}
	port = holder.Binding{Name: "SO_REUSEPORT", Addr: any4, ReusePort: true}
	both = holder.Binding{Name: "both options", Addr: any4, ReuseAddr: true, ReusePort: true}
)

// nobody is the other user.
const nobody = 65534

// matrix is every way in which programs were seen to hold 1900/UDP.
var matrix = []struct {
	name    string
	holders []holder.Binding
	want    Access
}{
	{"none", nil, AccessFree},
	{"exclusive", []holder.Binding{holder.Exclusive}, AccessExclusive},
	{"SO_REUSEADDR", []holder.Binding{addr}, AccessShared},
	{"SO_REUSEPORT, same user", []holder.Binding{port}, AccessShared},
	{"SO_REUSEPORT, other user", []holder.Binding{{Addr: any4, ReusePort: true, OtherUser: true}}, AccessExclusive},
	{"both options", []holder.Binding{both}, AccessShared},
	{"both options, other user", []holder.Binding{{Addr: any4, ReuseAddr: true, ReusePort: true, OtherUser: true}}, AccessShared},
	{"exclusive on the host's address", []holder.Binding{{Addr: netip.MustParseAddr("10.77.0.2")}}, AccessBeside},
	{"exclusive on the group", []holder.Binding{{Addr: ssdpGroup.Addr()}}, AccessExclusive},
	{"exclusive on both families", []holder.Binding{{Addr: any6}}, AccessExclusive},
	{"exclusive on IPv6 alone", []holder.Binding{{Addr: any6, V6Only: true}}, AccessFree},
	{"several that share", []holder.Binding{addr, both}, AccessShared},
	{"docker's pair", []holder.Binding{holder.Exclusive, {Addr: any6, V6Only: true}}, AccessExclusive},
}

func TestSurveyMatrix(t *testing.T) {
	if !inside(t) {
		return
	}
	for _, c := range matrix {
		t.Run(c.name, func(t *testing.T) {
			for _, w := range c.holders {
				hold(t, w, ssdpGroup.Port())
			}
			table, err := Read()
			if err != nil || table.Blind != nil {
				t.Fatal(err, table.Blind)
			}
			got, err := table.Survey(ssdpGroup, 0)
			if err != nil || got.Access != c.want {
				t.Errorf("want %v, got %v, %v", c.want, got.Access, err)
			}
			checkHolders(t, c.holders, table.On(UDP, 1900))
		})
		t.Run(c.name+", the kernel silent", func(t *testing.T) {
			for _, w := range c.holders {
				hold(t, w, ssdpGroup.Port())
			}
			table := withoutDetails(t)
			if got, err := table.Survey(ssdpGroup, 0); err != nil || got.Access != c.want {
				t.Errorf("want %v, got %v, %v", c.want, got.Access, err)
			}
		})
	}
}

func withoutDetails(t *testing.T) *Table {
	t.Helper()
	table, err := source{
		proc:    "/proc",
		diag:    func() (map[uint64]detail, error) { return nil, nil },
		cgroups: findGroups,
	}.read()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func checkHolders(t *testing.T, want []holder.Binding, got []Holder) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("want %d holders, got\n%s", len(want), names(got))
	}
	for _, w := range want {
		local, uid := netip.AddrPortFrom(w.Addr, ssdpGroup.Port()), uint32(0)
		if w.OtherUser {
			uid = nobody
		}
		if !slices.ContainsFunc(got, func(g Holder) bool {
			return g.Local == local && g.UID == uid && g.OnlyIPv6 == w.V6Only && g.PID == os.Getpid()
		}) {
			t.Errorf("want %+v among\n%s", w, names(got))
		}
	}
}

func TestSurveyIPv6(t *testing.T) {
	if !inside(t) {
		return
	}
	group := netip.MustParseAddrPort("[ff02::fb]:5353")
	eth0, err := net.InterfaceByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		holder holder.Binding
		want   Access
	}{
		{"IPv4 holder", holder.Exclusive, AccessFree},
		{"exclusive", holder.Binding{Addr: any6, V6Only: true}, AccessExclusive},
		{"exclusive on both families", holder.Binding{Addr: any6}, AccessExclusive},
		{"shared", holder.Binding{Addr: any6, ReuseAddr: true, ReusePort: true}, AccessShared},
		{"on one address", holder.Binding{Addr: netip.IPv6Loopback()}, AccessBeside},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			hold(t, c.holder, group.Port())
			table, err := Read()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := table.Survey(group, eth0.Index); err != nil || got.Access != c.want {
				t.Errorf("want %v, got %v, %v", c.want, got.Access, err)
			}
		})
	}
}

// A holder must get every unicast datagram, however often the port is surveyed.
func TestSurveyStealsNothing(t *testing.T) {
	if !inside(t) {
		return
	}
	for _, w := range []holder.Binding{holder.Exclusive, addr, port, both} {
		t.Run(w.Name, func(t *testing.T) {
			held := hold(t, w, ssdpGroup.Port())
			table := withoutDetails(t)
			done := make(chan struct{})
			surveyed := make(chan int)
			go func() {
				surveyed <- surveyUntil(t, table, done)
			}()
			const sent = 2000
			got := exchange(t, held, sent)
			close(done)
			if rounds := <-surveyed; got != sent || rounds < 10 {
				t.Errorf("want %d datagrams and many surveys, got %d and %d", sent, got, rounds)
			}
		})
	}
}

// surveyUntil surveys again and again, and counts it.
func surveyUntil(t *testing.T, table *Table, done <-chan struct{}) (rounds int) {
	for {
		select {
		case <-done:
			return rounds
		default:
			if _, err := table.Survey(ssdpGroup, 0); err != nil {
				t.Error(err)
			}
			rounds++
		}
	}
}

// exchange sends n datagrams to port 1900, one after the other, and counts what
// the holder gets.
func exchange(t *testing.T, held net.PacketConn, n int) (got int) {
	t.Helper()
	conn, err := net.Dial("udp4", "10.77.0.2:1900")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	buffer := make([]byte, 64)
	for range n {
		if _, err := conn.Write([]byte("M-SEARCH")); err != nil {
			t.Fatal(err)
		}
		if err := held.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := held.ReadFrom(buffer); err == nil {
			got++
		}
	}
	return got
}

// holdForParent is another program that has 1900/UDP until its input ends.
func holdForParent() int {
	conn, err := net.ListenPacket("udp4", "0.0.0.0:1900")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("held")
	_, _ = os.Stdin.Read(make([]byte, 1)) // the end of it is all that counts
	_ = conn.Close()                      // nothing was written
	return 0
}

func TestHolderOfAnotherProcess(t *testing.T) {
	if !inside(t) {
		return
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), holderVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread() // the signal comes when this thread ends
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 64)
	n, err := out.Read(line)
	if err != nil || string(line[:n]) != "held\n" {
		t.Fatalf("holder says %q, %v", line[:n], err)
	}
	table, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	holders := table.On(UDP, 1900)
	if len(holders) != 1 || holders[0].PID != cmd.Process.Pid || !strings.HasPrefix(holders[0].Command, "exe") {
		t.Errorf("want one holder with pid %d, got %s", cmd.Process.Pid, names(holders))
	}
	if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
		t.Error(err)
	}
}
