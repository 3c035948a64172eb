package mdns

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

const (
	kitchen     = `AABBCCDDEEFF\@K\195\188che\ \240\159\142\181._raop._tcp.local.`
	kitchenText = "AABBCCDDEEFF@Küche 🎵"
	typeRAOP    = "_raop._tcp.local."
	nas         = "nas.local."
)

// sampleZone has one service on a host with the given addresses.
func sampleZone(addrs ...string) *zone {
	var list []netip.Addr
	for _, a := range addrs {
		list = append(list, netip.MustParseAddr(a))
	}
	z := newZone()
	name := instanceName(kitchenText, "_raop._tcp")
	z.add(serviceRecords(name, Service{Type: "_raop._tcp", Port: 5000, TXT: []string{"tp=UDP"}}, nas)...)
	z.add(directoryRecord("_raop._tcp"), instanceAbsence(name))
	addresses := addressRecords(nas, list)
	z.add(addresses...)
	z.add(hostAbsence(nas, addresses)...)
	return z
}

// brief writes records as "TYPE name data", without lifetimes.
func brief(records []record) []string {
	list := []string{}
	for _, r := range records {
		fields := strings.Split(r.rr.String(), "\t")
		list = append(list, fields[3]+" "+fields[0]+" "+strings.Join(fields[4:], " "))
	}
	slices.Sort(list)
	return list
}

func TestRespond(t *testing.T) {
	z := sampleZone("192.168.1.5")
	pointer := "PTR " + typeRAOP + " " + kitchen
	srv := "SRV " + kitchen + " 0 0 5000 " + nas
	txt := "TXT " + kitchen + ` "tp=UDP"`
	a := "A " + nas + " 192.168.1.5"
	noAAAA := "NSEC " + nas + " " + nas + " A"
	noOther := "NSEC " + kitchen + " " + kitchen + " TXT SRV"
	question := func(name string, qtype uint16) dns.Question {
		return dns.Question{Name: name, Qtype: qtype, Qclass: dns.ClassINET}
	}
	unicast := func(q dns.Question) dns.Question { q.Qclass |= topBit; return q }
	knownFor := func(ttl uint32) []dns.RR {
		rr := pointerRecord(typeRAOP, kitchen).rr
		rr.Header().Ttl = ttl
		return []dns.RR{rr}
	}
	tests := []struct {
		name    string
		q       dns.Question
		known   []dns.RR
		legacy  bool
		toAll   []string
		toAsker []string
	}{
		{name: "browse", q: question(typeRAOP, dns.TypePTR), toAll: []string{pointer}},
		{name: "browse in capitals", q: question("_RAOP._TCP.LOCAL.", dns.TypePTR), toAll: []string{pointer}},
		{name: "types", q: question(directoryName, dns.TypePTR), toAll: []string{"PTR " + directoryName + " " + typeRAOP}},
		{name: "place", q: question(kitchen, dns.TypeSRV), toAll: []string{srv}},
		{name: "place in capitals", q: question(strings.ToUpper(kitchen), dns.TypeSRV), toAll: []string{srv}},
		{name: "description", q: question(kitchen, dns.TypeTXT), toAll: []string{txt}},
		{name: "anything of an instance", q: question(kitchen, dns.TypeANY), toAll: []string{srv, txt}},
		{name: "address of an instance", q: question(kitchen, dns.TypeA), toAll: []string{noOther}},
		{name: "address", q: question(nas, dns.TypeA), toAll: []string{a}},
		{name: "address that is not there", q: question(nas, dns.TypeAAAA), toAll: []string{noAAAA}},
		{name: "another type", q: question("_airplay._tcp.local.", dns.TypePTR)},
		{name: "another host", q: question("nas2.local.", dns.TypeA)},
		{name: "no such record of a type", q: question(typeRAOP, dns.TypeTXT)},
		{name: "any class", q: dns.Question{Name: nas, Qtype: dns.TypeA, Qclass: dns.ClassANY}, toAll: []string{a}},
		{name: "another class", q: dns.Question{Name: nas, Qtype: dns.TypeA, Qclass: dns.ClassCHAOS}},
		{name: "unicast wanted", q: unicast(question(nas, dns.TypeA)), toAsker: []string{a}},
		{name: "legacy", q: question(nas, dns.TypeA), legacy: true, toAsker: []string{a}},
		{name: "known", q: question(typeRAOP, dns.TypePTR), known: knownFor(4500)},
		{name: "known for half of its life", q: question(typeRAOP, dns.TypePTR), known: knownFor(2250)},
		{name: "known for less", q: question(typeRAOP, dns.TypePTR), known: knownFor(2249), toAll: []string{pointer}},
		{name: "another known", q: question(kitchen, dns.TypeSRV), known: knownFor(4500), toAll: []string{srv}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			query := &dns.Msg{Question: []dns.Question{tt.q, tt.q}, Answer: tt.known}
			got := z.respond(query, tt.legacy)
			slices.Sort(tt.toAll)
			if !slices.Equal(brief(got.toAll), tt.toAll) {
				t.Errorf("to all: want %q, got %q", tt.toAll, brief(got.toAll))
			}
			if !slices.Equal(brief(got.toAsker), tt.toAsker) {
				t.Errorf("to the asker: want %q, got %q", tt.toAsker, brief(got.toAsker))
			}
		})
	}
}

