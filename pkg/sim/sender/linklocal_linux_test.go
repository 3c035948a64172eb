package sender_test

import (
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
)

// namespaceMark tells a test process that it runs in a namespace of its own.
const namespaceMark = "BREEZEWAY_TEST_NAMESPACE"

// inNamespace runs the calling test again in a process with a network namespace
// of its own, and reports whether this is that process.
func inNamespace(t *testing.T) bool {
	t.Helper()
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

// fix brings a network interface up, with one address that is fit for use at
// once.
func fix(t *testing.T, name, addr string) {
	t.Helper()
	link, err := netlink.LinkByName(name)
	must(t, err)
	a, err := netlink.ParseAddr(addr)
	must(t, err)
	if a.IP.To4() == nil {
		a.Flags = unix.IFA_F_NODAD
	}
	must(t, netlink.LinkSetUp(link))
	must(t, netlink.AddrAdd(link, a))
}

// phoneHost is a host at the far end of a cable, which is called wlan0 there
// and lan0 here. Both have link-local addresses alone.
func phoneHost(t *testing.T) (there func(func())) {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	home, err := netns.Get()
	must(t, err)
	away, err := netns.New()
	must(t, err)
	other := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "other0"}, PeerName: "other1"}
	must(t, netlink.LinkAdd(other)) // so that wlan0 and lan0 have not one number
	must(t, netns.Set(home))
	there = func(f func()) {
		must(t, netns.Set(away))
		defer func() { must(t, netns.Set(home)) }()
		f()
	}
	must(t, netlink.LinkAdd(&netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: "lan0"}, PeerName: "wlan0", PeerNamespace: netlink.NsFd(away),
	}))
	fix(t, "lan0", "fe80::1/64")
	there(func() { fix(t, "wlan0", "fe80::2/64") })
	return there
}

// TestLinkLocalSender plays over IPv6 from a host that is known by an address
// which means nothing without the interface's name: RTSP, the proof of the
// AirPort's key, sound, resends and timing. The same receiver serves IPv4.
func TestLinkLocalSender(t *testing.T) {
	if _, err := os.Stat("/proc/net/if_inet6"); err != nil {
		t.Skip("this kernel has no IPv6")
	}
	if !inNamespace(t) {
		return
	}
	lo, err := netlink.LinkByName("lo")
	must(t, err)
	must(t, netlink.LinkSetUp(lo))
	there := phoneHost(t)
	heard := &listener{packets: map[uint16][]byte{}}
	receiver := raop.New(raop.Options{
		ID: raop.IDFromUDN("uuid:x"), Takeover: raop.TakeoverAlways, Handler: heard, VolumeDB: func() float64 { return 0 },
	})
	must(t, receiver.Listen())
	run(t, receiver.Run)

	s, err := sender.New(sender.Options{
		Addr: netip.AddrPortFrom(netip.MustParseAddr("fe80::1%wlan0"), receiver.Port()), Encryption: sender.EncryptionRSA, Loss: 0.1, Seed: 5,
	})
	must(t, err)
	run(t, s.Run)
	there(func() { must(t, s.Connect(t.Context())) })
	const count = 60
	pcm := ramp(count * sender.DefaultFrameLength)
	must(t, s.Send(t.Context(), pcm))
	fetch(t, heard, 0, count)
	if !slices.Equal(pcm, heard.decode(t, 0, count)) {
		t.Error("want the sound as it was sent, got another")
	}
	if stats := heard.session().Stats(); stats.Foreign != 0 || stats.Packets == 0 {
		t.Errorf("want the sender's packets taken as its own, got %+v", stats)
	}
	// The name of its zone may be that of the other host: this process is both.
	if want, got := "fe80::2", heard.session().Client().Addr.Addr(); got.WithZone("").String() != want || got.Zone() == "" {
		t.Errorf("want a sender at %s with a zone, got %s", want, got)
	}
	if stats := s.Stats(); stats.Resent == 0 || stats.TimingRequests == 0 {
		t.Errorf("want resends and timing, got %+v", stats)
	}

	old, err := sender.New(sender.Options{Addr: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), receiver.Port())})
	must(t, err)
	run(t, old.Run)
	must(t, old.Connect(t.Context()))
}
