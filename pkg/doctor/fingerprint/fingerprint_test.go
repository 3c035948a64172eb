package fingerprint

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

func hidden(local string) sockets.Holder {
	return sockets.Holder{Local: netip.MustParseAddrPort(local)}
}

func process(command string) []sockets.Holder {
	return []sockets.Holder{{Local: netip.MustParseAddrPort("0.0.0.0:1900"), UID: 1000, PID: 12, Command: command}}
}

func answering(server, location string) []ssdp.Answer {
	return []ssdp.Answer{{Server: server, Location: location}}
}

// own is the host's only address.
func own(addr netip.Addr) bool { return addr == netip.MustParseAddr("10.77.0.2") }

func TestIdentify(t *testing.T) {
	const platinum = "UPnP/1.0 DLNADOC/1.50 Platinum/1.0.5.13"
	cases := []struct {
		name    string
		holders []sockets.Holder
		answers []ssdp.Answer
		tcp     []uint16
		want    string // names, "?" after a guess
	}{
		{"nothing", nil, nil, nil, ""},
		{"nothing, though Plex runs", nil, nil, []uint16{32400, 32469}, ""},
		{"Plex by LOCATION", nil, answering(platinum, "http://10.77.0.2:32469/DeviceDescription.xml"), nil, "Plex Media Server"},
		{"Plex by its DLNA port", nil, answering(platinum, "http://10.77.0.2:1/"), []uint16{32469}, "Plex Media Server"},
		{"Plex by its main port", nil, answering(platinum, "not a URL"), []uint16{32400}, "Plex Media Server"},
		{"Plex by process", process("Plex DLNA Serve"), nil, nil, "Plex Media Server"},
		{"Plex, silent and hidden", []sockets.Holder{{Local: netip.MustParseAddrPort("0.0.0.0:1900"), UID: 997}}, nil, []uint16{32469}, "Plex Media Server?"},
		{"Plex by process and answer, once", process("Plex DLNA Serve"), answering(platinum, "http://10.77.0.2:32469/"), nil, "Plex Media Server"},
		{"Plex in a container with a published port", process("docker-proxy"), answering(platinum, "http://172.17.0.2:32469/"), nil,
			"Plex Media Server, docker-proxy, for a container that publishes the port"},
		{"Kodi by answer", nil, answering("UPnP/1.0 DLNADOC/1.50 Kodi", "http://10.77.0.2:1234/"), nil, "Kodi"},
		{"Kodi by its event server", nil, answering(platinum, "http://10.77.0.2:1647/"), []uint16{9777}, "Kodi"},
		{"Platinum and nothing more", nil, answering(platinum, "http://10.77.0.2:1647/"), nil, "Plex, Kodi or another program with the Platinum library"},
		{"minidlna", nil, answering("Debian DLNADOC/1.50 UPnP/1.0 MiniDLNA/1.3.0", "http://10.77.0.2:8200/rootDesc.xml"), nil, "MiniDLNA (ReadyMedia)"},
		{"libupnp", nil, answering("Linux/6.1, UPnP/1.0, Portable SDK for UPnP devices/1.14.2", "http://10.77.0.2:49152/"), nil, "a program with the libupnp library"},
		{"Gerbera before libupnp", nil, answering("Linux/6.1 UPnP/1.0 Gerbera/1.12 Portable SDK for UPnP devices/1.14", "http://10.77.0.2:49152/"), nil, "Gerbera (MediaTomb)"},
		{"Jellyfin", nil, answering("Linux/6.1 UPnP/1.0 RSSDP/1.0", "http://10.77.0.2:8096/dlna/x"), []uint16{8096}, "Jellyfin"},
		{"RSSDP and nothing more", nil, answering("Linux/6.1 UPnP/1.0 RSSDP/1.0", "http://10.77.0.2:80/"), nil, "Jellyfin, Emby or another program with the RSSDP library"},
		{"Home Assistant by process", process("python3"), nil, []uint16{8123}, "Home Assistant"},
		{"a snake of another kind", process("python3"), nil, nil, ""},
		{"Home Assistant's emulated Hue", nil, answering("FreeRTOS/6.0.5, UPnP/1.0, IpBridge/1.16.0", "http://10.77.0.2:8300/description.xml"), []uint16{8123}, "Home Assistant"},
		{"UniFi", process("java"), nil, []uint16{8443}, "UniFi Network"},
		{"miniSSDPd", process("minissdpd"), nil, nil, "miniSSDPd"},
		{"tvheadend", nil, answering("unix/1.0 UPnP/1.1 TVHeadend/4.3", "http://10.77.0.2:9981/satip_server/desc.xml"), nil, "tvheadend"},
		{"HDHomeRun", nil, answering("HDHomeRun/1.0 UPnP/1.0", "http://10.77.0.2:80/dri/device.xml"), nil, "an HDHomeRun service"},
		{"docker-proxy by name", process("docker-proxy"), nil, nil, "docker-proxy, for a container that publishes the port"},
		{"docker-proxy by its IPv6 socket", []sockets.Holder{hidden("[::]:1900")}, nil, nil, "docker-proxy, for a container that publishes the port?"},
		{"docker-proxy by its pair", []sockets.Holder{hidden("0.0.0.0:1900"), hidden("[::]:1900")}, nil, nil, "docker-proxy, for a container that publishes the port?"},
		{"root by IPv4 alone is anybody", []sockets.Holder{hidden("0.0.0.0:1900")}, nil, nil, ""},
		{"root's IPv6 socket that answers", []sockets.Holder{hidden("[::]:1900")}, answering("Foo/1", "http://10.77.0.2:1/"), nil, ""},
		{"Plex behind docker-proxy, hidden", []sockets.Holder{hidden("0.0.0.0:1900"), hidden("[::]:1900")}, answering(platinum, "http://172.17.0.2:32469/"), nil,
			"Plex Media Server, docker-proxy, for a container that publishes the port"},
		{"docker-proxy without IPv6", []sockets.Holder{hidden("0.0.0.0:1900")}, answering("Foo/1", "http://172.17.0.2:1/"), nil,
			"docker-proxy, for a container that publishes the port"},
		{"root, with a LOCATION that names no address", []sockets.Holder{hidden("[::]:1900")}, answering("Foo/1", "http://nas.invalid:1/"), nil, ""},
		{"another user's answer for another host", []sockets.Holder{{Local: netip.MustParseAddrPort("0.0.0.0:1900"), UID: 5}}, answering("Foo/1", "http://172.17.0.2:1/"), nil, ""},
		{"minidlna shares beside Plex", append(process("minidlnad"), process("Plex DLNA Serve")...), answering("Debian DLNADOC/1.50 UPnP/1.0 MiniDLNA/1.3.0", "http://10.77.0.2:8200/"), nil,
			"MiniDLNA (ReadyMedia), Plex Media Server"},
		{"a port that only with a process is a sign", []sockets.Holder{{Local: netip.MustParseAddrPort("0.0.0.0:1900"), UID: 5}}, nil, []uint16{5001}, ""},
		{"unknown", process("frobnicate"), answering("Foo/1", "http://10.77.0.2:1/"), nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, m := range Identify(Evidence{
				Holders: c.holders, Answers: c.answers, Own: own,
				Listens: func(p uint16) bool { return slices.Contains(c.tcp, p) },
			}) {
				name := m.Name
				if m.Guess {
					name += "?"
				}
				if m.Evidence == "" {
					t.Errorf("%s: no reason", name)
				}
				got = append(got, name)
			}
			if got := strings.Join(got, ", "); got != c.want {
				t.Errorf("want %q, got %q", c.want, got)
			}
		})
	}
}

