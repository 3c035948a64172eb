package query_test

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
)

// patience bounds every wait for a real socket.
const patience = 20 * time.Second

const (
	phoneID    = "iTunes_Ctrl_56B29BB6CB904862"
	remoteType = "_dacp._tcp"
	raopType   = "_raop._tcp"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// announce lets a responder answer for services until the test ends, and waits
// until it does.
func announce(t *testing.T, interfaces func() []netif.Interface, port uint16, services ...mdns.Service) {
	t.Helper()
	r := mdns.New(mdns.Options{Hostname: "nas", Interfaces: interfaces, Port: port, Log: zerolog.Nop()})
	for _, s := range services {
		r.Publish(s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	endC := make(chan error, 1)
	go func() { endC <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-endC)
	})
	tick, deadline := time.NewTicker(5*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for r.Stats().Established < len(services) {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %v: established", patience)
		}
	}
}

func TestServicesOnLoopback(t *testing.T) {
	t.Parallel()
	lo := loopback.Interfaces(t)
	port, _ := loopback.SharedPort(t)
	var services []mdns.Service
	var want []query.Service
	for _, instance := range []string{`00AABBCCDD01@Küche (1. "Stock")`, "00AABBCCDD02@Bad"} {
		services = append(services, mdns.Service{Instance: instance, Type: raopType, Port: 5001, TXT: []string{"tp=UDP", `am=a\b`}})
		want = append(want, query.Service{Instance: instance, Host: "nas.local", Port: 5001, Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, TXT: []string{"tp=UDP", `am=a\b`}})
	}
	services = append(services, mdns.Service{Instance: "other", Type: remoteType, Port: 5002})
	announce(t, func() []netif.Interface { return lo }, port, services...)
	got, err := query.Browse(t.Context(), query.Options{Type: raopType, Interfaces: lo, Port: port, Wait: time.Second})
	must(t, err)
	same := func(a, b query.Service) bool {
		return a.Instance == b.Instance && a.Host == b.Host && a.Port == b.Port &&
			slices.Equal(a.Addresses, b.Addresses) && slices.Equal(a.TXT, b.TXT)
	}
	if !slices.EqualFunc(want, got, same) {
		t.Errorf("want %+v, got %+v", want, got)
	}
	begun := time.Now()
	found, err := query.Find(t.Context(), query.Options{Type: raopType, Interfaces: lo, Port: port, Wait: patience},
		func(s query.Service) bool { return s.Instance == "00AABBCCDD02@Bad" })
	must(t, err)
	if !same(want[1], found) || time.Since(begun) >= patience {
		t.Errorf("want %+v at once, got %+v after %v", want[1], found, time.Since(begun))
	}
}
