package bridge

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

const namedLocation = "http://198.51.100.7:1400/description.xml"

// knowNamed is a manager, and its places with one that the user named.
func knowNamed(t *testing.T) (*Manager, *places, *bytes.Buffer) {
	var log bytes.Buffer
	m := NewManager(ManagerOptions{Client: upnp.NewClient(upnp.Options{}), Log: zerolog.New(&log)})
	p := newPlaces()
	if err := p.name(namedLocation); err != nil {
		t.Fatal(err)
	}
	return m, p, &log
}

func TestNamedIsLookedAtUntilDescribed(t *testing.T) {
	m, p, log := knowNamed(t)
	host := netip.MustParseAddr("198.51.100.7")
	failed := finding{location: namedLocation, err: errors.New("refused")}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

	if got := p.due(now); got[namedLocation] != host {
		t.Fatalf("want a look at %v, got %v", host, got)
	}
	if got := p.due(now); len(got) != 0 {
		t.Fatal("want no second look while the first is under way")
	}
	var waits []time.Duration
	for range 6 {
		m.described(p, failed, now)
		wait := p.all[namedLocation].next.Sub(now)
		if got := p.due(now.Add(wait - time.Millisecond)); len(got) != 0 {
			t.Fatalf("want no look before %v", wait)
		}
		now = now.Add(wait)
		if got := p.due(now); len(got) != 1 {
			t.Fatalf("want a look after %v", wait)
		}
		waits = append(waits, wait)
	}
	want := []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute}
	for i := range want {
		if waits[i] != want[i] {
			t.Errorf("want the waits %v, got %v", want, waits)
			break
		}
	}
	if got := strings.Count(log.String(), "is not reached"); got != 1 {
		t.Errorf("want one line for a row of failures, got %d", got)
	}

	m.described(p, finding{location: namedLocation, targets: []*target{{udn: "uuid:1"}}}, now)
	if got := p.due(now.Add(time.Hour)); len(got) != 0 {
		t.Error("want no look at what was described")
	}
	p.recheck(namedLocation)
	if got := p.due(now); len(got) != 1 {
		t.Error("want a look once its speaker was given up")
	}
}

func TestNamedWithoutRenderer(t *testing.T) {
	m, p, log := knowNamed(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p.due(now)
	m.described(p, finding{location: namedLocation}, now)
	if !strings.Contains(log.String(), errNoRenderer.Error()) {
		t.Errorf("want the reason in the log, got %s", log)
	}
	if got := p.due(now.Add(lookAgain)); len(got) != 1 {
		t.Error("want another look")
	}
}

func TestNamedIsNotForgotten(t *testing.T) {
	_, p, _ := knowNamed(t)
	p.forget(time.Now().Add(2 * forgetAfter))
	if len(p.all) != 1 {
		t.Error("want the named place kept")
	}
	if p.visit(ssdp.Answer{Location: namedLocation}, time.Now()); !p.isNamed(namedLocation) {
		t.Error("want it named still after an answer")
	}
}

func TestNameWantsAnAddress(t *testing.T) {
	for _, location := range []string{"http://speaker/", "http://192.0.2.1:x/", ""} {
		if err := newPlaces().name(location); err == nil {
			t.Errorf("want %q refused", location)
		}
	}
}