// The container behind docker-proxy is told by what it answers, whether the
// process is seen or not.
func TestContainerBehindProxy(t *testing.T) {
	answers := answering("Platinum", "http://172.17.0.2:32469/")
	for name, holders := range map[string][]sockets.Holder{
		"seen":   process("docker-proxy"),
		"hidden": {hidden("0.0.0.0:1900"), hidden("[::]:1900")},
	} {
		found := Identify(Evidence{Holders: holders, Answers: answers, Own: own})
		if len(found) != 2 || !found[1].Proxies() || found[1].Behind != netip.MustParseAddr("172.17.0.2") || found[0].Proxies() {
			t.Errorf("%s: want Plex and docker-proxy for 172.17.0.2, got %+v", name, found)
		}
	}
}

func TestIdentifyWithoutPorts(t *testing.T) {
	got := Identify(Evidence{Holders: process("avahi-daemon")})
	if len(got) != 1 || got[0].Name != "avahi-daemon" || got[0].FreeMDNS == "" {
		t.Errorf("want avahi-daemon with a cure, got %+v", got)
	}
}

// A sign that nothing must hold for would claim every port.
func TestSignsSaySomething(t *testing.T) {
	names := map[string]bool{}
	for _, p := range programs {
		if names[p.Name] {
			t.Errorf("%s stands in the table twice", p.Name)
		}
		names[p.Name] = true
		if p.FreeSSDP == "" && p.FreeMDNS == "" {
			t.Errorf("%s: no cure", p.Name)
		}
		for _, s := range p.signs {
			if s.server == "" && s.command == "" && s.tcp == 0 || s.location != 0 && s.server == "" || len(s.command) > 15 {
				t.Errorf("%s: sign %+v", p.Name, s)
			}
		}
	}
}

func TestPortOf(t *testing.T) {
	cases := map[string]uint16{
		"http://10.77.0.2:32469/x":  32469,
		"http://[fe80::1]:32469/":   32469,
		"http://10.77.0.2/":         0,
		"http://10.77.0.2:70000/":   0,
		"http://name.invalid:8200/": 0,
		"http://[::1":               0,
		"":                          0,
	}
	for location, want := range cases {
		if got := portOf(location); got != want {
			t.Errorf("portOf(%q): want %d, got %d", location, want, got)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add("UPnP/1.0 DLNADOC/1.50 Platinum/1.0.5.13", "http://10.77.0.2:32469/", "Plex DLNA Serve")
	f.Add("", "http://[::1", "\x00")
	f.Fuzz(func(t *testing.T, server, location, command string) {
		e := Evidence{Holders: process(command), Answers: answering(server, location), Own: own}
		for _, m := range Identify(e) {
			if m.Name == "" || m.Guess {
				t.Errorf("%+v", m)
			}
			_ = fmt.Sprint(m)
		}
	})
}