func TestExtras(t *testing.T) {
	z := sampleZone("192.168.1.5", "fe80::5")
	all := z.lookup(typeRAOP, dns.TypePTR)
	got := brief(z.extras(all[0]))
	want := []string{
		"A " + nas + " 192.168.1.5", "AAAA " + nas + " fe80::5",
		"SRV " + kitchen + " 0 0 5000 " + nas, "TXT " + kitchen + ` "tp=UDP"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
	z.add(directoryRecord("_raop._tcp"))
	if got := z.lookup(directoryName, dns.TypePTR); len(got) != 1 {
		t.Errorf("a record that was added twice is there %d times", len(got))
	}
	if extra := z.extras(z.lookup(kitchen, dns.TypeTXT)[0]); len(extra) != 0 {
		t.Errorf("beside a TXT record: %q", brief(extra))
	}
}

func TestTooManyQuestions(t *testing.T) {
	z := sampleZone("192.168.1.5")
	query := &dns.Msg{}
	for i := range maxQuestions {
		query.Question = append(query.Question, dns.Question{Name: fmt.Sprintf("x%d.local.", i), Qtype: dns.TypeA, Qclass: dns.ClassINET})
	}
	query.Question = append(query.Question, dns.Question{Name: nas, Qtype: dns.TypeA, Qclass: dns.ClassINET})
	if got := z.respond(query, false); len(got.toAll) != 0 {
		t.Errorf("a question beyond the limit is answered: %q", brief(got.toAll))
	}
}

func TestTXTStrings(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := []struct {
		name string
		txt  []string
		want []string // as miekg/dns reads it
	}{
		{"none", nil, []string{""}},
		{"two", []string{"a=1", "b=2"}, []string{"a=1", "b=2"}},
		{"backslash", []string{`a=\1`}, []string{`a=\\1`}},
		{"too long", []string{long}, []string{long[:255]}},
		{"too many", slices.Repeat([]string{long}, 9), slices.Repeat([]string{long[:255]}, 5)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := txtStrings(tt.txt); !slices.Equal(got, tt.want) {
				t.Errorf("want %q, got %q", tt.want, got)
			}
			if len(dataOf(txtRecord(kitchen, tt.txt).rr)) == 0 {
				t.Error("the record cannot be written")
			}
		})
	}
}

func TestContradicts(t *testing.T) {
	own := []record{
		srvRecord(kitchen, nas, 5000), txtRecord(kitchen, []string{"a=1"}),
		addressRecord(nas, netip.MustParseAddr("10.0.0.1")), addressRecord(nas, netip.MustParseAddr("10.0.0.2")),
	}
	with := func(r record, ttl uint32, class uint16) dns.RR {
		rr := dns.Copy(r.rr)
		rr.Header().Ttl, rr.Header().Class = ttl, class
		return rr
	}
	tests := []struct {
		name string
		rr   dns.RR
		want bool
	}{
		{"our own", with(own[0], 120, dns.ClassINET|topBit), false},
		{"our own, older", with(own[0], 7, dns.ClassINET), false},
		{"one of several of ours", with(own[3], 120, dns.ClassINET), false},
		{"another port", with(srvRecord(kitchen, nas, 5001), 120, dns.ClassINET|topBit), true},
		{"another address", with(addressRecord(nas, netip.MustParseAddr("10.0.0.3")), 120, dns.ClassINET), true},
		{"another port, goodbye", with(srvRecord(kitchen, nas, 5001), 0, dns.ClassINET|topBit), false},
		{"another class", with(srvRecord(kitchen, nas, 5001), 120, dns.ClassCHAOS), false},
		{"a type that we do not have", with(addressRecord(nas, netip.MustParseAddr("fe80::1")), 120, dns.ClassINET), false},
	}
	for _, tt := range tests {
		if got := contradicts(own, tt.rr); got != tt.want {
			t.Errorf("%s: want %v, got %v", tt.name, tt.want, got)
		}
	}
}

func TestOutranks(t *testing.T) {
	own := []record{srvRecord(kitchen, nas, 5000), txtRecord(kitchen, []string{"a=1"})}
	rrs := func(records ...record) []dns.RR {
		var list []dns.RR
		for _, r := range records {
			list = append(list, r.rr)
		}
		return list
	}
	tests := []struct {
		name   string
		theirs []dns.RR
		want   bool
	}{
		{"equal", rrs(own[0], own[1]), false},
		{"equal in another order", rrs(own[1], own[0]), false},
		{"fewer", rrs(own[1]), false},
		{"more", rrs(own[0], own[1], srvRecord(kitchen, nas, 6000)), true},
		{"greater", rrs(own[1], srvRecord(kitchen, nas, 5001)), true},
		{"smaller", rrs(own[1], srvRecord(kitchen, nas, 4999)), false},
		{"greater in the first type already", rrs(txtRecord(kitchen, []string{"b=1"}), srvRecord(kitchen, nas, 1)), true},
		{"nothing", nil, false},
	}
	for _, tt := range tests {
		if got := outranks(tt.theirs, own); got != tt.want {
			t.Errorf("%s: want %v, got %v", tt.name, tt.want, got)
		}
	}
}
