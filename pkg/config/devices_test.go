package config_test

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/config"
)

func TestDevices(t *testing.T) {
	tests := map[string]struct {
		text  string
		want  config.Devices
		fault string
	}{
		"none":           {text: " , "},
		"address":        {text: "192.0.2.1", want: config.Devices{Addresses: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:0")}}},
		"with a port":    {text: "192.0.2.1:1901", want: config.Devices{Addresses: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:1901")}}},
		"mapped address": {text: "::ffff:192.0.2.1", want: config.Devices{Addresses: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:0")}}},
		"URL":            {text: "http://192.0.2.1:1400/xml/d.xml", want: config.Devices{URLs: []string{"http://192.0.2.1:1400/xml/d.xml"}}},
		"IPv6 URL":       {text: "http://[2001:db8::1]/d.xml", want: config.Devices{URLs: []string{"http://[2001:db8::1]/d.xml"}}},
		"several": {text: "192.0.2.1, http://192.0.2.2/d.xml,,192.0.2.3:7", want: config.Devices{
			Addresses: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:0"), netip.MustParseAddrPort("192.0.2.3:7")},
			URLs:      []string{"http://192.0.2.2/d.xml"},
		}},
		"name":              {text: "speaker", fault: `"speaker" is neither an address nor a URL`},
		"network":           {text: "192.0.2.0/24", fault: `"192.0.2.0/24" is neither an address nor a URL`},
		"port too high":     {text: "192.0.2.1:65536", fault: `"192.0.2.1:65536" is neither an address nor a URL`},
		"IPv6 address":      {text: "2001:db8::1", fault: `"2001:db8::1" is IPv6, which cannot be searched: give the URL of its description`},
		"IPv6 with a port":  {text: "[2001:db8::1]:1900", fault: `"[2001:db8::1]:1900" is IPv6, which cannot be searched: give the URL of its description`},
		"multicast":         {text: "239.255.255.250", fault: `"239.255.255.250" is not the address of one device`},
		"broadcast":         {text: "255.255.255.255", fault: `"255.255.255.255" is not the address of one device`},
		"unspecified":       {text: "0.0.0.0", fault: `"0.0.0.0" is not the address of one device`},
		"https":             {text: "https://192.0.2.1/", fault: `"https://192.0.2.1/" is not a plain http URL`},
		"password in a URL": {text: "http://a:b@192.0.2.1/", fault: `"http://a:b@192.0.2.1/" is not a plain http URL`},
		"name in a URL":     {text: "http://speaker.example/", fault: `"http://speaker.example/" has no address as its host`},
		"multicast URL":     {text: "http://239.255.255.250/", fault: `"http://239.255.255.250/" is not the address of one device`},
		"broken URL":        {text: "http://192.0.2.1:x/", fault: `"http://192.0.2.1:x/" is not a URL`},
		"all faults":        {text: "a,192.0.2.1,ftp://192.0.2.1/", fault: `"a" is neither an address nor a URL; "ftp://192.0.2.1/" is not a plain http URL`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got config.Devices
			err := got.UnmarshalText([]byte(test.text))
			if test.fault != "" {
				if err == nil || err.Error() != test.fault || !reflect.DeepEqual(got, config.Devices{}) {
					t.Errorf("want %s, got %v, %v", test.fault, err, got)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(test.want, got) {
				t.Errorf("want %v, got %v, %v", test.want, got, err)
			}
		})
	}
}

func TestDeviceHosts(t *testing.T) {
	var d config.Devices
	if err := d.UnmarshalText([]byte("192.0.2.1:1900,http://[2001:db8::1]:80/d.xml")); err != nil {
		t.Fatal(err)
	}
	want := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}
	if got := d.Hosts(); !reflect.DeepEqual(want, got) {
		t.Errorf("want %v, got %v", want, got)
	}
}
