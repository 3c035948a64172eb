package doctor

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// holderVariable marks a process that plays another program.
const holderVariable = "BREEZEWAY_TEST_HOLDER"

// namespacesAtOnce is how many tests run side by side: they mostly wait.
const namespacesAtOnce = "12"

func TestMain(m *testing.M) {
	if play := holderPrograms[os.Getenv(holderVariable)]; play != nil {
		if err := play(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin) // until the test closes it
		os.Exit(0)
	}
	flag.Parse()
	if err := flag.Set("test.parallel", namespacesAtOnce); err != nil {
		panic(err) // the testing package has no such flag any more
	}
	goleak.VerifyTestMain(m)
}

// inside runs the calling test again in a network namespace of its own with the
// interface eth0 at 10.77.0.2 and a bridge, as a host of containers has one, and
// reports whether this is that run.
func inside(t *testing.T) bool {
	t.Helper()
	t.Parallel() // they mostly wait
	if !namespace.Own(t) {
		return false
	}
	namespace.Cable(t, namespace.End{Name: "eth0", Addr: "10.77.0.2/24"}, namespace.End{Name: "lan"})
	eth0, err := netlink.LinkByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	docker0 := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "docker0"}}
	route := &netlink.Route{LinkIndex: eth0.Attrs().Index, Gw: net.IPv4(10, 77, 0, 1)}
	if err := errors.Join(netlink.LinkAdd(docker0), netlink.RouteAdd(route)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "eth0 is not up", func() bool { return len(interfaces(t)()) > 0 })
	return true
}

// eventually waits until done reports true, and fails with what after a while.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatal(what)
		case <-tick.C:
			// Look again
		}
	}
}

// finding looks for a finding by the beginning of its name.
func finding(t *testing.T, findings []Finding, name string) Finding {
	t.Helper()
	if f, ok := search(findings, name); ok {
		return f
	}
	t.Fatalf("no finding %q in %s", name, shape(findings))
	return Finding{}
}

func search(findings []Finding, name string) (Finding, bool) {
	for _, f := range findings {
		if strings.HasPrefix(f.Name, name) {
			return f, true
		}
		if below, ok := search(f.Below, name); ok {
			return below, true
		}
	}
	return Finding{}, false
}

// awaitHolder waits until somebody has a UDP port: daemons bind when they like.
func awaitHolder(t *testing.T, port uint16) {
	t.Helper()
	eventually(t, fmt.Sprintf("nobody has port %d", port), func() bool {
		table, err := sockets.Read()
		if err != nil {
			t.Fatal(err)
		}
		return len(table.On(sockets.UDP, port)) > 0
	})
}

var ours = []Ports{
	{Purpose: "streams and events", Variable: "BREEZEWAY_HTTP_PORT", Protocol: sockets.TCP, PortRange: settings.PortRange{First: 7700, Last: 7719}, Needed: 1},
	{Purpose: "sound", Variable: "BREEZEWAY_UDP_PORTS", Protocol: sockets.UDP, PortRange: settings.PortRange{First: 7820, Last: 7919}, Needed: 3},
}

func TestPlexOnTheHost(t *testing.T) {
	if !inside(t) {
		return
	}
	holderProgram(t, "plex")
	report := Run(t.Context(), Options{Ports: ours})
	want{Note, "held by a program that does not share it; Plex DLNA Serve (pid", "finds every speaker and plays", []string{"DLNA server", "SUBNET=10.77.0.0/24\nGATEWAY=10.77.0.1"}}.
		check(t, finding(t, report.Findings, "1900/UDP").Result)
	seen := finding(t, report.Findings, "1900/UDP").Seen
	if !contains(seen, `this is Plex Media Server: it answers as "UPnP/1.0 DLNADOC/1.50 Platinum/1.0.5.13"`) {
		t.Errorf("want Plex known by its answer, got %q", seen)
	}
	want{OK, "taken by others on this host: 1900/UDP (DLNA), 32469/TCP (DLNA)", "", nil}.check(t, finding(t, report.Findings, "ports of Plex").Result)
	if report.ExitCode() != 0 {
		t.Errorf("want no failure by a held 1900, got %s", shape(report.Findings))
	}
}

