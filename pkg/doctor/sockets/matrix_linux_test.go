package sockets

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// insideVariable marks the test process that has a network namespace of its own,
// holderVariable one that only holds a port there.
const (
	insideVariable = "BREEZEWAY_TEST_INSIDE"
	holderVariable = "BREEZEWAY_TEST_HOLDER"
)

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
	if os.Getenv(insideVariable) != "" {
		furnish(t)
		return true
	}
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM):
		t.Skip("network namespaces do not work here:", err)
	case err != nil:
		t.Fatalf("in the namespace: %v\n%s", err, out)
	}
	t.Logf("in the namespace:\n%s", out)
	return false
}

func furnish(t *testing.T) {
	t.Helper()
	eth0 := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}, PeerName: "lan"}
	if err := netlink.LinkAdd(eth0); err != nil {
		t.Fatal(err)
	}
	lan, err := netlink.LinkByName("lan")
	if err != nil {
		t.Fatal(err)
	}
	address, err := netlink.ParseAddr("10.77.0.2/24")
	if err != nil {
		t.Fatal(err)
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(netlink.AddrAdd(eth0, address), netlink.LinkSetUp(eth0), netlink.LinkSetUp(lan), netlink.LinkSetUp(lo)); err != nil {
		t.Fatal(err)
	}
}

// A bind is how a holder has its port.
type bind struct {
	address string
	options []int // of SOL_SOCKET
	only6   bool
	uid     int
}

// open binds a socket as its user would: a socket belongs to the user of the
// thread that makes it.
func (b bind) open(t *testing.T) *net.UDPConn {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	become(t, b.uid)
	fd, err := b.socket()
	become(t, 0)
	if err != nil {
		t.Fatalf("hold %s: %v", b.address, err)
	}
	file := os.NewFile(uintptr(fd), b.address)
	defer file.Close()
	conn, err := net.FilePacketConn(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // closed before by some
	return conn.(*net.UDPConn)
}

func become(t *testing.T, uid int) {
	t.Helper()
	const keep = ^uintptr(0)
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, keep, uintptr(uid), keep); errno != 0 {
		t.Fatal("setresuid:", errno)
	}
}

func (b bind) socket() (fd int, err error) {
	to := netip.MustParseAddrPort(b.address)
	family, address := unix.AF_INET, unix.Sockaddr(nil)
	if to.Addr().Is4() {
		address = &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	} else {
		family, address = unix.AF_INET6, &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
	}
	if fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return 0, err
	}
	for _, option := range b.options {
		err = errors.Join(err, unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, 1))
	}
	if family == unix.AF_INET6 {
		only := 0
		if b.only6 {
			only = 1
		}
		err = errors.Join(err, unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only))
	}
	return fd, errors.Join(err, unix.Bind(fd, address))
}

var ssdpGroup = netip.MustParseAddrPort("239.255.255.250:1900")

var (
	addr = []int{unix.SO_REUSEADDR}
	port = []int{unix.SO_REUSEPORT}
	both = []int{unix.SO_REUSEADDR, unix.SO_REUSEPORT}
)

// matrix is every way in which programs were seen to hold 1900/UDP.
var matrix = []struct {
	name    string
	holders []bind
	want    Access
}{
	{"none", nil, AccessFree},
	{"exclusive", []bind{{address: "0.0.0.0:1900"}}, AccessExclusive},
	{"SO_REUSEADDR", []bind{{address: "0.0.0.0:1900", options: addr}}, AccessShared},
	{"SO_REUSEPORT, same user", []bind{{address: "0.0.0.0:1900", options: port}}, AccessShared},
	{"SO_REUSEPORT, other user", []bind{{address: "0.0.0.0:1900", options: port, uid: 1234}}, AccessExclusive},
	{"both options", []bind{{address: "0.0.0.0:1900", options: both}}, AccessShared},
	{"both options, other user", []bind{{address: "0.0.0.0:1900", options: both, uid: 1234}}, AccessShared},
	{"exclusive on the host's address", []bind{{address: "10.77.0.2:1900"}}, AccessBeside},
	{"exclusive on the group", []bind{{address: "239.255.255.250:1900"}}, AccessExclusive},
	{"exclusive on both families", []bind{{address: "[::]:1900"}}, AccessExclusive},
	{"exclusive on IPv6 alone", []bind{{address: "[::]:1900", only6: true}}, AccessFree},
	{"several that share", []bind{{address: "0.0.0.0:1900", options: addr}, {address: "0.0.0.0:1900", options: both}}, AccessShared},
	{"docker's pair", []bind{{address: "0.0.0.0:1900"}, {address: "[::]:1900", only6: true}}, AccessExclusive},
}

func TestSurveyMatrix(t *testing.T) {
	if !inside(t) {
		return
	}
	for _, c := range matrix {
		t.Run(c.name, func(t *testing.T) {
			for _, b := range c.holders {
				b.open(t)
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
			for _, b := range c.holders {
				b.open(t)
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

func checkHolders(t *testing.T, want []bind, got []Holder) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("want %d holders, got\n%s", len(want), names(got))
	}
	for _, w := range want {
		found := false
		for _, g := range got {
			found = found || g.Local.String() == w.address && int(g.UID) == w.uid && g.OnlyIPv6 == w.only6 && g.PID == os.Getpid()
		}
		if !found {
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
		holder bind
		want   Access
	}{
		{"IPv4 holder", bind{address: "0.0.0.0:5353"}, AccessFree},
		{"exclusive", bind{address: "[::]:5353", only6: true}, AccessExclusive},
		{"exclusive on both families", bind{address: "[::]:5353"}, AccessExclusive},
		{"shared", bind{address: "[::]:5353", options: both}, AccessShared},
		{"on one address", bind{address: "[::1]:5353"}, AccessBeside},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.holder.open(t)
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
	for _, options := range [][]int{nil, addr, port, both} {
		t.Run(fmt.Sprint(options), func(t *testing.T) {
			held := bind{address: "0.0.0.0:1900", options: options}.open(t)
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
func exchange(t *testing.T, held *net.UDPConn, n int) (got int) {
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
		if _, err := held.Read(buffer); err == nil {
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
