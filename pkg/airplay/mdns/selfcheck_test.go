package mdns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

func TestSummary(t *testing.T) {
	heard := func(name string) Hearing { return Hearing{Interface: name, Heard: true} }
	unheard := func(name string) Hearing { return Hearing{Interface: name} }
	over6 := func(h Hearing) Hearing { h.IPv6 = true; return h }
	tests := []struct {
		name  string
		found []Hearing
		want  Hearing // over IPv4
	}{
		{"nothing", nil, Hearing{}},
		{"only over IPv6", []Hearing{over6(heard("a"))}, Hearing{}},
		{"heard on all", []Hearing{heard("a"), heard("b")}, heard("a")},
		{"unheard on one", []Hearing{heard("a"), unheard("b"), heard("c")}, unheard("b")},
		{"unheard over IPv6", []Hearing{over6(unheard("a")), heard("b")}, heard("b")},
	}
	for _, tt := range tests {
		if got := summary(tt.found, multicast.IPv4); got != tt.want {
			t.Errorf("%s: want %+v, got %+v", tt.name, tt.want, got)
		}
	}
}

// What comes of a question, and what is logged of it, once for each change.
func TestHearingAsItChanges(t *testing.T) {
	log := new(logBuffer)
	lan := lanInterface(lanIndex, us)
	lan.Name = "lan0"
	r := New(Options{Interfaces: func() []netif.Interface { return []netif.Interface{lan} }, Log: zerolog.New(log)})
	var answer error
	r.check.verify = func(context.Context, query.Verification) error { return answer }
	const deaf, held, again = "answers are not heard, so", "is held exclusively by another program", "are heard again"
	steps := []struct {
		name   string
		ports  PortState
		own    query.Place
		answer error
		heard  bool
		cause  error
		logged string
	}{
		{"nothing to ask for", PortOK, query.Place{}, nil, false, errNothingToAsk, ""},
		{"heard at first", PortOK, query.Place{Name: kitchen, Port: 5000}, nil, true, nil, ""},
		{"not heard", PortOK, query.Place{Name: kitchen, Port: 5000}, query.ErrUnanswered, false, query.ErrUnanswered, deaf},
		{"still not", PortOK, query.Place{Name: kitchen, Port: 5000}, query.ErrUnanswered, false, query.ErrUnanswered, ""},
		{"nothing to ask for any more", PortOK, query.Place{}, nil, false, errNothingToAsk, ""},
		{"no port for a moment", PortClosed, query.Place{Name: kitchen, Port: 5000}, query.ErrUnanswered, false, errNoPort, ""},
		{"heard again", PortRaw, query.Place{Name: kitchen, Port: 5000}, nil, true, nil, again},
		{"held", PortHeld, query.Place{Name: kitchen, Port: 5000}, query.ErrUnanswered, false, errHeld, held},
		{"held, and avahi announces for us", PortHeld, query.Place{Name: kitchen, Port: 5000}, nil, true, nil, again},
	}
	for _, s := range steps {
		answer = s.answer
		r.noteEngine(Stats{IPv4: s.ports, IPv6: PortAbsent}, s.own)
		before := log.count("\n")
		got := r.SelfCheck(t.Context())
		if len(got) != 1 || got[0].Heard != s.heard || got[0].IPv6 || got[0].Interface != "lan0" || !errors.Is(got[0].Err, s.cause) {
			t.Errorf("%s: got %+v", s.name, got)
		}
		if h := r.Stats().HeardIPv4; h != got[0] {
			t.Errorf("%s: Stats have %+v", s.name, h)
		}
		want := before
		if s.logged != "" {
			want++
		}
		if n := log.count("\n"); n != want || s.logged != "" && log.count(s.logged) == 0 {
			t.Errorf("%s: %d lines logged, want %d with %q", s.name, n-before, want-before, s.logged)
		}
	}
}

// A service that is renamed while it is asked for is asked for again.
func TestRenamedWhileAskedFor(t *testing.T) {
	lan := lanInterface(lanIndex, us)
	r := New(Options{Interfaces: func() []netif.Interface { return []netif.Interface{lan} }, Log: zerolog.Nop()})
	second := query.Place{Name: "second." + typeRAOP, Port: 5000}
	var asked []string
	r.check.verify = func(_ context.Context, q query.Verification) error {
		asked = append(asked, q.Place.Name)
		if q.Place == second {
			return nil
		}
		r.noteEngine(Stats{IPv6: PortAbsent}, second)
		return query.ErrUnanswered
	}
	r.noteEngine(Stats{IPv6: PortAbsent}, query.Place{Name: kitchen, Port: 5000})
	if got := r.SelfCheck(t.Context()); len(got) != 1 || !got[0].Heard {
		t.Errorf("got %+v", got)
	}
	if want := []string{kitchen, second.Name}; !slices.Equal(asked, want) {
		t.Errorf("want %q asked for, got %q", want, asked)
	}
}