func TestPublishedPort(t *testing.T) {
	if !inside(t) {
		return
	}
	holderProgram(t, "docker-proxy")
	report := Run(t.Context(), Options{Ports: ours})
	want{Note, "this is docker-proxy", "", []string{"docker ps --filter publish=1900/udp"}}.check(t, finding(t, report.Findings, "1900/UDP").Result)
}

// Plex in a container that publishes 1900/UDP: both are named, by root and from a
// container alike, which does not see the process.
func TestPlexBehindPublishedPort(t *testing.T) {
	if !inside(t) {
		return
	}
	holderProgram(t, "plex behind docker-proxy")
	hidden := hostProbes()
	hidden.table = func() (*sockets.Table, error) {
		table, err := sockets.Read()
		if err != nil {
			return nil, err
		}
		var holders []sockets.Holder
		for _, h := range table.On(sockets.UDP, ssdpPort) {
			holders = append(holders, sockets.Holder{Protocol: h.Protocol, Local: h.Local, OnlyIPv6: h.OnlyIPv6, UID: h.UID})
		}
		return sockets.NewTable(holders...), nil
	}
	for name, p := range map[string]probes{"seen": hostProbes(), "hidden": hidden} {
		got := newExam(Options{}, p).ssdp.check(t.Context())
		want{Note, "this is docker-proxy", "This does not matter", []string{`"1900:1900/udp"`, "docker ps --filter publish=1900/udp", "grep -wF 172.17.0.2"}}.check(t, got)
		if !contains(got.Seen, "this is Plex Media Server: it answers as") {
			t.Errorf("%s: want Plex as well, got %q", name, got.Seen)
		}
		for _, step := range got.Do {
			if contains(step.Text, "in Plex under Settings") {
				t.Errorf("%s: want no step that frees nothing, got %q", name, step.Text)
			}
		}
	}
}

func TestMiniDLNA(t *testing.T) {
	program, err := exec.LookPath("minidlnad")
	if err != nil {
		t.Skip("minidlnad (Debian: minidlna) is not installed")
	}
	if !inside(t) {
		return
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "minidlna.conf")
	text := fmt.Sprintf("media_dir=%[1]s\ndb_dir=%[1]s/db\nlog_dir=%[1]s\nnetwork_interface=eth0\nport=8200\ninotify=no\n", dir)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	start(t, exec.Command(program, "-S", "-f", config, "-P", filepath.Join(dir, "pid")), "")
	awaitHolder(t, ssdpPort)
	report := Run(t.Context(), Options{Ports: ours})
	want{OK, "shared; minidlnad (pid", "", nil}.check(t, finding(t, report.Findings, "1900/UDP").Result)
	want{OK, "this is MiniDLNA (ReadyMedia): it answers as", "", nil}.check(t, finding(t, report.Findings, "1900/UDP").Result)
}

func TestAvahiAlone(t *testing.T) {
	program, err := exec.LookPath("avahi-daemon")
	if err != nil {
		t.Skip("avahi-daemon is not installed")
	}
	if !inside(t) {
		return
	}
	config := filepath.Join(t.TempDir(), "avahi-daemon.conf")
	text := "[server]\nenable-dbus=no\nallow-interfaces=eth0\ndisallow-other-stacks=yes\n[rlimits]\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	start(t, exec.Command(program, "-f", config, "--no-drop-root", "--no-chroot", "--no-rlimits", "--no-proc-title"), "Server startup complete")
	report := Run(t.Context(), Options{Ports: ours})
	want{Failed, "this is avahi-daemon", "Senders cannot find the speakers", []string{"disallow-other-stacks=no"}}.
		check(t, finding(t, report.Findings, "5353/UDP").Result)
	if got := finding(t, report.Findings, "our mDNS answers").Status; got != Skipped || report.ExitCode() != 1 {
		t.Errorf("want the query skipped and exit code 1, got %v, %d", got, report.ExitCode())
	}
}

