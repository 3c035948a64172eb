package ports_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/ports"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

var config = ports.Settings{
	HTTP: settings.PortRange{First: 7700, Last: 7719},
	RTSP: settings.PortRange{First: 7720, Last: 7819},
	UDP:  settings.PortRange{First: 7820, Last: 7919},
	SSDP: settings.PortRange{First: 7920, Last: 7920},
}

// The lines were tried with ufw 0.36, nft 1.0.6 and firewalld 1.3.
func TestFirewalls(t *testing.T) {
	lan := netip.MustParsePrefix("192.0.2.0/24")
	lan6 := netip.MustParsePrefix("2001:db8::/64")
	one := func(change func(*ports.Settings)) ports.Settings {
		s := ports.Settings{}
		change(&s)
		return s
	}
	tests := []struct {
		name string
		s    ports.Settings
		from []netip.Prefix
		want map[string][]string // the first lines of each tool
	}{
		{"from everywhere", one(func(s *ports.Settings) { s.RTSP = config.RTSP }), nil, map[string][]string{
			"ufw":       {"ufw allow proto tcp from any to any port 7720:7819 comment breezeway"},
			"nft":       {"nft insert rule inet filter input tcp dport 7720-7819 accept comment breezeway"},
			"firewalld": {`firewall-cmd --permanent --add-rich-rule='rule port port="7720-7819" protocol="tcp" accept'`},
		}},
		{"from a network of each family", one(func(s *ports.Settings) { s.UDP = config.UDP }), []netip.Prefix{lan, lan6}, map[string][]string{
			"ufw": {
				"ufw allow proto udp from 192.0.2.0/24 to any port 7820:7919 comment breezeway",
				"ufw allow proto udp from 2001:db8::/64 to any port 7820:7919 comment breezeway",
			},
			"nft": {
				"nft insert rule inet filter input ip saddr 192.0.2.0/24 udp dport 7820-7919 accept comment breezeway",
				"nft insert rule inet filter input ip6 saddr 2001:db8::/64 udp dport 7820-7919 accept comment breezeway",
			},
			"firewalld": {
				`firewall-cmd --permanent --add-rich-rule='rule family="ipv4" source address="192.0.2.0/24" port port="7820-7919" protocol="udp" accept'`,
				`firewall-cmd --permanent --add-rich-rule='rule family="ipv6" source address="2001:db8::/64" port port="7820-7919" protocol="udp" accept'`,
			},
		}},
		{"what has no IPv6", one(func(s *ports.Settings) { s.SSDP = config.SSDP }), []netip.Prefix{lan, lan6}, map[string][]string{
			"ufw": {
				"ufw allow proto udp from 192.0.2.0/24 to any port 7920 comment breezeway",
				"ufw allow proto udp from 192.0.2.0/24 to any port 5353 comment breezeway",
				"ufw allow proto udp from 2001:db8::/64 to any port 5353 comment breezeway",
			},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := make(map[string][]string)
			for _, f := range ports.Firewalls(ports.Plan(tt.s), tt.from) {
				got[f.Tool] = f.Lines
			}
			for tool, want := range tt.want {
				if len(got[tool]) < len(want) || !slices.Equal(want, got[tool][:len(want)]) {
					t.Errorf("%s: want first\n%s\ngot\n%s", tool, strings.Join(want, "\n"), strings.Join(got[tool], "\n"))
				}
			}
			if last := got["firewalld"]; last[len(last)-1] != "firewall-cmd --reload" {
				t.Error("want a reload at the end of firewalld's lines")
			}
		})
	}
}

func TestListeningPort(t *testing.T) {
	count := func(s ports.Settings) (n int) {
		for _, line := range ports.Firewalls(ports.Plan(s), nil)[0].Lines {
			n += strings.Count(line, " 1900 ")
		}
		return n
	}
	listens := config
	listens.ListensSSDP = true
	if count(config) != 0 || count(listens) != 1 {
		t.Error("want 1900 let in only when it is listened on")
	}
}

