package mdns_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
)

// responderMark makes a test process a Responder on a host of the lab.
const responderMark = "BREEZEWAY_TEST_RESPONDER"

// A responderKind is the value of responderMark.
type responderKind string

const (
	responderUsual     responderKind = "usual"
	responderImpatient responderKind = "impatient" // an avahi that leaves has no time to come back
)

const (
	kitchenName = "0A1B2C3D4E5F@Kitchen: Bob's, \"No. 2\" äöü"
	within      = 20 * time.Second
)

// The tests run their own program on a host, where it is a Responder instead.
func init() {
	if os.Getenv(responderMark) == "" {
		return
	}
	if err := respond(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// respond publishes the kitchen until SIGTERM, and says how it stands whenever
// that changes.
func respond() error {
	watcher := netif.NewWatcher([]string{"eth0"})
	changes, unsubscribe := watcher.Subscribe()
	defer unsubscribe()
	r := mdns.New(mdns.Options{
		Hostname: "breezeway", Interfaces: watcher.Current, Changes: changes,
		Log: zerolog.New(os.Stdout).Level(zerolog.InfoLevel),
	})
	if os.Getenv(responderMark) == string(responderImpatient) {
		mdns.TakePortsSoon(r)
	}
	p := r.Publish(mdns.Service{Instance: kitchenName, Type: "_raop._tcp", Port: 5000, TXT: []string{"tp=UDP", `pw=a\b "c"`}})
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return watcher.Run(ctx) })
	group.Go(func() error { return r.Run(ctx) })
	group.Go(func() error { return sayChanges(ctx, r, p) })
	return group.Wait()
}

func sayChanges(ctx context.Context, r *mdns.Responder, p *mdns.Publication) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	said := ""
	for {
		if now := stateLine(r.Stats(), p.Name()); now != said {
			fmt.Println(now)
			said = now
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func stateLine(s mdns.Stats, name string) string {
	return fmt.Sprintf("state: IPv4 %v heard %v IPv6 %v heard %v established %d renames %d name %s",
		s.IPv4, s.HeardIPv4.Heard, s.IPv6, s.HeardIPv6.Heard, s.Established, s.Renames, name)
}

// avahiAlone keeps all others from port 5353.
const avahiAlone = `[server]
host-name=nas
use-ipv4=yes
use-ipv6=%s
allow-interfaces=eth0
disallow-other-stacks=yes
[publish]
publish-hinfo=no
publish-workstation=no
`

// startBus runs the D-Bus of a host.
func startBus(t *testing.T, h *lab.Host) {
	t.Helper()
	h.Start(t, lab.Program{Name: "dbus", Args: []string{
		"dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog", "--print-address",
	}}).WaitLine(t, "^unix:", within)
}

// startAvahiAlone runs an avahi that holds the port for itself.
func startAvahiAlone(t *testing.T, h *lab.Host, useIPv6 string) *lab.Process {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "avahi-daemon.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, avahiAlone, useIPv6), 0o644); err != nil {
		t.Fatal(err)
	}
	p := h.Start(t, lab.Program{Name: "avahi", Dir: dir, Args: []string{
		"avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits", "-f", config,
	}})
	p.WaitLine(t, "Server startup complete", within)
	return p
}

// asNobody drops all capabilities and becomes a user that the host knows: D-Bus
// turns others away.
var asNobody = []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"}

// startResponder runs this test binary on a host.
func startResponder(t *testing.T, h *lab.Host, kind responderKind, as ...string) *lab.Process {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "responder")
	if out, err := exec.Command("cp", os.Args[0], binary).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for d := dir; d != filepath.Clean(os.TempDir()) && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return h.Start(t, lab.Program{
		Name: "responder", Dir: dir, Env: []string{responderMark + "=" + string(kind)},
		Args: append(slices.Clone(as), binary),
	})
}

func isKitchen(change byte, name string) func(lab.Service) bool {
	return func(s lab.Service) bool { return s.Change == change && s.Instance == name }
}

// An avahi that lets nobody else have the port: the speakers are shown through
// it, judged by avahi-browse on another host; they are taken back when avahi ends,
// and come back with it.
func TestThroughAvahi(t *testing.T) {
	t.Parallel()
	l := lab.NewLAN(t, "nas", "phone")
	nas, phone := l.Host("nas"), l.Host("phone")
	startBus(t, nas)
	avahi := startAvahiAlone(t, nas, "no")
	phone.StartAvahi(t)
	browser := phone.Browse(t, "_raop._tcp")
	r := startResponder(t, nas, responderUsual, asNobody...)

	r.WaitLine(t, "state: IPv4 avahi heard true IPv6 ok heard true established 1 renames 0", within)
	s := browser.Wait(t, within, "the kitchen", isKitchen('=', kitchenName))
	nasAddr := s.Addr == nas.Addr || s.Addr.IsLinkLocalUnicast() // avahi tells both
	if !nasAddr || s.Port != 5000 || s.Host != "nas.local" || len(s.TXT) != 2 {
		t.Errorf("found %+v", s)
	}

	avahi.Stop()
	r.WaitLine(t, "state: IPv4 held heard", within)
	browser.Wait(t, within, "avahi took it back", isKitchen('-', kitchenName))
	startAvahiAlone(t, nas, "no")
	lab.Until(t, within, "avahi announces for us again", func() bool {
		return strings.Contains(lastState(r), "IPv4 avahi heard true IPv6 ok heard true established 1")
	})

	r.Terminate()
	if code := r.Wait(t, within); code != 0 {
		t.Errorf("ended with %d", code)
	}
}

