package fleet

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

const namedLocation = "http://198.51.100.7:1400/description.xml"

// newNamed is a harness with a LOCATION that the user named, and its log.
func newNamed(t *testing.T) (*harness, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	h := newHarnessWith(t, func(o *Options) { o.Log = zerolog.New(&log) })
	if err := h.known.name(namedLocation); err != nil {
		t.Fatal(err)
	}
	return h, &log
}

func TestNamedIsLookedAtUntilDescribed(t *testing.T) {
	h, log := newNamed(t)
	host := netip.MustParseAddr("198.51.100.7")
	failed := finding{location: namedLocation, err: errors.New("refused")}
	now := h.now

	if got := h.known.due(now); got[namedLocation] != host {
		t.Fatalf("want a look at %v, got %v", host, got)
	}
	if got := h.known.due(now); len(got) != 0 {
		t.Fatal("want no second look while the first is under way")
	}
	var waits []time.Duration
	for range 6 {
		h.described(failed, now)
		wait := h.known.all[namedLocation].next.Sub(now)
		if got := h.known.due(now.Add(wait - time.Millisecond)); len(got) != 0 {
			t.Fatalf("want no look before %v", wait)
		}
		now = now.Add(wait)
		if got := h.known.due(now); len(got) != 1 {
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

	h.described(foundAt(namedLocation, "uuid:1"), now)
	if got := h.known.due(now.Add(time.Hour)); len(got) != 0 {
		t.Error("want no look at what was described")
	}
	h.known.recheck(namedLocation)
	if got := h.known.due(now); len(got) != 1 {
		t.Error("want a look once its speaker was given up")
	}
}

func TestNamedWithoutRenderer(t *testing.T) {
	h, log := newNamed(t)
	h.known.due(h.now)
	h.described(finding{location: namedLocation}, h.now)
	if !strings.Contains(log.String(), errNoRenderer.Error()) {
		t.Errorf("want the reason in the log, got %s", log)
	}
	if got := h.known.due(h.now.Add(lookAgain)); len(got) != 1 {
		t.Error("want another look")
	}
}

func TestNamedIsNotForgotten(t *testing.T) {
	h, _ := newNamed(t)
	h.known.forget(time.Now().Add(2 * forgetAfter))
	if len(h.known.all) != 1 {
		t.Error("want the named LOCATION kept")
	}
	if h.known.visit(ssdp.Answer{Location: namedLocation}, time.Now()); !h.known.isNamed(namedLocation) {
		t.Error("want it named still after an answer")
	}
}

func TestNameWantsAnAddress(t *testing.T) {
	for _, location := range []string{"http://speaker/", "http://192.0.2.1:x/", ""} {
		if err := newLocations().name(location); err == nil {
			t.Errorf("want %q refused", location)
		}
	}
}
