package doctor

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/doctor/fingerprint"
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const containerID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// answers lets the holder of 1900/UDP answer.
func answers(p probes, server, location string) probes {
	p.ask = func(context.Context, []netip.AddrPort, []int) (fingerprint.Replies, error) {
		return fingerprint.Replies{Answers: []ssdp.Answer{{Server: server, Location: location}}}, nil
	}
	return p
}

func inContainer(h sockets.Holder) sockets.Holder {
	h.Origin = sockets.Origin{Engine: "docker", Container: containerID}
	return h
}

func TestCheckSSDP(t *testing.T) {
	plex := holder("0.0.0.0:1900", "Plex DLNA Serve")
	unit := holder("0.0.0.0:1900", "minidlnad")
	unit.Unit = "minidlna.service"
	only6 := holder("[::]:1900", "java")
	only6.OnlyIPv6 = true
	invisible := sockets.Holder{Local: netip.MustParseAddrPort("0.0.0.0:1900"), UID: 997}
	proxy := sockets.Holder{Local: netip.MustParseAddrPort("[::]:1900")}
	cases := []struct {
		name    string
		probes  probes
		listens bool
		want    want
	}{
		{"free", healthy(), false, want{OK, "free", "", nil}},
		{"ours alone", surveyed(healthy(holder("239.255.255.250:1900", "breezeway")), sockets.AccessShared), true, want{OK, "Breezeway has it, and shares it", "", nil}},
		{"ours, and one of IPv6", surveyed(healthy(holder("239.255.255.250:1900", "breezeway"), only6), sockets.AccessShared), true, want{OK, "Breezeway has it, and shares it; java", "", nil}},
		{"ours, and one on an address", surveyed(healthy(holder("239.255.255.250:1900", "breezeway"), holder("192.168.1.5:1900", "java")), sockets.AccessShared), true,
			want{OK, "Breezeway has it, and shares it; taken by others on single addresses; java", "", nil}},
		{"ours, and shared", surveyed(healthy(holder("239.255.255.250:1900", "breezeway"), unit), sockets.AccessShared), true, want{OK, "shared; minidlnad", "", nil}},
		{"shared", healthy(unit), false, want{OK, "shared; minidlnad (pid 12, uid 1000, minidlna.service) on 0.0.0.0:1900; this is MiniDLNA", "", nil}},
		{"beside", surveyed(healthy(holder("192.168.1.5:1900", "java")), sockets.AccessBeside), false, want{OK, "taken on single addresses", "", nil}},
		{"exclusive", surveyed(healthy(plex), sockets.AccessExclusive), false,
			want{Note, "this is Plex Media Server: its process", "This does not matter", []string{"Nothing has to be done", "DLNA server", "ps -o pid,user,args -p 12", "order in which the programs start", "PARENT=eth0\nSUBNET=192.168.1.0/24\nGATEWAY=192.168.1.1", "--profile macvlan"}}},
		{"exclusive and wanted", surveyed(healthy(plex), sockets.AccessExclusive), true, want{Warning, "does not share", "BREEZEWAY_SSDP_LISTEN", nil}},
		{"exclusive by a unit", surveyed(healthy(unit), sockets.AccessExclusive), false, want{Note, "minidlna.service", "", []string{"sudo systemctl disable --now minidlna.service"}}},
		{"exclusive in a container", surveyed(healthy(inContainer(plex)), sockets.AccessExclusive), false, want{Note, "docker container 0123456789ab", "", []string{"docker stop 0123456789ab"}}},
		{"docker-proxy for Plex", answers(surveyed(healthy(holder("0.0.0.0:1900", "docker-proxy")), sockets.AccessExclusive), "Platinum/1.0", "http://172.17.0.2:32469/"), false,
			want{Note, "this is Plex Media Server: it answers as", "", []string{"docker ps --filter publish=1900/udp", "take \"1900:1900/udp\" out of the container's ports", "grep -wF 172.17.0.2"}}},
		{"docker-proxy for Plex, from a container", answers(surveyed(healthy(sockets.Holder{Local: netip.MustParseAddrPort("0.0.0.0:1900")}, proxy), sockets.AccessExclusive), "Platinum/1.0", "http://172.18.0.2:32469/"), false,
			want{Note, "this is docker-proxy, for a container that publishes the port: root has it for all addresses, and answers for 172.18.0.2", "", []string{"docker ps --filter publish=1900/udp", "\"1900:1900/udp\"", "grep -wF 172.18.0.2"}}},
		{"docker-proxy, from a container", surveyed(healthy(proxy), sockets.AccessExclusive), false, want{Note, "perhaps this is docker-proxy", "", []string{"sudo ss -ulpn 'sport = :1900'"}}},
		{"unknown, Plex beside it", surveyed(healthy(invisible, listener("0.0.0.0:32469")), sockets.AccessExclusive), false, want{Note, "perhaps this is Plex Media Server, since TCP port 32469", "", nil}},
		{"cannot be tried", surveyed(healthy(invisible), sockets.AccessUnknown), false, want{Note, "cannot be told", "", nil}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := newExam(Options{ListensSSDP: c.listens}, c.probes).ssdp.check(t.Context())
			c.want.check(t, got)
			if got.Status == Failed {
				t.Error("a held 1900 is never a failure")
			}
		})
	}
}

