package mdns

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// fifty are the records of fifty services like real ones, in one zone.
func fifty() (*zone, []record) {
	z := sampleZone("192.168.1.5", "fe80::5")
	txt := []string{"txtvers=1", "ch=2", "cn=0,1", "et=0,1", "ek=1", "tp=UDP", "md=0,1,2", "pw=false", "sf=0x4",
		"da=true", "sv=false", "sm=false", "vn=65537", "vs=105.1", "fv=76400.10", "am=Breezeway1,1", "sr=44100", "ss=16"}
	var records []record
	for i := range 50 {
		s := Service{Type: "_raop._tcp", Port: uint16(5000 + i), TXT: txt}
		name := instanceName(fmt.Sprintf("AABBCCDDEE%02X@Lautsprecher im Zimmer Nummer %d", i, i), s.Type)
		own := serviceRecords(name, s, nas)
		z.add(own...)
		records = append(records, own...)
	}
	return z, records
}

func unpackAll(t *testing.T, messages [][]byte) []dns.Msg {
	t.Helper()
	list := make([]dns.Msg, len(messages))
	for i, b := range messages {
		if err := list[i].Unpack(b); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	return list
}

// A program that asks once and reads one message finds twelve speakers by it.
func TestLegacyAskerGetsAllAnswersInOneMessage(t *testing.T) {
	z, _ := fifty()
	twelve := z.lookup(typeRAOP, dns.TypePTR)[:12]
	messages, err := pack(response(), legacyBundles(z, twelve), legacyForm)
	if err != nil {
		t.Fatal(err)
	}
	got := unpackAll(t, messages)
	if len(got) != 1 || len(got[0].Answer) != 12 || len(got[0].Extra) == 0 {
		t.Errorf("want one message with all 12 answers and what has room beside them, got %d with %d and %d", len(got), len(got[0].Answer), len(got[0].Extra))
	}
	all, err := pack(response(), legacyBundles(z, z.lookup(typeRAOP, dns.TypePTR)), legacyForm)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range unpackAll(t, all) {
		if len(m.Answer) == 0 {
			t.Errorf("want answers in every message, none in number %d", i)
		}
	}
}

func TestPackFiftyServices(t *testing.T) {
	z, records := fifty()
	for _, tt := range []struct {
		name    string
		bundles []bundle
		least   int // messages: all bytes over the size of one
		most    int
	}{
		{"announcement", loneBundles(records), 8, 13},
		{"browse answer", answerBundles(z, z.lookup(typeRAOP, dns.TypePTR)), 8, 17},
	} {
		t.Run(tt.name, func(t *testing.T) {
			messages, err := pack(response(), tt.bundles, fullForm)
			if err != nil {
				t.Fatal(err)
			}
			if len(messages) < tt.least || len(messages) > tt.most {
				t.Errorf("want %d to %d messages, got %d", tt.least, tt.most, len(messages))
			}
			got := make(map[string]int)
			for i, m := range unpackAll(t, messages) {
				if len(messages[i]) > maxMessageBytes {
					t.Errorf("message %d has %d bytes", i, len(messages[i]))
				}
				for _, rr := range m.Answer {
					got[keyOf(rr)]++
				}
			}
			for _, b := range tt.bundles {
				if n := got[b.answers[0].key]; n != 1 {
					t.Errorf("%v is answered %d times", b.answers[0].rr, n)
				}
			}
		})
	}
}

func TestPackKeepsServicesTogether(t *testing.T) {
	z, _ := fifty()
	messages, err := pack(response(), answerBundles(z, z.lookup(typeRAOP, dns.TypePTR)), fullForm)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range unpackAll(t, messages) {
		var have []string
		for _, rr := range m.Extra {
			have = append(have, fmt.Sprintf("%d %s", rr.Header().Rrtype, rr.Header().Name))
		}
		for _, rr := range m.Answer {
			target := rr.(*dns.PTR).Ptr
			for _, want := range []string{
				fmt.Sprintf("%d %s", dns.TypeSRV, target), fmt.Sprintf("%d %s", dns.TypeTXT, target), fmt.Sprintf("%d %s", dns.TypeA, nas),
			} {
				if !slices.Contains(have, want) {
					t.Errorf("message %d has %s, but not %s", i, target, want)
				}
			}
		}
	}
}

func TestPackLeavesExtrasOut(t *testing.T) {
	z := sampleZone("192.168.1.5")
	large := srvRecord(kitchen, nas, 5000)
	b := bundle{answers: []record{large}, extras: []record{txtRecord(kitchen, slices.Repeat([]string{strings.Repeat("x", 255)}, 6))}}
	for range 5 {
		b.extras = append(b.extras, txtRecord(kitchen, slices.Repeat([]string{fmt.Sprintf("%0255d", len(b.extras))}, 5)))
	}
	messages, err := pack(response(), []bundle{b, {answers: z.lookup(nas, dns.TypeA)}}, fullForm)
	if err != nil {
		t.Fatal(err)
	}
	list := unpackAll(t, messages)
	if len(list) != 2 || len(list[0].Extra) != 0 || len(list[0].Answer) != 1 || len(list[1].Answer) != 1 {
		t.Errorf("got %v", list)
	}
}

func TestForms(t *testing.T) {
	srv, pointer := srvRecord(kitchen, nas, 5000), pointerRecord(typeRAOP, kitchen)
	tests := []struct {
		name  string
		write form
		r     record
		ttl   uint32
		flush bool
	}{
		{"full, ours alone", fullForm, srv, 120, true},
		{"full, shared", fullForm, pointer, 4500, false},
		{"proposal", proposalForm, srv, 120, false},
		{"legacy", legacyForm, srv, 10, false},
		{"goodbye, ours alone", goodbyeForm, srv, 0, true},
		{"goodbye, shared", goodbyeForm, pointer, 0, false},
	}
	for _, tt := range tests {
		h := tt.write(tt.r).Header()
		if h.Ttl != tt.ttl || (h.Class&topBit != 0) != tt.flush || h.Class&^topBit != dns.ClassINET {
			t.Errorf("%s: got %v", tt.name, h)
		}
		if bytes.Equal(dataOf(tt.r.rr), nil) || tt.r.rr.Header().Class != dns.ClassINET {
			t.Errorf("%s: the record itself changed: %v", tt.name, tt.r.rr)
		}
	}
}
