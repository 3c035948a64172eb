package fleet

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A fakeDevice is the far side of a renderer: it does at once what it is ordered.
type fakeDevice struct {
	mu      sync.Mutex // guards below
	state   string     // TransportState
	ordered []string   // Play and Stop
	uri     string
	fetch   func(uri string) // on Play; nil: it does not fetch
}

func (f *fakeDevice) SCPD(context.Context, upnp.Service) (*upnp.SCPD, error) {
	return nil, upnp.ErrMalformed
}

func (f *fakeDevice) Call(_ context.Context, _ upnp.Service, action string, in, out any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch action {
	case "SetAVTransportURI":
		f.uri = reflect.ValueOf(in).FieldByName("CurrentURI").String()
	case "Play", "Stop":
		f.ordered = append(f.ordered, action)
		f.state = map[string]string{"Play": "PLAYING", "Stop": "STOPPED"}[action]
		if action == "Play" && f.fetch != nil {
			f.fetch(f.uri)
		}
	case "GetTransportInfo":
		reflect.ValueOf(out).Elem().FieldByName("CurrentTransportState").SetString(f.state)
	}
	return nil
}

// setState sets the state as somebody at the speaker does.
func (f *fakeDevice) setState(state string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = state
}

// actions are what the device was ordered so far.
func (f *fakeDevice) actions() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.ordered, " ")
}

// newFound is a renderer that was found, with a fake device at its far side.
func newFound(t *testing.T, device *fakeDevice, udn, name string) *found {
	t.Helper()
	f := &found{}
	f.UDN, f.Name, f.Address = udn, name, netip.MustParseAddr("127.0.0.1")
	f.applyRules(settings.Speaker{Codec: audio.L16, Length: settings.LengthAuto, Volume: settings.Volume{Max: 100}}, rule.Settings{})
	memory, err := quirk.OpenMemory("")
	if err != nil {
		t.Fatal(err)
	}
	(&inspector{memory: memory}).setFormats(f)
	description := &upnp.Device{FriendlyName: name, Location: &url.URL{}, Services: []upnp.Service{
		{Type: "urn:schemas-upnp-org:service:AVTransport:1"},
	}}
	o, err := newOutput(func(onEvent func(renderer.Event)) (*renderer.Renderer, error) {
		return renderer.New(description, renderer.Options{Client: device, OnEvent: onEvent, Log: zerolog.Nop()})
	})
	if err != nil {
		t.Fatal(err)
	}
	f.renderer, f.Output = o.Renderer, o
	return f
}

// described is a renderer as a description shows it.
func described(t *testing.T, udn, name string) *upnp.Device {
	t.Helper()
	u, err := url.Parse(wired)
	if err != nil {
		t.Fatal(err)
	}
	return &upnp.Device{UDN: udn, FriendlyName: name, Location: u, Services: []upnp.Service{
		{Type: "urn:schemas-upnp-org:service:AVTransport:1", Control: u},
	}}
}

// A harness is a loop that does not run: the test tells it what was found, and
// sees what it does about it.
type harness struct {
	*loop
	t       *testing.T
	manager *Manager
	now     time.Time
}

// Two LOCATIONs of one device. Nobody listens there: looks are only begun.
const (
	wired    = "http://127.0.0.1:1/wired.xml"
	wireless = "http://127.0.0.1:1/wireless.xml"
)

func newHarness(t *testing.T) *harness { return newHarnessWith(t, func(*Options) {}) }

// newHarnessWith makes one whose options are set by the test.
func newHarnessWith(t *testing.T, set func(*Options)) *harness {
	t.Helper()
	responder := mdns.New(mdns.Options{Hostname: "nas"}) // it does not run: nothing is sent
	options := Options{
		Client:     upnp.NewClient(upnp.Options{}),
		Publish:    responder.Publish,
		Receiver:   raop.Options{Listen: netip.MustParseAddr("127.0.0.1")},
		NameFormat: func(name string) string { return name + " (AirPlay)" },
		Grace:      time.Minute,
		Log:        zerolog.Nop(),
	}
	set(&options)
	m := New(options)
	ctx, cancel := context.WithCancel(t.Context())
	tasks, ctx := errgroup.WithContext(ctx)
	t.Cleanup(func() {
		cancel()
		if err := tasks.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &harness{loop: newLoop(ctx, tasks, m), t: t, manager: m, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// finds tells of a look that found a speaker; each look finds other fingerprints
// at other LOCATIONs, as real ones do.
func (h *harness) finds(udn, name, location string) {
	h.t.Helper()
	f := newFound(h.t, &fakeDevice{state: "STOPPED"}, udn, name)
	f.fingerprint = location
	h.looked(finding{location: location, from: f.Address, found: []*found{f}})
}

// fails tells of a look that failed.
func (h *harness) fails(location string) {
	h.t.Helper()
	h.looked(finding{location: location, err: errors.New("connection refused")})
}

// looked tells of the outcome of a look.
func (h *harness) looked(f finding) {
	h.described(f, h.now)
	h.take(f, h.now)
}

// wantAt fails the test unless the speaker plays at that LOCATION.
func (h *harness) wantAt(udn, location string) {
	h.t.Helper()
	if s := h.roster[udn]; s == nil || s.location != location || !s.absent.IsZero() {
		h.t.Errorf("want %s at %s, got %+v", udn, location, s)
	}
}

// wantLook fails the test unless a look at a LOCATION is under way, or not.
func (h *harness) wantLook(location string, want bool) {
	h.t.Helper()
	if got := h.looking(location); got != want {
		h.t.Errorf("look at %s under way: want %v, got %v", location, want, got)
	}
}

// looking reports whether a look at a LOCATION is under way.
func (h *harness) looking(location string) bool {
	l := h.known.all[location]
	return l != nil && l.looking
}
