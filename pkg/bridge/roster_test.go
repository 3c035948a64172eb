package bridge

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A house is a manager that follows nothing by itself: the test tells it what
// was found, and sees what it does about it.
type house struct {
	*Manager
	t     *testing.T
	ctx   context.Context
	group *errgroup.Group
	known *places
	now   time.Time
}

// Two LOCATIONs of one device. Nobody listens there: looks are only begun.
const (
	wired    = "http://127.0.0.1:1/wired.xml"
	wireless = "http://127.0.0.1:1/wireless.xml"
)

func newHouse(t *testing.T) *house {
	ctx, cancel := context.WithCancel(t.Context())
	group, ctx := errgroup.WithContext(ctx)
	responder := mdns.New(mdns.Options{Hostname: "nas"}) // it does not run: nothing is sent
	h := &house{t: t, ctx: ctx, group: group, known: newPlaces(), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	h.Manager = NewManager(ManagerOptions{
		Client:     upnp.NewClient(upnp.Options{}),
		Publish:    responder.Publish,
		Receiver:   raop.Options{Listen: netip.MustParseAddr("127.0.0.1")},
		NameFormat: func(name string) string { return name + " (AirPlay)" },
		Grace:      time.Minute,
		Log:        zerolog.Nop(),
	})
	t.Cleanup(func() {
		cancel()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// finds tells of a look that found a speaker; each look finds other fingerprints
// at other LOCATIONs, as real ones do.
func (h *house) finds(udn, name, location string) {
	h.t.Helper()
	t := fakeTarget(h.t, &fakeDevice{state: "STOPPED"}, udn, name)
	t.fingerprint = location
	h.tells(finding{location: location, from: t.address, targets: []*target{t}})
}

// fails tells of a look that failed.
func (h *house) fails(location string) {
	h.t.Helper()
	h.tells(finding{location: location, err: errors.New("connection refused")})
}

func (h *house) tells(f finding) {
	h.known.described(f, h.now)
	h.take(h.ctx, h.group, h.known, f, h.now)
}

// wantAt fails the test unless the speaker plays at that LOCATION.
func (h *house) wantAt(udn, location string) {
	h.t.Helper()
	if e := h.roster[udn]; e == nil || e.location != location || !e.absent.IsZero() {
		h.t.Errorf("want %s at %s, got %+v", udn, location, e)
	}
}

// wantLook fails the test unless a look at a LOCATION is under way, or not.
func (h *house) wantLook(location string, want bool) {
	h.t.Helper()
	pl := h.known.all[location]
	if got := pl != nil && pl.looking; got != want {
		h.t.Errorf("look at %s under way: want %v, got %v", location, want, got)
	}
}

// A speaker may answer on two interfaces: it is played on at the one found
// first, for as long as that works.
func TestSpeakerByTwoWays(t *testing.T) {
	h := newHouse(t)
	h.finds("uuid:1", "Kitchen", wired)
	h.finds("uuid:1", "Kitchen", wireless)
	h.wantAt("uuid:1", wired)
	h.wantLook(wired, true) // it may have moved
	h.finds("uuid:1", "Kitchen", wired)
	h.wantAt("uuid:1", wired)
	h.wantLook(wireless, false)
	if len(h.roster) != 1 {
		t.Errorf("want one speaker, got %d", len(h.roster))
	}

	h.fails(wired)
	h.wantLook(wireless, true)
	h.finds("uuid:1", "Kitchen", wireless)
	h.wantAt("uuid:1", wireless)
	h.finds("uuid:1", "Kitchen", wired)
	h.wantAt("uuid:1", wireless)
}

// A speaker that starts anew at another port is found there before the old
// place was looked at.
func TestSpeakerMoves(t *testing.T) {
	h := newHouse(t)
	h.finds("uuid:1", "Kitchen", wired)
	h.finds("uuid:1", "Kitchen", wireless)
	h.fails(wired)
	h.finds("uuid:1", "Kitchen", wireless)
	h.wantAt("uuid:1", wireless)
}

// A bridge that cannot reach its speaker has it looked for at once.
func TestUnreachableSpeakerIsLookedFor(t *testing.T) {
	h := newHouse(t)
	h.finds("uuid:1", "Kitchen", wired)
	h.doubt(h.ctx, h.group, h.known, "uuid:1", h.now)
	h.wantLook(wired, true)
	h.finds("uuid:1", "Kitchen", wireless)
	h.wantAt("uuid:1", wireless)
}

func TestAbsentSpeakerStaysListedForAWhile(t *testing.T) {
	h := newHouse(t)
	h.finds("uuid:1", "Kitchen", wired)
	id, port := h.roster["uuid:1"].bridge.options.Receiver.ID, h.roster["uuid:1"].bridge.Port()
	for range absentAfter {
		h.fails(wired)
	}
	if h.roster["uuid:1"].absent.IsZero() {
		t.Error("want the speaker thought to be gone")
	}
	h.now = h.now.Add(h.options.Grace)
	h.survey(h.ctx, h.group, h.known, h.now)
	h.wantLook(wired, true)
	h.finds("uuid:1", "Kitchen", wired)
	h.wantAt("uuid:1", wired)
	if e := h.roster["uuid:1"]; e.bridge.options.Receiver.ID != id || e.bridge.Port() != port {
		t.Error("want the same id and port after it came back")
	}

	for range absentAfter {
		h.fails(wired)
	}
	h.now = h.now.Add(h.options.Grace + time.Second)
	h.survey(h.ctx, h.group, h.known, h.now)
	if len(h.roster) != 0 {
		t.Error("want the speaker taken off the list")
	}
}

func TestSilentSpeakerIsLookedAt(t *testing.T) {
	h := newHouse(t)
	h.finds("uuid:1", "Kitchen", wired)
	h.roster["uuid:1"].seen = h.now
	h.survey(h.ctx, h.group, h.known, h.now.Add(suspectAfter-time.Second))
	h.wantLook(wired, false)
	h.survey(h.ctx, h.group, h.known, h.now.Add(suspectAfter))
	h.wantLook(wired, true)
}

func TestSpeakerIsRenamed(t *testing.T) {
	h := newHouse(t)
	h.finds("uuid:1", "Kitchen", wired)
	before := h.roster["uuid:1"].publication
	h.finds("uuid:1", "Kitchen", wired)
	if h.roster["uuid:1"].publication != before {
		t.Error("want nothing announced anew without a new name")
	}
	h.finds("uuid:1", "Library", wired)
	e := h.roster["uuid:1"]
	if want, got := "Library (AirPlay)", e.bridge.Name(); want != got {
		t.Errorf("want the speaker called %q, got %q", want, got)
	}
	if got := e.publication.Name(); !strings.HasSuffix(got, "@Library (AirPlay)") {
		t.Errorf("want the new name announced, got %q", got)
	}
	if want, got := "Library (AirPlay)", h.Snapshot().Speakers[0].Name; want != got {
		t.Errorf("want %q shown, got %q", want, got)
	}
}

func TestSpeakersAreBounded(t *testing.T) {
	h := newHouse(t)
	for i := range maxSpeakers + 1 {
		h.finds("uuid:"+strings.Repeat("x", i), "Kitchen", wired)
	}
	if len(h.roster) != maxSpeakers {
		t.Errorf("want %d speakers, got %d", maxSpeakers, len(h.roster))
	}
}

// The bridge of a speaker that failed is set up anew, without the others.
func TestFailedBridgeIsSetUpAnew(t *testing.T) {
	h := newHouse(t)
	h.finds("uuid:1", "Kitchen", wired)
	h.finds("uuid:2", "Bath", wireless)
	h.failed(h.known, "uuid:1")
	if h.roster["uuid:1"] != nil || h.roster["uuid:2"] == nil {
		t.Fatalf("want the failed one gone alone, got %v", h.roster)
	}
	h.finds("uuid:1", "Kitchen", wired)
	h.wantAt("uuid:1", wired)
}
