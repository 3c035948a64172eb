package doctor

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/doctor/fingerprint"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

var (
	eth0 = netif.Interface{
		Name: "eth0", Index: 2, Up: true, Multicast: true, Default: true,
		Prefixes: []netip.Prefix{netip.MustParsePrefix("192.168.1.5/24")},
	}
	eth1 = netif.Interface{
		Name: "eth1", Index: 3, Up: true, Multicast: true,
		Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.5/24")},
	}
	loopback = netif.Interface{
		Name: "lo", Index: 1, Up: true, Loopback: true,
		Prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")},
	}
	docker0 = netif.Interface{
		Name: "docker0", Index: 4, Up: true, Multicast: true,
		Prefixes: []netip.Prefix{netip.MustParsePrefix("172.17.0.1/16")},
	}
)

// sysctls are those of a usual host.
func sysctls() map[string]string {
	return map[string]string{
		"net.ipv4.igmp_max_memberships": "20",
		"net.ipv4.conf.all.rp_filter":   "0",
		"net.core.rmem_max":             "212992",
		"net.ipv4.ip_local_port_range":  "32768\t60999",
	}
}

// healthy are the probes of a host on which all is well; a test changes some.
func healthy(holders ...sockets.Holder) probes {
	settings := sysctls()
	return probes{
		interfaces: func() ([]netif.Interface, error) { return []netif.Interface{loopback, eth0, docker0}, nil },
		links:      func() (map[string]link, error) { return map[string]link{"eth0": {kind: "device"}}, nil },
		gateway:    func(int) netip.Addr { return netip.MustParseAddr("192.168.1.1") },
		marks:      func() []string { return nil },
		sysctl: func(name string) (string, error) {
			value, ok := settings[name]
			if !ok {
				return "", errors.New("no such setting")
			}
			return value, nil
		},
		table: func() (*sockets.Table, error) { return sockets.NewTable(holders...), nil },
		survey: func(t *sockets.Table, group netip.AddrPort, _ int) (sockets.Survey, error) {
			if len(t.On(sockets.UDP, group.Port())) == 0 {
				return sockets.Survey{Access: sockets.AccessFree}, nil
			}
			return sockets.Survey{Access: sockets.AccessShared}, nil
		},
		isOwn: func(h sockets.Holder) bool { return h.Command == "breezeway" },
		ask: func(context.Context, []netip.AddrPort, []int) (fingerprint.Replies, error) {
			return fingerprint.Replies{}, nil
		},
		echo:      func(context.Context, netif.Interface) error { return nil },
		scan:      func(context.Context, []netif.Interface) ([]scanAnswer, error) { return nil, nil },
		source:    func(netip.Addr) (netip.Addr, error) { return netip.MustParseAddr("192.168.1.5"), nil },
		clocks:    readClocks,
		eventWait: time.Second,
	}
}

// surveyed lets every survey end with access.
func surveyed(p probes, access sockets.Access) probes {
	p.survey = func(*sockets.Table, netip.AddrPort, int) (sockets.Survey, error) {
		return sockets.Survey{Access: access}, nil
	}
	return p
}

func holder(local, command string) sockets.Holder {
	return sockets.Holder{Local: netip.MustParseAddrPort(local), PID: 12, UID: 1000, Command: command}
}

// A want is what a result has to be; texts are parts of it.
type want struct {
	status Status
	seen   string
	means  string
	do     []string // each in a step's text or paste
}

func (w want) check(t *testing.T, got Result) {
	t.Helper()
	if got.Status != w.status {
		t.Errorf("want %v, got %v", w.status, got.Status)
	}
	if !contains(got.Seen, w.seen) {
		t.Errorf("want seen %q in %q", w.seen, got.Seen)
	}
	if !contains(got.Means, w.means) || w.means == "" && got.Means != "" && w.status == OK {
		t.Errorf("want means %q in %q", w.means, got.Means)
	}
	for _, do := range w.do {
		found := false
		for _, step := range got.Do {
			found = found || contains(step.Text, do) || contains(step.Paste, do)
		}
		if !found {
			t.Errorf("want %q to be done, got %+v", do, got.Do)
		}
	}
	if got.Status >= Warning && (got.Means == "" || got.Seen == "") {
		t.Errorf("want seen and means with %v, got %+v", got.Status, got)
	}
}
