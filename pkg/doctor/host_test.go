package doctor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

func listing(list ...netif.Interface) func() ([]netif.Interface, error) {
	return func() ([]netif.Interface, error) { return list, nil }
}

func TestCheckInterfaces(t *testing.T) {
	down := eth1
	down.Up = false
	cases := []struct {
		name   string
		list   func() ([]netif.Interface, error)
		wanted []string
		want   want
	}{
		{"usual", listing(loopback, eth0, docker0), nil,
			want{OK, "used: eth0 (the default route, 192.168.1.5/24); left out: lo (loopback), docker0 (a virtual one by its name)", "", nil}},
		{"chosen by name", listing(loopback, eth0, eth1), []string{"eth1"},
			want{Note, "left out: lo (not in BREEZEWAY_INTERFACES), eth0 (not in BREEZEWAY_INTERFACES)", "default route", []string{"BREEZEWAY_INTERFACES=eth0\nBREEZEWAY_INTERFACES=eth1"}}},
		{"one of two is not there", listing(eth0), []string{"eth0", "10.0.0.0/8"}, want{Warning, "used: eth0", "do not exist: 10.0.0.0/8", nil}},
		{"cable out", listing(loopback, down), nil, want{Failed, "eth1 (down, or no cable)", "no network", []string{"Plug in"}}},
		{"only docker's", listing(loopback, docker0), nil, want{Failed, "docker0 (a virtual one", "no network", []string{"BREEZEWAY_INTERFACES=docker0"}}},
		{"no list", func() ([]netif.Interface, error) { return nil, errors.New("netlink is blocked") }, nil, want{Failed, "netlink is blocked", "no speaker can be found", nil}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := healthy()
			p.interfaces = c.list
			c.want.check(t, newExam(Options{Interfaces: c.wanted}, p).network.check(t.Context()))
		})
	}
}

// An interface may have any name; none of them gets into a command.
func TestNamesInCommands(t *testing.T) {
	cases := map[string]bool{
		"eth0": true, "eth0.5": true, "enp3s0": true, "wlx00c0ca": true, "br_lan": true,
		"": false, "-h": false, "a;reboot": false, "$(reboot)": false, "a b": false, "äth0": false, "0123456789abcdef": false,
	}
	for name, want := range cases {
		if got := safeInterface(name); got != want {
			t.Errorf("%q: want %v, got %v", name, want, got)
		}
	}
}

func TestCheckPlace(t *testing.T) {
	inDocker := netif.Interface{
		Name: "eth0", Index: 2, Up: true, Multicast: true, Default: true,
		Prefixes: []netip.Prefix{netip.MustParsePrefix("172.17.0.2/16")},
	}
	dockerMAC := net.HardwareAddr{0x02, 0x42, 172, 17, 0, 2}
	lanMAC := net.HardwareAddr{0x02, 0x42, 192, 168, 1, 5}
	mark := []string{"/.dockerenv"}
	engine := link{kind: "bridge"}
	cases := []struct {
		name    string
		on      netif.Interface
		link    link
		gateway string
		marks   []string
		want    want
	}{
		{"a host", eth0, link{kind: "device"}, "192.168.1.1", nil, want{OK, "own network", "", nil}},
		{"Docker's bridge", inDocker, link{kind: "veth", mac: dockerMAC}, "172.17.0.1", mark, want{Warning, "a guess from these signs: there is /.dockerenv; eth0 is one end of a pair", "bridge network", []string{"--profile host", "--profile macvlan"}}},
		{"without a mark", inDocker, link{kind: "veth"}, "172.17.0.1", nil, want{Warning, "where Docker puts bridges", "bridge network", nil}},
		{"another range", eth0, link{kind: "veth"}, "192.168.1.1", mark, want{Warning, "there is /.dockerenv", "bridge network", nil}},
		{"an LXC container on the LAN", eth0, link{kind: "veth"}, "192.168.1.1", nil, want{OK, "own network", "", nil}},
		{"host network of a container", eth0, link{kind: "device"}, "192.168.1.1", mark, want{OK, "own network", "", nil}},
		{"a LAN in Docker's range", inDocker, link{kind: "device"}, "172.17.0.1", nil, want{OK, "own network", "", nil}},
		{"Docker in an LXC container", eth0, link{kind: "veth"}, "192.168.1.1", append(mark, "docker0"), want{OK, "own network", "", nil}},
		{"macvlan, which has the same MAC", eth0, link{kind: "macvlan", mac: lanMAC}, "192.168.1.1", mark, want{OK, "eth0 is macvlan", "", nil}},
		{"ipvlan", eth0, link{kind: "ipvlan"}, "192.168.1.1", mark, want{OK, "eth0 is ipvlan", "", nil}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := healthy()
			p.interfaces = listing(loopback, c.on)
			links := map[string]link{"eth0": c.link}
			if len(c.marks) > 1 {
				links[c.marks[1]] = engine
			}
			p.links = func() (map[string]link, error) { return links, nil }
			p.gateway = func(int) netip.Addr { return netip.MustParseAddr(c.gateway) }
			p.marks = func() []string { return c.marks }
			c.want.check(t, newExam(Options{}, p).place.check(t.Context()))
		})
	}
}