// The check comes by itself: when a name is announced, when a port changes hands,
// and every minute.
func TestChecksByItself(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		checks := 0
		h.check.verify = func(context.Context, query.Verification) error { checks++; return nil }
		h.Publish(kitchenService())
		h.start()
		pass(settle)
		first := checks
		if first == 0 || !h.Stats().HeardIPv4.Heard {
			t.Errorf("%d checks, %+v", first, h.Stats().HeardIPv4)
		}
		pass(2 * checkInterval)
		if got := checks - first; got != 2 {
			t.Errorf("want a check every %v, got %d in two", checkInterval, got)
		}
		h.stop(t)
		pass(2 * checkInterval)
		if got := checks - first; got != 2 {
			t.Errorf("checks after the end: %d", got-2)
		}
	})
}

// A program takes the port and a raw socket serves beside it, until the port is
// free: senders notice nothing but announcements.
func TestRawSocketUntilThePortIsFree(t *testing.T) {
	onWire(t, func(t *testing.T, w *wire) {
		h := newHost(w, "nas", us)
		raws := 0
		h.listenRaw = func(f multicast.Family, port uint16) (conn, error) {
			raws++
			return w.attach(lanInterface(lanIndex, us).Prefixes[0].Addr()), nil
		}
		h.heldUntil = time.Now().Add(100 * time.Second)
		p := h.Publish(kitchenService())
		h.start()
		for _, want := range []PortState{PortRaw, PortRaw, PortRaw, PortOK} {
			pass(settle)
			if s := h.Stats(); s.IPv4 != want || s.Established != 1 || p.Name() != kitchenText {
				t.Fatalf("want %v, got %+v", want, s)
			}
			before := len(w.sent(us, 0))
			w.ask(t, asker, queryFor(kitchen, dns.TypeSRV))
			pass(time.Second)
			if got := w.sent(us, before); len(got) != 1 {
				t.Errorf("%v: want one answer, got %d", want, len(got))
			}
			pass(bindRetry)
		}
		if raws != 1 {
			t.Errorf("want one raw socket, got %d", raws)
		}
		for _, s := range w.sent(us, 0) {
			if len(s.msg.Answer) > 0 && s.msg.Answer[0].Header().Ttl == 0 {
				t.Errorf("goodbye after %v", s.at)
			}
		}
		h.stop(t)
	})
}

func TestStatsNameTheRenamed(t *testing.T) {
	r := New(Options{Hostname: "nas", Log: zerolog.Nop()})
	p := r.Publish(kitchenService())
	r.Publish(Service{Instance: "Bath", Type: "_raop._tcp"})
	r.noteEngine(Stats{Host: nas}, query.Place{})
	if got := r.Stats().Renamed; len(got) != 0 {
		t.Errorf("nobody was renamed: %v", got)
	}
	r.registry.rename(p, kitchenText+" (2)")
	r.noteEngine(Stats{Host: "nas-2.local."}, query.Place{})
	want := []Renaming{{nas, "nas-2.local."}, {kitchenText, kitchenText + " (2)"}}
	if got := r.Stats().Renamed; !slices.Equal(got, want) {
		t.Errorf("want %v, got %v", want, got)
	}
}

func TestStateAfter(t *testing.T) {
	tests := []struct {
		err    error
		others int
		want   PortState
	}{
		{nil, 0, PortOK},
		{nil, -1, PortOK}, // not even ours is listed
		{nil, 1, PortShared},
		{fmt.Errorf("bind: %w", unix.EADDRINUSE), 1, PortHeld},
		{fmt.Errorf("socket: %w", unix.EAFNOSUPPORT), 0, PortAbsent},
		{errors.New("anything"), 1, PortFailed},
	}
	for _, tt := range tests {
		if got := stateAfter(tt.err, tt.others); got != tt.want {
			t.Errorf("%v beside %d: want %v, got %v", tt.err, tt.others, tt.want, got)
		}
	}
}
