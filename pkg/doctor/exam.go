package doctor

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/doctor/fingerprint"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// probes are the ways to look at the host; tests have others.
type probes struct {
	interfaces func() ([]netif.Interface, error)
	links      func() (map[string]link, error) // by name
	gateway    func(index int) netip.Addr      // of the IPv4 default route; zero if there is none
	marks      func() []string                 // files that container engines leave
	sysctl     func(name string) (string, error)
	table      func() (*sockets.Table, error)
	survey     func(t *sockets.Table, group netip.AddrPort, index int) (sockets.Survey, error)
	own        func(sockets.Holder) bool // a socket of Breezeway itself
	ask        func(ctx context.Context, targets []netip.AddrPort, interfaces []int) (fingerprint.Replies, error)
	echo       func(context.Context, netif.Interface) error
	opinions   func(context.Context, []netif.Interface) ([]opinion, error)
	source     func(netip.Addr) (netip.Addr, error)
	clocks     func() reading
	patience   time.Duration // for a speaker's first event
}

func hostProbes() probes {
	return probes{
		interfaces: netif.List,
		links:      listLinks,
		gateway:    gatewayOf,
		marks:      engineMarks,
		sysctl:     readSysctl,
		table:      sockets.Read,
		survey:     (*sockets.Table).Survey,
		own:        sockets.Holder.Ours,
		ask:        fingerprint.Ask,
		echo:       echo,
		opinions:   askGoSSDP,
		source:     netif.SourceFor,
		clocks:     readClocks,
		patience:   eventWait,
	}
}

// An exam is one run: what it was asked, and the facts that most checks need.
type exam struct {
	Options
	probes

	all      []netif.Interface
	selected []netif.Interface
	netFault error // why all is empty

	sockets     *sockets.Table // never nil
	socketFault error          // why it is empty

	running  func(context.Context) (Running, bool) // asks once
	hearings func(context.Context) []Hearing       // likewise
}

func newExam(o Options, p probes) *exam {
	x := &exam{Options: o, probes: p}
	x.all, x.netFault = p.interfaces()
	x.selected = netif.Select(x.all, o.Interfaces)
	x.sockets, x.socketFault = p.table()
	if x.socketFault != nil {
		x.sockets = sockets.NewTable()
	}
	x.running, x.hearings = x.askRunning(), x.askHearings()
	return x
}

// tree is every check, in the order of the report: from the cable to the speaker.
func (x *exam) tree() []Check {
	checks := x.ourselves()
	checks = append(checks, []Check{
		{Name: "network interfaces", Run: x.checkInterfaces, Watched: true, Then: func() []Check {
			return []Check{
				{Name: "kind of network", Run: x.checkPlace},
				{Name: "multicast comes back", Run: x.checkEcho},
			}
		}},
		{Name: "kernel settings", Run: x.checkKernel, Then: x.settings},
		{Name: "clock", Run: x.checkClock},
		{Name: "1900/UDP (SSDP, finding speakers)", Run: x.checkSSDP},
		{Name: "5353/UDP (mDNS, being found)", Run: x.checkMDNS, Then: func() []Check {
			return []Check{{Name: "our mDNS answers are heard", Run: x.checkSelfQuery, Watched: true}}
		}},
		{Name: "ports of Plex", Run: x.checkPlex},
	}...)
	for _, p := range x.Ports {
		checks = append(checks, Check{
			Name: p.Variable + " (" + p.Purpose + ")",
			Run:  func(context.Context) Result { return x.checkPorts(p) },
		})
	}
	return append(checks, x.speakers())
}

// others leaves out our own sockets.
func (x *exam) others(holders []sockets.Holder) []sockets.Holder {
	var others []sockets.Holder
	for _, h := range holders {
		if !x.own(h) {
			others = append(others, h)
		}
	}
	return others
}

// listens reports whether somebody on this host listens on a TCP port.
func (x *exam) listens(port uint16) bool {
	return len(x.sockets.On(sockets.TCP, port)) > 0
}

// readSysctl reads "net.ipv4.conf/eth0.5/rp_filter" style names: dots part the
// levels up to the first slash, after it slashes do, since interfaces have dots
// in their names.
func readSysctl(name string) (string, error) {
	head, tail, _ := strings.Cut(name, "/")
	value, err := os.ReadFile(filepath.Join("/proc/sys", strings.ReplaceAll(head, ".", "/"), tail))
	return strings.TrimSpace(string(value)), err
}
