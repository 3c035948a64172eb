package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// beside is a neighbour that is looked for on one port.
func beside(port, own uint16) *neighbour {
	return &neighbour{config: &config.Config{HTTPPort: config.PortRange{First: port, Last: port}}, own: own}
}

func portOfURL(t *testing.T, url string) uint16 {
	t.Helper()
	at, err := netip.ParseAddrPort(strings.TrimPrefix(url, "http://"))
	must(t, err)
	return at.Port()
}

func TestNeighbour(t *testing.T) {
	t.Parallel()
	const udn = "uuid:5e0a1c9e-0000-4000-8000-000000000002"
	p := stand(t, []string{roomy}, speaker.Options{Name: "Kitchen", UDN: udn})
	p.eventually("the speaker is offered", func() bool { return p.shown(udn).Port != 0 })
	port := portOf(p.daemon.listener)
	r, ok := beside(port, 0).running(t.Context())
	if !ok || r.Port != port || r.Speakers != 1 || !strings.Contains(r.MDNS, "over IPv4") || len(r.Missing) > 0 {
		t.Errorf("want the daemon with its speaker, got %v %+v", ok, r)
	}
	if r, ok := beside(port, port).running(t.Context()); ok {
		t.Errorf("want a command not to take itself for it, got %+v", r)
	}
}

// What else listens in the range is not taken for a Breezeway, and holds nobody up.
func TestNotTheNeighbour(t *testing.T) {
	t.Parallel()
	answers := map[string]http.HandlerFunc{
		"another program": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"service":"plex"}`) },
		"no JSON":         func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"nothing there":   http.NotFound,
		"an older version": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"service":"breezeway","conditions":[{"kind":"new"}]}`)
		},
		"endless": endless,
		"silent":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	}
	for name, answer := range answers {
		server := httptest.NewServer(answer)
		began := time.Now()
		if r, ok := beside(portOfURL(t, server.URL), 0).running(t.Context()); ok {
			t.Errorf("%s: want nobody, got %+v", name, r)
		}
		if took := time.Since(began); took > 5*statusTimeout {
			t.Errorf("%s: want an end within %v, got %v", name, statusTimeout, took)
		}
		server.Close()
	}
}

// endless is a peer that does not stop talking.
func endless(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, `{"service":"`)
	for r.Context().Err() == nil {
		if _, err := w.Write(make([]byte, 1<<16)); err != nil {
			return // it has heard enough
		}
	}
}

func TestFamilies(t *testing.T) {
	parse := netip.MustParsePrefix
	got := families(netif.Interface{Name: "eth0", Prefixes: []netip.Prefix{parse("192.0.2.1/24"), parse("fe80::1/64"), parse("2001:db8::1/64")}})
	if len(got) != 2 || len(got[0].Prefixes) != 1 || len(got[1].Prefixes) != 2 || got[0].Name != "eth0" {
		t.Errorf("want one for each family, got %+v", got)
	}
	if got := families(netif.Interface{}); len(got) != 0 {
		t.Errorf("want none without addresses, got %+v", got)
	}
}
