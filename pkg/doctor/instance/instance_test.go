package instance

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/netif"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// single is an instance that is looked for on one port.
func single(port uint16) *Instance { return New(settings.PortRange{First: port, Last: port}, 0) }

func portOfURL(t *testing.T, url string) uint16 {
	t.Helper()
	at, err := netip.ParseAddrPort(strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	return at.Port()
}

// What else listens in the range is not taken for a Breezeway, and holds nobody up.
func TestOtherProgramsAreNotAnInstance(t *testing.T) {
	t.Parallel()
	answers := map[string]http.HandlerFunc{
		"another program": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"service":"plex"}`) },
		"no JSON":         func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"nothing there":   http.NotFound,
		"an older version": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"service":"breezeway","conditions":[{"code":"new"}]}`)
		},
		"endless": endless,
		"silent":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	}
	for name, answer := range answers {
		server := httptest.NewServer(answer)
		began := time.Now()
		if r, ok := single(portOfURL(t, server.URL)).Running(t.Context()); ok {
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

func TestByFamily(t *testing.T) {
	parse := netip.MustParsePrefix
	got := byFamily(netif.Interface{Name: "eth0", Prefixes: []netip.Prefix{parse("192.0.2.1/24"), parse("fe80::1/64"), parse("2001:db8::1/64")}})
	if len(got) != 2 || len(got[0].Prefixes) != 1 || len(got[1].Prefixes) != 2 || got[0].Name != "eth0" {
		t.Errorf("want one for each family, got %+v", got)
	}
	if got := byFamily(netif.Interface{}); len(got) != 0 {
		t.Errorf("want none without addresses, got %+v", got)
	}
}