func listener(local string) sockets.Holder {
	return sockets.Holder{Protocol: sockets.TCP, Local: netip.MustParseAddrPort(local)}
}

// Nobody is asked where nobody is, and nobody but this host.
func TestCheckSSDPAsks(t *testing.T) {
	var asked []netip.AddrPort
	p := healthy()
	p.ask = func(_ context.Context, targets []netip.AddrPort, _ []int) (fingerprint.Replies, error) {
		asked = targets
		return fingerprint.Replies{}, errors.New("no answer")
	}
	newExam(Options{}, p).ssdp.check(t.Context())
	if asked != nil {
		t.Errorf("want nobody asked, got %v", asked)
	}
	p.table = func() (*sockets.Table, error) { return sockets.NewTable(holder("0.0.0.0:1900", "x")), nil }
	newExam(Options{}, p).ssdp.check(t.Context())
	want := "[127.0.0.1:1900 192.168.1.5:1900 172.17.0.1:1900]"
	if got := strings.ReplaceAll(sprint(asked), ",", ""); got != want {
		t.Errorf("want %s asked, got %s", want, got)
	}
}

func sprint(list []netip.AddrPort) string {
	var parts []string
	for _, a := range list {
		parts = append(parts, a.String())
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func TestCheckMDNS(t *testing.T) {
	heard := func(context.Context) []SelfQueryResult { return []SelfQueryResult{{Way: "IPv4 on eth0"}} }
	avahi := holder("0.0.0.0:5353", "avahi-daemon")
	avahi6 := holder("[::]:5353", "avahi-daemon")
	avahi6.OnlyIPv6 = true
	only6 := healthy(avahi6)
	only6.survey = func(_ *sockets.Table, group netip.AddrPort, index int) (sockets.Survey, error) {
		if group.Addr().Is6() && index == eth0.Index {
			return sockets.Survey{Access: sockets.AccessExclusive}, nil
		}
		return sockets.Survey{Access: sockets.AccessFree}, nil
	}
	cases := []struct {
		name   string
		probes probes
		query  func(context.Context) []SelfQueryResult
		want   want
	}{
		{"free", healthy(), nil, want{OK, "free", "", nil}},
		{"shared", healthy(avahi), nil, want{OK, "this is avahi-daemon", "", nil}},
		{"exclusive", surveyed(healthy(avahi), sockets.AccessExclusive), nil,
			want{Failed, "does not share", "Senders cannot find the speakers", []string{"disallow-other-stacks=no", "--profile macvlan"}}},
		{"exclusive, heard beside it", surveyed(healthy(avahi), sockets.AccessExclusive), heard, want{Note, "avahi-daemon", "answers are received", []string{"Nothing has to be done"}}},
		{"beside", surveyed(healthy(avahi), sockets.AccessBeside), nil, want{Note, "single addresses", "next check", nil}},
		{"exclusive over IPv6", only6, nil, want{Note, "over IPv4 free, over IPv6 held by a program", "use only IPv6", []string{"disallow-other-stacks=no"}}},
		{"not asked by M-SEARCH", answers(healthy(avahi), "Platinum", "http://192.168.1.5:32469/"), nil, want{OK, "this is avahi-daemon", "", nil}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := newExam(Options{SelfQuery: c.query}, c.probes).mdns.check(t.Context())
			c.want.check(t, got)
			if contains(got.Seen, "Plex") {
				t.Errorf("want no SSDP answers counted, got %q", got.Seen)
			}
		})
	}
}

func TestCheckSelfQuery(t *testing.T) {
	want{Skipped, "no mDNS responder", "", nil}.check(t, newExam(Options{}, healthy()).query.check(t.Context()))
	heard, unheard := SelfQueryResult{Way: "IPv4 on eth0"}, SelfQueryResult{Way: "IPv6 on eth0", Err: errors.New("no answer came")}
	cases := []struct {
		name    string
		results []SelfQueryResult
		want    want
	}{
		{"nothing announced", nil, want{Skipped, "nothing to ask for", "", nil}},
		{"heard", []SelfQueryResult{heard}, want{OK, "answered, over IPv4 on eth0", "", nil}},
		{"heard in part", []SelfQueryResult{heard, unheard}, want{Warning, "not answered over IPv6 on eth0 (no answer came); answered over IPv4 on eth0", "only that way", []string{"ufw allow"}}},
		{"unheard", []SelfQueryResult{unheard}, want{Failed, "not answered over IPv6 on eth0 (no answer came)", "do not see the speakers", []string{"ufw allow"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := Options{SelfQuery: func(context.Context) []SelfQueryResult { return c.results }}
			c.want.check(t, newExam(o, healthy()).query.check(t.Context()))
		})
	}
}

func TestCheckPorts(t *testing.T) {
	ours := Ports{Purpose: "streams", Variable: "BREEZEWAY_HTTP_PORT", Protocol: sockets.TCP, PortRange: settings.PortRange{First: 7700, Last: 7702}, Needed: 1}
	other := func(port string) sockets.Holder {
		h := listener("0.0.0.0:" + port)
		h.PID, h.Command = 9, "nginx"
		return h
	}
	cases := []struct {
		name    string
		ports   Ports
		holders []sockets.Holder
		want    want
	}{
		{"free", ours, nil, want{OK, "TCP 7700-7702, 3 of them free", "", nil}},
		{"ours", ours, []sockets.Holder{{Protocol: sockets.TCP, Local: netip.MustParseAddrPort("[::]:7700"), Command: "breezeway"}}, want{OK, "3 of them free", "", nil}},
		{"another protocol", ours, []sockets.Holder{holder("0.0.0.0:7700", "dhcpd")}, want{OK, "3 of them free", "", nil}},
		{"one taken, by two sockets", ours, []sockets.Holder{other("7700"), {Protocol: sockets.TCP, Local: netip.MustParseAddrPort("[::]:7700"), PID: 9, Command: "nginx"}},
			want{Note, "2 of them free; nginx (pid 9, uid 0) on 0.0.0.0:7700", "next ports", nil}},
		{"all taken", ours, []sockets.Holder{other("7700"), other("7701"), other("7702")}, want{Failed, "0 of them free, 1 needed", "too few", []string{"BREEZEWAY_HTTP_PORT=7703-7705"}}},
		{"any", Ports{Variable: "BREEZEWAY_UDP_PORTS", Protocol: sockets.UDP}, nil, want{Note, "any port", "firewall", []string{"BREEZEWAY_UDP_PORTS=7700-7799"}}},
		{"one", Ports{Variable: "X", Protocol: sockets.TCP, PortRange: settings.PortRange{First: 80, Last: 80}, Needed: 1}, []sockets.Holder{other("80")}, want{Failed, "TCP 80, 0 of them free", "too few", []string{"X=7700"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.want.check(t, newExam(Options{Ports: []Ports{c.ports}}, healthy(c.holders...)).ranges.check(c.ports))
		})
	}
}

func TestCheckPlex(t *testing.T) {
	udp := func(first, last uint16) []Ports {
		return []Ports{{Variable: "BREEZEWAY_UDP_PORTS", Protocol: sockets.UDP, PortRange: settings.PortRange{First: first, Last: last}, Needed: 3}}
	}
	cases := []struct {
		name    string
		ports   []Ports
		holders []sockets.Holder
		want    want
	}{
		{"not here", udp(7820, 7919), nil, want{OK, "taken by others on this host: none; none of ours", "", nil}},
		{"here", udp(7820, 7919), []sockets.Holder{listener("0.0.0.0:32400"), holder("0.0.0.0:32414", "Plex")}, want{OK, "32400/TCP (everything), 32414/UDP (GDM)", "", nil}},
		{"ours among them", udp(32400, 32499), nil, want{Warning, "ours as well: 32410/UDP (GDM) in BREEZEWAY_UDP_PORTS, 32412", "does not share", []string{"BREEZEWAY_UDP_PORTS=7700-7799"}}},
		{"up to them", udp(32300, 32409), nil, want{OK, "none of ours", "", nil}},
		{"any", udp(0, 0), nil, want{OK, "none of ours", "", nil}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := newExam(Options{Ports: c.ports}, healthy(c.holders...)).ranges.checkPlex(t.Context())
			c.want.check(t, got)
			if len(got.Do) > 1 {
				t.Errorf("want one cure, got %+v", got.Do)
			}
		})
	}
}

func TestFreeRange(t *testing.T) {
	http := Ports{Variable: "HTTP", Protocol: sockets.TCP, PortRange: settings.PortRange{First: 7700, Last: 7719}}
	rtsp := Ports{Variable: "RTSP", Protocol: sockets.TCP, PortRange: settings.PortRange{First: 7720, Last: 7819}}
	taken := listener("0.0.0.0:7700")
	x := newExam(Options{Ports: []Ports{http, rtsp}}, healthy(taken, listener("0.0.0.0:7830")))
	first, last, ok := x.ranges.freeRange(http)
	if !ok || first != 7840 || last != 7859 {
		t.Errorf("want 7840-7859, beyond RTSP's and what is taken, got %d-%d, %v", first, last, ok)
	}
	if first, last, ok := x.ranges.freeRange(Ports{Variable: "X", PortRange: settings.PortRange{First: 1, Last: 60000}}); ok {
		t.Errorf("want none so long, got %d-%d", first, last)
	}
}

func TestCureOwnAddress(t *testing.T) {
	p := healthy()
	p.links = func() (map[string]link, error) { return map[string]link{"eth0": {wireless: true}}, nil }
	steps := newExam(Options{}, p).mdns.ownAddress.steps()
	if len(steps) != 1 || !contains(steps[0].Text, "Wi-Fi") || steps[0].Paste != "" {
		t.Errorf("want no macvlan over Wi-Fi, got %+v", steps)
	}
	p = healthy()
	odd := eth0
	odd.Name = "eth0;reboot"
	p.interfaces = listing(odd)
	if steps := newExam(Options{}, p).mdns.ownAddress.steps(); steps != nil {
		t.Errorf("want nothing to paste with such a name, got %+v", steps)
	}
}

func TestWithoutTables(t *testing.T) {
	p := healthy()
	p.table = func() (*sockets.Table, error) { return nil, errors.New("/proc is not mounted") }
	x := newExam(Options{}, p)
	for name, got := range map[string]Result{
		"SSDP": x.ssdp.check(t.Context()), "mDNS": x.mdns.check(t.Context()),
		"Plex": x.ranges.checkPlex(t.Context()), "ports": x.ranges.check(Ports{PortRange: settings.PortRange{First: 1, Last: 2}}),
	} {
		t.Run(name, func(t *testing.T) {
			want{Skipped, "/proc is not mounted", "", nil}.check(t, got)
		})
	}
}
