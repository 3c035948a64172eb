package pkg_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/breezeway-audio/breezeway/"

// A rule forbids packages (patterns of path.Match, or a prefix that ends in
// "/...") to import others, but for those excepted.
type rule struct {
	why    string
	from   []string
	to     []string
	except []string
}

var rules = []rule{
	{"AirPlay and UPnP meet only in the bridge", []string{"pkg/airplay/..."}, []string{"pkg/dlna/..."}, nil},
	{"AirPlay and UPnP meet only in the bridge", []string{"pkg/dlna/..."}, []string{"pkg/airplay/..."}, nil},
	{"audio knows neither side", []string{"pkg/audio/..."}, []string{"pkg/airplay/...", "pkg/dlna/...", "pkg/bridge/..."}, nil},
	{"the sides do not know who joins them", []string{"pkg/airplay/...", "pkg/dlna/..."}, []string{"pkg/bridge/..."}, nil},
	{"playout knows neither senders nor renderers", []string{"pkg/bridge/playout"}, []string{"pkg/airplay/...", "pkg/dlna/...", "pkg/bridge/..."}, nil},
	{"a player knows renderers and its sound, not senders", []string{"pkg/bridge/player"}, []string{"pkg/airplay/...", "pkg/bridge", "pkg/bridge/fleet"}, nil},
	{"a bridge does not know the fleet", []string{"pkg/bridge"}, []string{"pkg/bridge/fleet"}, nil},
	{"ground packages stand alone", []string{
		"pkg/airplay/rtsp", "pkg/airplay/rtp", "pkg/airplay/auth", "pkg/dlna/upnp", "pkg/audio", "pkg/multicast", "pkg/netif", "pkg/spelling", "pkg/glob",
	}, []string{"pkg/..."}, nil},
	{"settings know what can be set, not who uses it", []string{"pkg/settings"}, []string{
		"pkg/airplay/...", "pkg/audio/*", "pkg/bridge/...", "pkg/config", "pkg/dlna/...", "pkg/monitor", "pkg/netif", "pkg/ports", "pkg/rule",
	}, nil},
	{"the configuration knows its variables alone", []string{"pkg/config", "pkg/ports"}, []string{
		"pkg/airplay/...", "pkg/audio/...", "pkg/bridge/...", "pkg/config", "pkg/dlna/...", "pkg/monitor", "pkg/netif", "pkg/ports", "pkg/rule",
	}, nil},
	{"only the commands and what assembles the daemon read the configuration", []string{"pkg/..."}, []string{"pkg/config"}, []string{"pkg/daemon", "pkg/sim/demo"}},
	{"the commands only read flags and exit: the daemon is assembled below", []string{"cmd/..."}, []string{"pkg/airplay/...", "pkg/audio/...", "pkg/bridge/...", "pkg/dlna/...", "pkg/monitor", "pkg/web"}, nil},
	{"nobody imports what stands on top", []string{"pkg/..."}, []string{"cmd/..."}, nil},
	{"only the daemon and the doctor import what stands on top", []string{"pkg/..."}, []string{"pkg/web", "pkg/doctor/..."}, []string{"pkg/daemon", "pkg/doctor/..."}},
	{"only the demo runs the daemon as a whole", []string{"pkg/..."}, []string{"pkg/daemon"}, []string{"pkg/sim/demo"}},
	{"the monitor watches from outside", []string{"pkg/..."}, []string{"pkg/monitor"}, []string{"pkg/daemon", "pkg/doctor/instance", "pkg/web"}},
	{"the doctor looks at the house from outside; only instance reads the API", []string{"pkg/doctor/..."}, []string{"pkg/web", "pkg/bridge/...", "pkg/airplay/..."}, []string{"pkg/doctor/instance"}},
	{"only the page knows Prometheus", []string{"cmd/...", "pkg/..."}, []string{"github.com/prometheus/..."}, []string{"pkg/web", "pkg/doctor/..."}},
	{"one package opens multicast and raw sockets", []string{"cmd/...", "pkg/..."}, []string{"golang.org/x/net/ipv4", "golang.org/x/net/ipv6", "golang.org/x/net/bpf"}, []string{"pkg/multicast"}},
	{"the product's parts do not know the simulators", []string{"pkg/..."}, []string{"pkg/sim/..."}, []string{"pkg/sim/..."}},
	{"the lab and the network namespaces know nothing of the product", []string{"pkg/sim/lab", "pkg/sim/namespace"}, []string{
		"pkg/airplay/...", "pkg/audio/...", "pkg/bridge/...", "pkg/daemon", "pkg/dlna/...", "pkg/doctor/...", "pkg/web",
	}, nil},
	{"of the simulators the commands know the demo alone", []string{"cmd/..."}, []string{"pkg/sim/[^d]*", "pkg/sim/device"}, nil},
}

