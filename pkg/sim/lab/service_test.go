package lab

import (
	"net/netip"
	"reflect"
	"testing"
)

func TestParseService(t *testing.T) {
	cases := []struct {
		name, line string
		want       Service
		wantOK     bool
	}{
		{
			"resolved",
			`=;eth0;IPv4;0A1B2C3D4E5F\064Salle\032\195\160\032manger\.;_raop._tcp;local;host.local;10.77.0.10;7720;"cn=0,1" "am=Two words" "tp=UDP"`,
			Service{
				Change: '=', Instance: "0A1B2C3D4E5F@Salle à manger.", Type: "_raop._tcp", Host: "host.local",
				Addr: netip.MustParseAddr("10.77.0.10"), Port: 7720, TXT: []string{"cn=0,1", "am=Two words", "tp=UDP"},
			}, true,
		},
		{
			"resolved, a semicolon in TXT", `=;eth0;IPv4;n;_raop._tcp;local;h.local;10.77.0.10;1;"a=1;b"`,
			Service{
				Change: '=', Instance: "n", Type: "_raop._tcp", Host: "h.local",
				Addr: netip.MustParseAddr("10.77.0.10"), Port: 1, TXT: []string{"a=1;b"},
			}, true,
		},
		{"there", `+;eth0;IPv4;a\\b;_raop._tcp;local`, Service{Change: '+', Instance: `a\b`, Type: "_raop._tcp"}, true},
		{"gone", `-;eth0;IPv4;name;_raop._tcp;local`, Service{Change: '-', Instance: "name", Type: "_raop._tcp"}, true},
		{"cut short", `=;eth0;IPv4;name;_raop._tcp;local`, Service{}, false},
		{"no address", `=;eth0;IPv4;n;_raop._tcp;local;h.local;;1;`, Service{}, false},
		{"no port", `=;eth0;IPv4;n;_raop._tcp;local;h.local;10.77.0.10;70000;`, Service{}, false},
		{"a message", `Failed to resolve service`, Service{}, false},
		{"empty", ``, Service{}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, ok := parseService(c.line)
			if ok != c.wantOK || !reflect.DeepEqual(c.want, got) {
				t.Errorf("want %+v, %v\ngot  %+v, %v", c.want, c.wantOK, got, ok)
			}
		})
	}
}

func TestKnown(t *testing.T) {
	changes := []Service{
		{Change: '+', Instance: "stays"}, {Change: '+', Instance: "leaves"}, {Change: '=', Instance: "stays"},
		{Change: '-', Instance: "leaves"}, {Change: '-', Instance: "never came"},
	}
	if want, got := map[string]bool{"stays": true}, known(changes); !reflect.DeepEqual(want, got) {
		t.Errorf("want %v, got %v", want, got)
	}
}
