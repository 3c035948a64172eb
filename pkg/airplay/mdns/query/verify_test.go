package query

import (
	"testing"

	"github.com/miekg/dns"
)

func TestPlaceInAnswer(t *testing.T) {
	const place, other = `Kitchen\ \(1\)._raop._tcp.local.`, "nas.local."
	p := Place{Name: place, Port: 5000}
	srv := func(name string, port uint16) dns.RR {
		return &dns.SRV{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeSRV}, Port: port}
	}
	tests := []struct {
		name     string
		response bool
		answer   []dns.RR
		want     bool
	}{
		{"ours", true, []dns.RR{srv(place, 5000)}, true},
		{"in other letters", true, []dns.RR{srv(fold(place), 5000)}, true},
		{"behind another", true, []dns.RR{srv(other, 1), srv(place, 5000)}, true},
		{"a question", false, []dns.RR{srv(place, 5000)}, false},
		{"another's of that name", true, []dns.RR{srv(place, 6000)}, false},
		{"of another name", true, []dns.RR{srv(other, 5000)}, false},
		{"of another type", true, []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: place, Rrtype: dns.TypeTXT}}}, false},
		{"nothing", true, nil, false},
	}
	for _, tt := range tests {
		m := &dns.Msg{MsgHdr: dns.MsgHdr{Response: tt.response}, Answer: tt.answer}
		if got := p.In(m); got != tt.want {
			t.Errorf("%s: want %v, got %v", tt.name, tt.want, got)
		}
	}
}
