package doctor

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

// beside makes Options of a doctor that looks beside a bridge, or beside none.
func beside(r *Running, results ...SelfQueryResult) Options {
	return Options{
		Running: func(context.Context) (Running, bool) {
			if r == nil {
				return Running{}, false
			}
			return *r, true
		},
		SelfQuery: func(context.Context) []SelfQueryResult { return results },
	}
}

func TestCheckRunning(t *testing.T) {
	cases := []struct {
		name string
		r    *Running
		want want
	}{
		{"none", nil, want{Skipped, "none runs here", "", nil}},
		{"well", &Running{Port: 7700, Speakers: 2, MDNS: "raw over IPv4"}, want{OK, "its page is on port 7700; speakers offered: 2; 5353/UDP is raw over IPv4", "", nil}},
		{"something wrong", &Running{Wrong: []string{"speaker lost: Kitchen"}}, want{Warning, "speaker lost: Kitchen", "works", nil}},
		{"nothing works", &Running{Missing: []string{"no interface"}, Wrong: []string{"x"}}, want{Failed, "no interface", "Nothing can be played", nil}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.want.check(t, newExam(beside(c.r), healthy()).running.check(t.Context()))
		})
	}
	if first := newExam(Options{}, healthy()).tree()[0].Name; first != "network interfaces" {
		t.Errorf("want no question to itself inside the daemon, got %q", first)
	}
}

// What the doctor says of a port that is held depends on whether we are heard all
// the same.
func TestMDNSBesideHolder(t *testing.T) {
	ready, notReady := &Running{Port: 7700}, &Running{Missing: []string{"not announced"}}
	yes4, yes6 := SelfQueryResult{Way: "IPv4 on eth0"}, SelfQueryResult{Way: "IPv6 on eth0", IPv6: true}
	no4, no6 := yes4, yes6
	no4.Err, no6.Err = errors.New("no answer"), errors.New("no answer")
	cases := []struct {
		name   string
		access sockets.Access
		o      Options
		want   Status
		means  string
		query  Status // of the check below
	}{
		{"nobody runs", sockets.AccessExclusive, beside(nil), Failed, "Senders cannot find", Skipped},
		{"nobody could ask", sockets.AccessExclusive, Options{}, Failed, "Senders cannot find", Skipped},
		{"heard", sockets.AccessExclusive, beside(ready, yes4, yes6), Note, "This does not matter", OK},
		{"heard on one of two", sockets.AccessExclusive, beside(ready, no4, yes4), Note, "This does not matter", Warning},
		{"heard over IPv6 alone", sockets.AccessExclusive, beside(ready, no4, yes6), Warning, "Only senders that ask over IPv6", Warning},
		{"not heard", sockets.AccessExclusive, beside(ready, no4, no6), Failed, "Senders cannot find", Failed},
		{"nothing announced yet", sockets.AccessExclusive, beside(ready), Warning, "No speaker is announced yet", Skipped},
		{"nothing announced, nor to be", sockets.AccessExclusive, beside(notReady), Failed, "Senders cannot find", Skipped},
		{"inside, nothing announced yet", sockets.AccessExclusive, Options{SelfQuery: beside(nil).SelfQuery}, Warning, "No speaker is announced yet", Skipped},
		{"on single addresses, nobody runs", sockets.AccessBeside, beside(nil), Note, "next check", Skipped},
		{"on single addresses, heard", sockets.AccessBeside, beside(ready, yes4), Note, "This does not matter", OK},
		{"on single addresses, not heard", sockets.AccessBeside, beside(ready, no4), Failed, "Senders cannot find", Failed},
		{"not to be told, heard", sockets.AccessUnknown, beside(ready, yes4), Note, "This does not matter", OK},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			x := newExam(c.o, surveyed(healthy(holder("0.0.0.0:5353", "avahi-daemon")), c.access))
			want{c.want, "avahi-daemon", c.means, nil}.check(t, x.mdns.check(t.Context()))
			if got := x.query.check(t.Context()); got.Status != c.query {
				t.Errorf("want %v of the query, got %+v", c.query, got)
			}
		})
	}
}

// Who answers a search as a speaker and is left out by the bridge is expected.
func TestLeftOutByTheBridge(t *testing.T) {
	bar := netip.MustParseAddr("192.0.2.7")
	x := newExam(beside(&Running{LeftOut: []netip.Addr{bar}}), healthy())
	if !x.speakers.scan.isExpected(t.Context(), nil, bar) {
		t.Error("want it expected")
	}
	if x.speakers.scan.isExpected(t.Context(), nil, bar.Next()) {
		t.Error("want another not expected")
	}
}
