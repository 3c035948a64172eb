package query

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

const (
	remoteType = "_dacp._tcp"
	phoneID    = "iTunes_Ctrl_56B29BB6CB904862"
	zone       = "lan0"
)

// message is a response with records in the form of a zone file.
func message(t testing.TB, records ...string) *dns.Msg {
	t.Helper()
	m := &dns.Msg{MsgHdr: dns.MsgHdr{Response: true}}
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	return throughWire(t, m)
}

// throughWire gives a message the form that it has after reading.
func throughWire(t testing.TB, m *dns.Msg) *dns.Msg {
	t.Helper()
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	got := new(dns.Msg)
	if err := got.Unpack(b); err != nil {
		t.Fatal(err)
	}
	return got
}

func gatheringOf(t testing.TB, serviceType string, messages ...*dns.Msg) *gathering {
	t.Helper()
	g, err := newGathering(serviceType)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		g.add(m, zone)
	}
	return g
}

func addresses(list ...string) []netip.Addr {
	var addrs []netip.Addr
	for _, text := range list {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	return addrs
}

const (
	phonePTR = `_dacp._tcp.local. 10 PTR ` + phoneID + `._dacp._tcp.local.`
	phoneSRV = phoneID + `._dacp._tcp.local. 10 SRV 0 0 49155 iPhone.local.`
	phoneTXT = phoneID + `._dacp._tcp.local. 10 TXT "txtvers=1"`
	phoneA   = `iPhone.local. 10 A 192.0.2.7`
)

func TestGatheredServices(t *testing.T) {
	phone := Service{Instance: phoneID, Host: "iPhone.local", Port: 49155,
		Addresses: addresses("192.0.2.7"), TXT: []string{"txtvers=1"}}
	noAddress, moved := phone, phone
	noAddress.Addresses = nil
	moved.Host, moved.Port, moved.Addresses = "iPhone-2.local", 49156, addresses("192.0.2.8")
	tests := []struct {
		name     string
		typ      string
		messages [][]string
		want     []Service
	}{
		{"all in one answer", remoteType, [][]string{{phonePTR, phoneSRV, phoneTXT, phoneA}}, []Service{phone}},
		{"one by one", remoteType, [][]string{{phonePTR}, {phoneSRV}, {phoneTXT}, {phoneA}}, []Service{phone}},
		{"the address before its host", remoteType, [][]string{{phoneA, phoneTXT, phoneSRV}}, []Service{phone}},
		{"twice", remoteType, [][]string{{phonePTR, phoneSRV, phoneTXT, phoneA}, {phonePTR, phoneSRV, phoneTXT, phoneA}}, []Service{phone}},
		{"without address", remoteType, [][]string{{phonePTR, phoneSRV, phoneTXT}}, []Service{noAddress}},
		{"the name alone", remoteType, [][]string{{phonePTR}}, nil},
		{"in other letters", "_DACP._tcp", [][]string{{phonePTR, strings.ToLower(phoneSRV[:20]) + phoneSRV[20:], phoneTXT, strings.ToUpper(phoneA)}}, []Service{phone}},
		{"moved to another host", remoteType, [][]string{{phonePTR, phoneSRV, phoneTXT, phoneA},
			{phoneID + `._dacp._tcp.local. 10 SRV 0 0 49156 iPhone-2.local.`, `iPhone-2.local. 10 A 192.0.2.8`}}, []Service{moved}},
		{"a goodbye", remoteType, [][]string{{phonePTR, strings.Replace(phoneSRV, " 10 ", " 0 ", 1)}}, nil},
		{"port 0", remoteType, [][]string{{phonePTR, strings.Replace(phoneSRV, "49155", "0", 1)}}, nil},
		{"no host", remoteType, [][]string{{phonePTR, strings.Replace(phoneSRV, "iPhone.local.", ".", 1)}}, nil},
		{"another type", remoteType, [][]string{{`_raop._tcp.local. 10 PTR x._raop._tcp.local.`, `x._raop._tcp.local. 10 SRV 0 0 5000 x.local.`}}, nil},
		{"another domain", remoteType, [][]string{{`x._dacp._tcp.example. 10 SRV 0 0 5000 x.local.`}}, nil},
		{"a name of two labels", remoteType, [][]string{{`x.y._dacp._tcp.local. 10 SRV 0 0 5000 x.local.`}}, nil},
		{"the type itself as instance", remoteType, [][]string{{`_dacp._tcp.local. 10 SRV 0 0 5000 x.local.`}}, nil},
		{"another class", remoteType, [][]string{{strings.Replace(phoneSRV, " 10 ", " 10 CH ", 1)}}, nil},
		{"names that need escapes", "_raop._tcp", [][]string{{
			`_raop._tcp.local. 10 PTR 0011AABBCCDD\@K\195\188che\ \(1\.\ Stock\)._raop._tcp.local.`,
			`0011aabbccdd\@K\195\188che\ \(1\.\ Stock\)._raop._tcp.local. 10 SRV 0 0 5000 the\ box.local.`,
			`0011AABBCCDD\@K\195\188che\ \(1\.\ Stock\)._raop._tcp.local. 10 TXT "am=A\"B\\C" "vn=\195\188" ""`,
			`the\ box.local. 10 A 192.0.2.9`,
		}}, []Service{{Instance: "0011AABBCCDD@Küche (1. Stock)", Host: "the box.local", Port: 5000,
			Addresses: addresses("192.0.2.9"), TXT: []string{`am=A"B\C`, "vn=ü"}}}},
		{"addresses of all kinds", remoteType, [][]string{{phoneSRV, phoneTXT, phoneA, phoneA,
			`iPhone.local. 10 AAAA fe80::7`, `iPhone.local. 10 AAAA 2001:db8::7`, `iPhone.local. 10 AAAA ff02::1`,
			`iPhone.local. 10 A 0.0.0.0`, `iPhone.local. 10 AAAA ::ffff:192.0.2.8`, `iPad.local. 10 A 192.0.2.99`,
		}}, []Service{{Instance: phoneID, Host: "iPhone.local", Port: 49155, TXT: []string{"txtvers=1"},
			Addresses: addresses("192.0.2.7", "192.0.2.8", "2001:db8::7", "fe80::7%lan0")}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var messages []*dns.Msg
			for _, records := range tt.messages {
				messages = append(messages, message(t, records...))
			}
			if got := gatheringOf(t, tt.typ, messages...).services(); !reflect.DeepEqual(tt.want, got) {
				t.Errorf("want %+v, got %+v", tt.want, got)
			}
		})
	}
}

func TestTypesThatAreNone(t *testing.T) {
	for _, typ := range []string{"", "_dacp", "_dacp._tcp.local", "._tcp", "a..b", strings.Repeat("x", 64) + "._tcp"} {
		if _, err := newGathering(typ); err == nil {
			t.Errorf("%q: want an error, got none", typ)
		}
	}
}

// names of questions, each with its type.
func asked(questions []dns.Question) []string {
	var list []string
	for _, q := range questions {
		list = append(list, dns.TypeToString[q.Qtype]+" "+q.Name)
	}
	return list
}

func TestQuestionsForWhatIsMissing(t *testing.T) {
	const instance = phoneID + "._dacp._tcp.local."
	g := gatheringOf(t, remoteType)
	steps := []struct {
		name      string
		answer    []string
		followUps []string
	}{
		{"a name", []string{phonePTR}, []string{"SRV " + instance, "TXT " + instance}},
		{"the name again", []string{phonePTR}, nil},
		{"its place", []string{phoneSRV}, []string{"A iPhone.local.", "AAAA iPhone.local."}},
		{"its text", []string{phoneTXT}, nil},
		{"its address", []string{phoneA}, nil},
	}
	for _, step := range steps {
		g.add(message(t, step.answer...), zone)
		if got := asked(g.followUps()); !slices.Equal(step.followUps, got) {
			t.Errorf("after %s: want %q, got %q", step.name, step.followUps, got)
		}
	}
	if want, got := []string{"PTR _dacp._tcp.local."}, asked(g.questions()); !slices.Equal(want, got) {
		t.Errorf("with all known: want %q, got %q", want, got)
	}
	g = gatheringOf(t, remoteType, message(t, phonePTR))
	for range 2 { // each round asks anew
		want := []string{"PTR _dacp._tcp.local.", "SRV " + instance, "TXT " + instance}
		if got := asked(g.questions()); !slices.Equal(want, got) {
			t.Errorf("in a round: want %q, got %q", want, got)
		}
	}
	for _, q := range g.questions() {
		if q.Qclass != dns.ClassINET|topBit {
			t.Errorf("want a wish for unicast, got class %#x", q.Qclass)
		}
	}
}

func TestGatheringIsBounded(t *testing.T) {
	g := gatheringOf(t, remoteType)
	for i := range 2 * maxInstances {
		name := fmt.Sprintf("i%03d._dacp._tcp.local.", i)
		g.add(message(t, "_dacp._tcp.local. 10 PTR "+name, name+" 10 SRV 0 0 1 host.local."), zone)
		g.add(message(t, fmt.Sprintf("host.local. 10 A 10.0.%d.%d", i>>8, i&255)), zone)
		if n := len(g.followUps()); n > maxQuestions {
			t.Fatalf("want at most %d questions, got %d", maxQuestions, n)
		}
	}
	if got := len(g.services()); got != maxInstances {
		t.Errorf("want %d services, got %d", maxInstances, got)
	}
	if got := len(g.services()[0].Addresses); got != maxAddresses {
		t.Errorf("want %d addresses, got %d", maxAddresses, got)
	}
	long := phoneID + `._dacp._tcp.local. 10 TXT` + strings.Repeat(` "`+strings.Repeat("x", 255)+`"`, 30)
	g = gatheringOf(t, remoteType, message(t, phoneSRV, long))
	if got, want := len(g.services()[0].TXT), maxTXTBytes/255; got != want {
		t.Errorf("want %d strings, got %d", want, got)
	}
}

func TestUnescape(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"plain", "plain"},
		{`a\.b`, "a.b"},
		{`\195\188`, "ü"},
		{`\\`, `\`},
		{`\`, ""},
		{`\25`, "25"},
		{`\256`, "256"},
		{`\25x`, "25x"},
		{`\0001`, "\x001"},
	}
	for _, tt := range tests {
		if got := unescape(tt.in); got != tt.want {
			t.Errorf("%q: want %q, got %q", tt.in, tt.want, got)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	for _, records := range [][]string{
		{phonePTR, phoneSRV, phoneTXT, phoneA},
		{`_dacp._tcp.local. 10 PTR \@\ \.\200._dacp._tcp.local.`, `\@\ \.\200._dacp._tcp.local. 10 SRV 0 0 1 \..local.`},
	} {
		b, err := message(f, records...).Pack()
		if err != nil {
			f.Fatal(err)
		}
		for end := range len(b) {
			f.Add(b[:end])
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m dns.Msg
		if m.Unpack(b) != nil {
			return
		}
		g := gatheringOf(t, remoteType, &m)
		if _, err := (&dns.Msg{Question: g.questions(), Compress: true}).Pack(); err != nil {
			t.Errorf("what a peer says makes a question that cannot be sent: %v", err)
		}
		for _, s := range g.services() {
			if s.Port == 0 || s.Host == "" || len(s.Addresses) > maxAddresses {
				t.Errorf("got %+v", s)
			}
		}
	})
}