// The whole way with nothing in its way: search, description, control, events
// and the way back, judged with the real network stack.
func TestHealthyHost(t *testing.T) {
	if !inside(t) {
		return
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group errgroup.Group
	t.Cleanup(func() {
		cancel()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
	})
	kitchen, err := speaker.New(speaker.Options{Name: "Küche", Listen: netip.MustParseAddr("10.77.0.2"), SSDPGroup: ssdp.Group})
	if err != nil {
		t.Fatal(err)
	}
	group.Go(func() error { return kitchen.Run(ctx) })
	<-kitchen.Ready()

	client := upnp.NewClient(upnp.Options{})
	subscriptions := upnp.NewSubscriptions(client)
	mux := http.NewServeMux()
	mux.Handle(upnp.NotifyPath, subscriptions)
	listener, err := net.Listen("tcp4", "10.77.0.2:7700")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	t.Cleanup(func() { _ = server.Close() })

	report := Run(t.Context(), Options{
		Ports:         ours,
		SelfQuery:     func(context.Context) []SelfQueryResult { return []SelfQueryResult{{Way: "IPv4 on eth0"}} },
		Renderers:     searchFor(ssdp.Options{Interfaces: interfaces(t)}, 3*time.Second),
		Client:        client,
		Subscriptions: subscriptions,
		CallbackBase:  func(netip.Addr) (string, error) { return "http://10.77.0.2:7700", nil },
	})
	var text strings.Builder
	if err := report.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + text.String())
	if worst := report.Worst(); worst != OK {
		t.Errorf("want all well, got %v", worst)
	}
	for name, seen := range map[string]string{
		"network interfaces":   "used: eth0 (the default route, 10.77.0.2/24",
		"multicast comes back": "on eth0",
		"speakers":             "1 found",
		"who answers":          "10.77.0.2 (",
		"description":          `"Küche"`,
		"control":              "the transport is ",
		"events":               "subscribed with http://10.77.0.2:7700",
		"the speaker reaches":  "the first event came after",
	} {
		want{OK, seen, "", nil}.check(t, finding(t, report.Findings, name).Result)
	}
}

func interfaces(t *testing.T) func() []netif.Interface {
	all, err := netif.List()
	if err != nil {
		t.Fatal(err)
	}
	return func() []netif.Interface { return netif.Select(all, nil) }
}

// Multicast that a firewall drops must be noticed, on that interface.
func TestMulticastDropped(t *testing.T) {
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("nft (Debian: nftables) is not installed")
	}
	if !inside(t) {
		return
	}
	rules := `table inet filter { chain input { type filter hook input priority 0; ip daddr 224.0.0.0/4 drop; }; }`
	if out, err := exec.Command("nft", rules).CombinedOutput(); err != nil {
		t.Fatalf("nft: %v: %s", err, out)
	}
	report := Run(t.Context(), Options{Ports: ours})
	want{Warning, "not on eth0: sent 3 times, nothing came back", "firewall", []string{"sudo ufw allow"}}.
		check(t, finding(t, report.Findings, "multicast comes back").Result)
}

// Without any interface there is a report all the same, with one failure and not
// a row of them.
func TestNoNetwork(t *testing.T) {
	if !inside(t) {
		return
	}
	namespace.Unplug(t, "eth0")
	report := Run(t.Context(), Options{Ports: ours})
	if n := count(report.Findings, Failed); n != 1 || report.ExitCode() != 1 {
		t.Errorf("want one failure, got %d: %s", n, shape(report.Findings))
	}
	want{Skipped, `not checked: "network interfaces" failed`, "", nil}.check(t, finding(t, report.Findings, "multicast comes back").Result)
}