func TestCheckEcho(t *testing.T) {
	only6 := eth1
	only6.Prefixes = []netip.Prefix{netip.MustParsePrefix("fe80::1/64")}
	cases := []struct {
		name string
		list []netif.Interface
		lost string
		want want
	}{
		{"comes back", []netif.Interface{eth0, eth1}, "", want{OK, "on eth0, eth1", "", nil}},
		{"is dropped on one", []netif.Interface{eth0, eth1}, "eth1", want{Warning, "not on eth1: nothing came back", "firewall", []string{"sudo ufw allow"}}},
		{"use only IPv6", []netif.Interface{only6}, "", want{Skipped, "no interface has an IPv4 address", "", nil}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := healthy()
			p.interfaces = listing(c.list...)
			p.echo = func(_ context.Context, i netif.Interface) error {
				if i.Name == c.lost {
					return errors.New("nothing came back")
				}
				return nil
			}
			c.want.check(t, checkEcho(t.Context(), readNetwork(nil, p.interfaces), p.echo))
		})
	}
}

func TestSettings(t *testing.T) {
	twin := eth1
	twin.Prefixes = []netip.Prefix{netip.MustParsePrefix("192.168.1.6/24")}
	ours := []Ports{{Variable: "BREEZEWAY_UDP_PORTS", Protocol: sockets.UDP, PortRange: settings.PortRange{First: 40000, Last: 40099}}}
	cases := []struct {
		name    string
		setting string // that is judged
		set     map[string]string
		list    []netif.Interface
		ports   []Ports
		want    want
	}{
		{"memberships", "net.ipv4.igmp_max_memberships", nil, []netif.Interface{eth0}, nil, want{OK, "20 for each socket, 1 needed", "", nil}},
		{"as many as allowed", "net.ipv4.igmp_max_memberships", map[string]string{"net.ipv4.igmp_max_memberships": "1"}, []netif.Interface{eth0}, nil, want{OK, "1 for each", "", nil}},
		{"too few memberships", "net.ipv4.igmp_max_memberships", map[string]string{"net.ipv4.igmp_max_memberships": "1"}, []netif.Interface{eth0, eth1}, nil,
			want{Warning, "1 for each socket, 2 needed", "errno 105", []string{"igmp_max_memberships=4"}}},
		{"no number", "net.ipv4.igmp_max_memberships", map[string]string{"net.ipv4.igmp_max_memberships": "many"}, []netif.Interface{eth0}, nil, want{Skipped, "cannot be read", "", nil}},
		{"loose filter", "net.ipv4.conf.*.rp_filter", map[string]string{"net.ipv4.conf/eth0/rp_filter": "2"}, []netif.Interface{eth0, twin}, nil, want{OK, "strict on: none", "", nil}},
		{"strict filter, networks apart", "net.ipv4.conf.*.rp_filter", map[string]string{"net.ipv4.conf.all.rp_filter": "1", "net.ipv4.conf/eth0/rp_filter": "0"}, []netif.Interface{eth0, eth1}, nil, want{OK, "a network of its own", "", nil}},
		{"strict filter, one network", "net.ipv4.conf.*.rp_filter", map[string]string{"net.ipv4.conf/eth0/rp_filter": "1"}, []netif.Interface{eth0, twin}, nil,
			want{Warning, "eth0 and eth1 are in the same network", "dropped", []string{"rp_filter=2"}}},
		{"small buffers", "net.core.rmem_max", map[string]string{"net.core.rmem_max": "65536"}, nil, nil, want{Note, "65536 bytes", "dropped", []string{"rmem_max=212992"}}},
		{"usual buffers", "net.core.rmem_max", nil, nil, nil, want{OK, "212992 bytes", "", nil}},
		{"our ports among the kernel's", "net.ipv4.ip_local_port_range", nil, nil, ours, want{Note, "32768-60999, with BREEZEWAY_UDP_PORTS", "assign these", nil}},
		{"our ports below", "net.ipv4.ip_local_port_range", nil, nil, []Ports{{PortRange: settings.PortRange{First: 7700, Last: 7799}}, {}}, want{OK, "32768-60999", "", nil}},
		{"garbage", "net.ipv4.ip_local_port_range", map[string]string{"net.ipv4.ip_local_port_range": "70000"}, nil, nil, want{Skipped, "cannot be read", "", nil}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, values := healthy(), sysctls()
			for name, value := range c.set {
				values[name] = value
			}
			p.sysctl = func(name string) (string, error) {
				if value, ok := values[name]; ok {
					return value, nil
				}
				return "", errors.New("no such setting")
			}
			p.interfaces = listing(c.list...)
			for _, check := range newExam(Options{Ports: c.ports}, p).kernel.settings() {
				if check.Name == c.setting {
					c.want.check(t, check.Run(t.Context()))
					return
				}
			}
			t.Errorf("no check named %s", c.setting)
		})
	}
}

