package netif_test

import (
	"net/netip"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

func prefixes(list ...string) []netip.Prefix {
	var ps []netip.Prefix
	for _, s := range list {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}

// nic is an ordinary interface that is up.
func nic(name string, index int, addrs ...string) netif.Interface {
	return netif.Interface{Name: name, Index: index, MTU: 1500, Up: true, Multicast: true, Prefixes: prefixes(addrs...)}
}

func TestSelect(t *testing.T) {
	lo := nic("lo", 1, "127.0.0.1/8", "::1/128")
	lo.Loopback, lo.Multicast = true, false
	down := nic("eth9", 3, "192.168.9.5/24")
	down.Up = false
	deaf := nic("ppp0", 4, "10.8.0.2/32")
	deaf.Multicast = false
	wlan := nic("wlan0", 6, "192.168.2.5/24", "fd00::5/64")
	wlan.Default = true
	all := []netif.Interface{
		lo, nic("eth0", 2, "192.168.1.5/24"), down, deaf, nic("eth1", 5), wlan,
		nic("docker0", 7, "172.17.0.1/16"), nic("br-0af3", 8, "172.18.0.1/16"), nic("veth12", 9, "fe80::1/64"),
		nic("virbr0", 10, "192.168.122.1/24"), nic("tun0", 11, "10.9.0.1/24"), nic("tap0", 12, "10.10.0.1/24"),
		nic("wg0", 13, "10.11.0.1/24"), nic("ztab", 14, "10.12.0.1/24"), nic("tailscale0", 15, "100.64.0.1/32"),
		nic("breezeway-shim", 16, "192.168.1.6/32"), nic("shim-br0", 17, "192.168.3.6/24"),
		nic("br0", 18, "192.168.3.5/24"),
	}
	tests := []struct {
		name   string
		wanted []string
		want   []string
	}{
		{"nothing wanted: real ones, default route first", nil, []string{"wlan0", "eth0", "br0"}},
		{"by name", []string{"eth0"}, []string{"eth0"}},
		{"by name, virtual", []string{"docker0"}, []string{"docker0"}},
		{"by glob", []string{"eth*"}, []string{"eth0"}},
		{"by address", []string{"192.168.1.5"}, []string{"eth0"}},
		{"by IPv6 address", []string{"fd00::5"}, []string{"wlan0"}},
		{"by somebody else's address", []string{"192.168.1.7"}, nil},
		{"by prefix", []string{"172.16.0.0/12"}, []string{"docker0", "br-0af3"}},
		{"several, default route first all the same", []string{"eth0", "wlan0"}, []string{"wlan0", "eth0"}},
		{"without multicast, named", []string{"ppp0"}, []string{"ppp0"}},
		{"loopback by name", []string{"lo"}, []string{"lo"}},
		{"loopback by address", []string{"127.0.0.1"}, []string{"lo"}},
		{"loopback not by glob", []string{"l*"}, nil},
		{"down", []string{"eth9"}, nil},
		{"without address", []string{"eth1"}, nil},
		{"malformed", []string{"eth[", ""}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, i := range netif.Select(all, tt.wanted) {
				got = append(got, i.Name)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("want %v, got %v", tt.want, got)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Fatalf("want %v, got %v", tt.want, got)
				}
			}
		})
	}
}

func TestInterfaceAddresses(t *testing.T) {
	i := nic("eth0", 2, "192.168.1.5/24", "10.0.0.1/8", "fd00::5/64", "fe80::5/64")
	if got, ok := i.IPv4(); !ok || got != netip.MustParseAddr("192.168.1.5") {
		t.Errorf("IPv4: got %v %v", got, ok)
	}
	if _, ok := nic("eth1", 3, "fd00::5/64").IPv4(); ok {
		t.Error("IPv4 of an interface that has none")
	}
	tests := []struct {
		addr        string
		has, onLink bool
	}{
		{"192.168.1.5", true, true},
		{"::ffff:192.168.1.5", true, true},
		{"192.168.1.77", false, true},
		{"192.168.2.5", false, false},
		{"169.254.3.4", false, true},
		{"fd00::9", false, true},
		{"fd01::9", false, false},
		{"fe80::5%eth0", true, true},
		{"fe80::9%eth0", false, true},
	}
	for _, tt := range tests {
		addr := netip.MustParseAddr(tt.addr)
		if got := i.Has(addr); got != tt.has {
			t.Errorf("Has(%v): want %v, got %v", addr, tt.has, got)
		}
		if got := i.OnLink(addr); got != tt.onLink {
			t.Errorf("OnLink(%v): want %v, got %v", addr, tt.onLink, got)
		}
	}
}

func TestListHasLoopback(t *testing.T) {
	all, err := netif.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if addr, ok := i.IPv4(); i.Loopback && ok {
			if addr != netip.MustParseAddr("127.0.0.1") || !i.Up || i.Index == 0 || i.MTU == 0 || i.Name == "" {
				t.Errorf("loopback is %+v", i)
			}
			return
		}
	}
	t.Errorf("no loopback with an IPv4 address in %+v", all)
}

func TestSourceFor(t *testing.T) {
	for _, peer := range []string{"127.0.0.9", "::ffff:127.0.0.9"} {
		got, err := netif.SourceFor(netip.MustParseAddr(peer))
		if want := netip.MustParseAddr("127.0.0.1"); err != nil || got != want {
			t.Errorf("SourceFor(%s): want %v, got %v, %v", peer, want, got, err)
		}
	}
	if got, err := netif.SourceFor(netip.Addr{}); err == nil {
		t.Errorf("SourceFor(nothing): want an error, got %v", got)
	}
}