func TestUnfixed(t *testing.T) {
	if got := ports.Unfixed(ports.Plan(config)); len(got) != 0 {
		t.Errorf("want none, got %v", got)
	}
	s := config
	s.UDP = settings.PortRange{}
	got := ports.Unfixed(ports.Plan(s))
	if len(got) != 1 || got[0].Variable != "BREEZEWAY_UDP_PORTS" {
		t.Errorf("want the UDP ports, got %v", got)
	}
	for _, f := range ports.Firewalls(ports.Plan(s), nil) {
		if text := strings.Join(f.Lines, "\n"); strings.Contains(text, "any port any") || strings.Contains(text, "dport any") {
			t.Errorf("want no rule for any port, got %s", text)
		}
	}
}

func TestMarkdown(t *testing.T) {
	plan := ports.Plan(config)
	if text := ports.Markdown(plan); strings.Contains(text, "State") || strings.Count(text, "\n") != len(plan)+2 {
		t.Errorf("want a table without states, got\n%s", text)
	}
	plan[0].State, plan[0].Detail = ports.StateHeld, "a|b (pid 1)"
	if text := ports.Markdown(plan); !strings.Contains(text, `| held: a\|b (pid 1) |`) {
		t.Errorf("want the state with its bar escaped, got\n%s", text)
	}
}

func TestWriteText(t *testing.T) {
	plan := ports.Plan(config)
	plan[0].State = ports.StateOurs
	var out bytes.Buffer
	if err := ports.WriteText(&out, plan, ports.Firewalls(plan, nil)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"7700-7719", "BREEZEWAY_HTTP_PORT    ours\n", "fixed by the standard", "\nufw:\n  ufw allow", "\nnft (until the next start", "\nfirewalld:\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in\n%s", want, &out)
		}
	}
}

func TestWriteMarkdown(t *testing.T) {
	var out bytes.Buffer
	if err := ports.WriteMarkdown(&out, ports.Plan(config), ports.Firewalls(ports.Plan(config), nil)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "```"); got != 6 {
		t.Errorf("want three blocks, got %d marks in\n%s", got, &out)
	}
}

func TestWriteJSON(t *testing.T) {
	plan := ports.Plan(config)
	plan[4].State, plan[4].Detail = ports.StateShared, "avahi-daemon"
	var out bytes.Buffer
	if err := ports.WriteJSON(&out, plan, ports.Firewalls(plan, nil)); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Ports []struct {
			First, Last                                      int
			Protocol, Purpose, From, Variable, State, Detail string
		}
		Firewalls []ports.Firewall
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Ports) != len(plan) || len(got.Firewalls) != 3 {
		t.Fatalf("want everything, got %s", &out)
	}
	row := got.Ports[4]
	if row.First != 5353 || row.Last != 5353 || row.Protocol != "UDP" || row.Variable != "" || row.State != "shared" || row.Detail != "avahi-daemon" {
		t.Errorf("want the row of mDNS, got %+v", row)
	}
}

func TestMergeNetworks(t *testing.T) {
	parse := func(list ...string) (networks []netip.Prefix) {
		for _, s := range list {
			networks = append(networks, netip.MustParsePrefix(s))
		}
		return networks
	}
	got := ports.MergeNetworks(parse("2001:db8::/64", "192.0.2.7/32", "192.0.2.0/24", "198.51.100.7/32", "192.0.2.0/24"))
	want := parse("192.0.2.0/24", "198.51.100.7/32", "2001:db8::/64")
	if !slices.Equal(want, got) {
		t.Errorf("want %v, got %v", want, got)
	}
	got = ports.MergeNetworks(parse("fe80::/64", "fe80::/64"))
	if want := parse("fe80::/10"); !slices.Equal(want, got) {
		t.Errorf("want %v, got %v", want, got)
	}
}
