package ssdp

import (
	"bufio"
	"bytes"
	"net/http"
	"net/netip"
	"testing"
	"time"
)

// walk follows a schedule and returns when each round began, since the start.
func walk(s *schedule, rounds int, settled bool) []time.Duration {
	start := time.Unix(1000, 0)
	now := start
	var begun []time.Duration
	for len(begun) < rounds {
		if s.burst == 0 {
			begun = append(begun, now.Sub(start))
		}
		now = now.Add(s.next(now, settled))
	}
	return begun
}

func TestScheduleRounds(t *testing.T) {
	tests := []struct {
		name    string
		settled bool
		want    []time.Duration
	}{
		{"settled", true, []time.Duration{0, 1e9, 4e9, 124e9, 244e9}},
		{"nothing known", false, []time.Duration{0, 1e9, 4e9, 34e9, 64e9}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := walk(&schedule{}, len(tt.want), tt.settled)
			for i, want := range tt.want {
				if want != got[i] {
					t.Errorf("round %d: want after %v, got %v", i, want, got[i])
				}
			}
		})
	}
}

func TestScheduleBursts(t *testing.T) {
	s := schedule{round: 7}
	now := time.Unix(1000, 0)
	for burst := range burstsPerRound - 1 {
		pause := s.next(now, true)
		if pause < minBurstPause || pause > maxBurstPause {
			t.Errorf("burst %d: want a pause of 100 to 300 ms, got %v", burst, pause)
		}
		now = now.Add(pause)
		if _, ok := s.hurry(now); ok {
			t.Errorf("burst %d: want no new round while one is on its way", burst)
		}
	}
	if pause, want := s.next(now, true), minRoundPause-now.Sub(time.Unix(1000, 0)); pause != want {
		t.Errorf("want the round that was asked for after %v, got %v", want, pause)
	}
	if wait, ok := s.hurry(time.Unix(1000, 0).Add(700 * time.Millisecond)); !ok || wait != 300*time.Millisecond {
		t.Errorf("want a round 1 s after the last began, got %v %v", wait, ok)
	}
	if wait, ok := s.hurry(time.Unix(1060, 0)); !ok || wait != 0 {
		t.Errorf("want a round at once, got %v %v", wait, ok)
	}
}

func TestScheduleSearchesAll(t *testing.T) {
	var all []int
	for round := range 25 {
		if (&schedule{round: round}).searchesAll() {
			all = append(all, round)
		}
	}
	if len(all) != 3 || all[0] != 2 || all[1] != 12 || all[2] != 22 {
		t.Errorf("want rounds 2, 12 and 22, got %v", all)
	}
}

func TestScheduleRestart(t *testing.T) {
	s := schedule{}
	walk(&s, 8, true)
	began := s.began
	if wait := s.restart(began.Add(minRoundPause / 4)); wait != minRoundPause*3/4 {
		t.Errorf("want the rest of a second, got %v", wait)
	}
	if s.round != 0 || s.burst != 0 {
		t.Errorf("want the first round again, got %+v", s)
	}
}

func TestSearchOnTheWire(t *testing.T) {
	b := appendSearch([]byte("x"), Group, "urn:a:b:1", "OS/1 UPnP/1.1 p/1")
	const want = "xM-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\n" +
		"ST: urn:a:b:1\r\nUSER-AGENT: OS/1 UPnP/1.1 p/1\r\n\r\n"
	if string(b) != want {
		t.Errorf("want %q, got %q", want, b)
	}
	if _, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b[1:]))); err != nil {
		t.Errorf("want a request that others can read, got %v", err)
	}
}

func TestRelevant(t *testing.T) {
	targets := DefaultTargets()
	tests := []struct {
		name string
		a    Answer
		want bool
	}{
		{"what was asked", Answer{ST: targets[0]}, true},
		{"another version", Answer{ST: "urn:schemas-upnp-org:device:MediaRenderer:3"}, true},
		{"by USN alone", Answer{USN: "uuid:1::urn:schemas-upnp-org:service:AVTransport:2"}, true},
		{"a router", Answer{ST: "urn:schemas-upnp-org:device:InternetGatewayDevice:1", USN: "uuid:1::urn:schemas-upnp-org:device:InternetGatewayDevice:1"}, false},
		{"root device", Answer{ST: "upnp:rootdevice", USN: "uuid:1::upnp:rootdevice"}, false},
		{"nothing", Answer{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := relevant(tt.a.ST, tt.a.USN, targets); tt.want != got {
				t.Errorf("want %v, got %v", tt.want, got)
			}
		})
	}
	if !relevant("upnp:rootdevice", "", []string{"ssdp:all"}) {
		t.Error("want everything for ssdp:all")
	}
	if relevant("uuid:2", "", []string{"uuid:1"}) {
		t.Error("want no other device than the one asked for")
	}
}

func TestSocketTowards(t *testing.T) {
	s := New(Options{})
	home := &socket{key: socketKey{name: "home"}}
	home.iface.Prefixes = []netip.Prefix{netip.MustParsePrefix("192.0.2.7/24")}
	up := &socket{key: socketKey{name: "up"}}
	up.iface.Default = true
	up.iface.Prefixes = []netip.Prefix{netip.MustParsePrefix("198.51.100.7/24")}
	s.sockets[home.key] = home
	if got := s.socketTowards(netip.MustParseAddr("203.0.113.1")); got != nil {
		t.Errorf("no route: want none, got %v", got.key)
	}
	s.sockets[up.key] = up
	if got := s.socketTowards(netip.MustParseAddr("192.0.2.20")); got != home {
		t.Errorf("neighbour: want home, got %v", got)
	}
	if got := s.socketTowards(netip.MustParseAddr("203.0.113.1")); got != up {
		t.Errorf("far away: want the default route, got %v", got)
	}
}
