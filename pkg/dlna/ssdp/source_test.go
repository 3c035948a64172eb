package ssdp

import (
	"net/netip"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

func TestOffLinkSourcesDropped(t *testing.T) {
	const datagram = "HTTP/1.1 200 OK\r\nLOCATION: http://192.0.2.20/\r\nST: ssdp:all\r\nUSN: uuid:1\r\n\r\n"
	tests := []struct {
		name string
		from string
		want bool
	}{
		{"neighbour", "192.0.2.20:1900", true},
		{"another network", "203.0.113.9:1900", false},
		{"another network, configured", "203.0.113.10:40000", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := 0
			s := New(Options{
				Targets:  []string{searchAll},
				Devices:  []netip.AddrPort{netip.MustParseAddrPort("203.0.113.10:1900")},
				OnAnswer: func(Answer) { got++ },
			})
			k := &socket{iface: netif.Interface{Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/24")}}}
			s.take(packet{socket: k, from: netip.MustParseAddrPort(tt.from), received: time.Unix(1000, 0), data: []byte(datagram)})
			if (got == 1) != tt.want || (s.Stats().OffLink == 0) != tt.want {
				t.Errorf("want passed %v, got %d answers, %+v", tt.want, got, s.Stats())
			}
		})
	}
}