func matches(patterns []string, pkg string) bool {
	for _, p := range patterns {
		if prefix, all := strings.CutSuffix(p, "/..."); all {
			if pkg == prefix || strings.HasPrefix(pkg, prefix+"/") {
				return true
			}
		} else if ok, _ := path.Match(p, pkg); ok {
			return true
		}
	}
	return false
}

// imports lists what the non-test files of every package import, with the
// module's own packages relative to it.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	walk := func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(name)), "../")
		for _, spec := range file.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[from] = append(found[from], strings.TrimPrefix(to, module))
		}
		return nil
	}
	for _, root := range []string{"../cmd", "../pkg"} {
		if err := filepath.WalkDir(root, walk); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestDirectionsOfImport(t *testing.T) {
	found := imports(t)
	if len(found) < 10 {
		t.Fatalf("want the whole tree, found only %d packages", len(found))
	}
	for from, list := range found {
		for _, to := range list {
			for _, r := range rules {
				if matches(r.from, from) && matches(r.to, to) && !matches(r.except, from) {
					t.Errorf("%s imports %s: %s", from, to, r.why)
				}
			}
		}
	}
}

// A rule that forbids nothing would pass for ever.
func TestRulesCatch(t *testing.T) {
	cases := []struct {
		from, to string
		want     bool
	}{
		{"pkg/airplay/raop", "pkg/dlna/upnp", true},
		{"pkg/dlna/stream", "pkg/airplay/rtp", true},
		{"pkg/audio/encode", "pkg/dlna/stream", true},
		{"pkg/airplay/rtp", "pkg/audio", true},
		{"pkg/bridge", "pkg/config", true},
		{"pkg/bridge/playout", "pkg/airplay/raop", true},
		{"pkg/bridge/playout", "pkg/bridge/player", true},
		{"pkg/bridge/playout", "pkg/audio/jitter", false},
		{"pkg/bridge/player", "pkg/airplay/dacp", true},
		{"pkg/bridge/player", "pkg/bridge", true},
		{"pkg/bridge/player", "pkg/bridge/playout", false},
		{"pkg/bridge", "pkg/bridge/fleet", true},
		{"pkg/bridge/fleet", "pkg/bridge", false},
		{"pkg/dlna/stream", "pkg/bridge/player", true},
		{"pkg/bridge", "pkg/web", true},
		{"pkg/bridge", "pkg/sim/speaker", true},
		{"pkg/bridge", "pkg/airplay/raop", false},
		{"pkg/doctor", "pkg/config", true},
		{"pkg/daemon", "pkg/config", false},
		{"pkg/daemon", "pkg/web", false},
		{"pkg/daemon", "pkg/doctor/instance", false},
		{"pkg/daemon", "pkg/sim/demo", true},
		{"pkg/sim/demo", "pkg/daemon", false},
		{"pkg/sim/speaker", "pkg/daemon", true},
		{"pkg/web", "pkg/daemon", true},
		{"cmd/breezeway", "pkg/daemon", false},
		{"cmd/breezeway", "pkg/bridge", true},
		{"cmd/breezeway", "pkg/sim/demo", false},
		{"cmd/breezeway", "pkg/sim/speaker", true},
		{"cmd/breezeway", "pkg/sim/device", true},
		{"pkg/doctor/instance", "pkg/web", false},
		{"pkg/doctor/portstate", "pkg/bridge", true},
		{"pkg/sim/lab", "pkg/airplay/rtp", true},
		{"pkg/sim/lab", "pkg/sim/namespace", false},
		{"pkg/doctor", "pkg/doctor/sockets", false},
		{"pkg/doctor", "pkg/web", true},
		{"pkg/bridge", "pkg/doctor/sockets", true},
		{"pkg/bridge", "pkg/monitor", true},
		{"pkg/web", "pkg/monitor", false},
		{"pkg/ports", "pkg/config", true},
		{"pkg/config", "pkg/rule", true},
		{"pkg/config", "pkg/spelling", false},
		{"pkg/config", "pkg/settings", false},
		{"pkg/settings", "pkg/config", true},
		{"pkg/settings", "pkg/audio", false},
		{"pkg/spelling", "pkg/audio", true},
		{"pkg/multicast", "pkg/netif", true},
		{"pkg/multicast", "golang.org/x/net/ipv4", false},
		{"pkg/dlna/ssdp", "golang.org/x/net/ipv4", true},
		{"pkg/dlna/ssdp", "pkg/multicast", false},
		{"pkg/doctor/sockets", "github.com/prometheus/procfs", false},
		{"pkg/audio/encode", "pkg/audio/flac", false},
		{"pkg/sim/sender", "pkg/airplay/rtp", false},
	}
	for _, c := range cases {
		got := false
		for _, r := range rules {
			got = got || matches(r.from, c.from) && matches(r.to, c.to) && !matches(r.except, c.from)
		}
		if got != c.want {
			t.Errorf("%s imports %s: want forbidden=%v, got %v", c.from, c.to, c.want, got)
		}
	}
}