// When avahi is gone for good the port is ours.
func TestPortThatAvahiLeft(t *testing.T) {
	t.Parallel()
	l := lab.NewLAN(t, "nas", "phone")
	nas := l.Host("nas")
	startBus(t, nas)
	avahi := startAvahiAlone(t, nas, "no")
	r := startResponder(t, nas, responderImpatient, asNobody...)
	r.WaitLine(t, "state: IPv4 avahi heard true IPv6 ok heard true established 1 renames 0", within)
	avahi.Stop()
	lab.Until(t, within, "the port is ours", func() bool {
		return strings.Contains(lastState(r), "IPv4 ok heard true IPv6 ok heard true established 1")
	})
}

func lastState(p *lab.Process) (last string) {
	for _, line := range p.Lines() {
		if strings.HasPrefix(line, "state: ") {
			last = line
		}
	}
	return last
}

// The name is taken, by another host or by a program on the same one: the next
// one is taken instead, and given back at the end.
func TestThroughAvahiRenamed(t *testing.T) {
	t.Parallel()
	for _, holder := range []string{"phone", "nas"} {
		t.Run("by "+holder, func(t *testing.T) {
			t.Parallel()
			l := lab.NewLAN(t, "nas", "phone")
			nas, phone := l.Host("nas"), l.Host("phone")
			startBus(t, nas)
			startAvahiAlone(t, nas, "no")
			phone.StartAvahi(t)
			l.Host(holder).Start(t, lab.Program{Name: "avahi-publish", Args: []string{
				"avahi-publish", "--service", kitchenName, "_raop._tcp", "6000",
			}}).WaitLine(t, "Established", within)

			browser := phone.Browse(t, "_raop._tcp")
			r := startResponder(t, nas, responderUsual, asNobody...)
			r.WaitLine(t, "state: IPv4 avahi heard true IPv6 ok heard true established 1 renames 1 name .* \\(2\\)$", within)
			if s := browser.Wait(t, within, "the second kitchen", isKitchen('=', kitchenName+" (2)")); s.Port != 5000 {
				t.Errorf("found %+v", s)
			}
			r.Terminate()
			if code := r.Wait(t, within); code != 0 {
				t.Errorf("ended with %d", code)
			}
			browser.Wait(t, within, "the second kitchen left", isKitchen('-', kitchenName+" (2)"))
		})
	}
}

// An avahi that has both families announces for us in both.
func TestThroughAvahiInBothFamilies(t *testing.T) {
	t.Parallel()
	l := lab.NewLAN(t, "nas", "phone")
	nas := l.Host("nas")
	startBus(t, nas)
	startAvahiAlone(t, nas, "yes")
	r := startResponder(t, nas, responderUsual, asNobody...)
	r.WaitLine(t, "state: IPv4 avahi heard true IPv6 avahi heard true established 1 renames 0", within)
}

// With NET_RAW we answer beside such an avahi, which works on.
func TestBesideAvahi(t *testing.T) {
	t.Parallel()
	l := lab.NewLAN(t, "nas", "phone")
	nas, phone := l.Host("nas"), l.Host("phone")
	startBus(t, nas)
	startAvahiAlone(t, nas, "yes")
	phone.StartAvahi(t)
	browser, own := phone.Browse(t, "_raop._tcp"), nas.Browse(t, "_raop._tcp")
	nas.Start(t, lab.Program{Name: "avahi-publish", Args: []string{
		"avahi-publish", "--service", "avahi's own", "_raop._tcp", "6000",
	}}).WaitLine(t, "Established", within)
	r := startResponder(t, nas, responderUsual)
	r.WaitLine(t, "state: IPv4 raw heard true IPv6 raw heard true established 1 renames 0", within)
	for _, b := range []*lab.Browser{browser, own} {
		if s := b.Wait(t, within, "the kitchen", isKitchen('=', kitchenName)); s.Port != 5000 || s.Host != "breezeway.local" {
			t.Errorf("found %+v", s)
		}
		b.Wait(t, within, "avahi's own service", isKitchen('=', "avahi's own"))
	}
	r.Terminate()
	if code := r.Wait(t, within); code != 0 {
		t.Errorf("ended with %d", code)
	}
	for _, b := range []*lab.Browser{browser, own} {
		b.Wait(t, within, "the kitchen left", isKitchen('-', kitchenName))
		for _, s := range b.Services() {
			if isKitchen('-', "avahi's own")(s) {
				t.Error("avahi's own service left, too")
			}
		}
	}
}