func TestReadSysctl(t *testing.T) {
	for _, name := range []string{"net.ipv4.conf.all.rp_filter", "net.ipv4.conf/lo/rp_filter"} {
		if got, err := readSysctl(name); err != nil || len(got) != 1 {
			t.Errorf("%s: want a digit, got %q, %v", name, got, err)
		}
	}
}

func TestCheckClock(t *testing.T) {
	cases := []struct {
		name string
		set  time.Duration // the wall clock is set forward, at once
		late time.Duration // the second reading is late
		want want
	}{
		{"steady", 0, 0, want{OK, "moved by 0s", "", nil}},
		{"slewed", 10 * time.Millisecond, 0, want{OK, "moved by 10ms", "", nil}},
		{"set forward", time.Second, 0, want{Warning, "moved by 1s", "in steps", []string{"one time service"}}},
		{"set back", -time.Hour, 0, want{Warning, "moved by -1h0m0s", "in steps", nil}},
		{"not let run", 0, 2 * time.Second, want{Warning, "a wait of 1s took 3s", "overloaded", []string{"top"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			began := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
			ended := began.Add(clockSpan + c.late)
			c.want.check(t, judgeClock(reading{began, began}, reading{ended, ended.Add(c.set)}))
		})
	}
}

func TestClockTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := checkClock(t.Context(), readClocks)
		// The bubble's clock starts in the year 2000.
		want{Note, "2000-01-01T00:00:01Z", "never set", []string{"set-ntp"}}.check(t, got)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		want{Skipped, "no time left", "", nil}.check(t, checkClock(ctx, readClocks))
	})
}
