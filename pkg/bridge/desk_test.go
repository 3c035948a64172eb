package bridge

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A fakeDevice is the far side of a renderer: it does at once what it is told.
type fakeDevice struct {
	mu      sync.Mutex // guards below
	state   string     // TransportState
	refuses int        // so many Plays
	refusal error      // with which it does; nil: an error that says nothing
	likes   string     // what the metadata must hold; else it answers 714
	told    []call     // Play and Stop
	uri     string
	fetch   func(uri string) // on Play; nil: it does not fetch
}

// A call is an action and when it came.
type call struct {
	action string
	at     time.Time
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
		if didl := reflect.ValueOf(in).FieldByName("CurrentURIMetaData").String(); !strings.Contains(didl, f.likes) {
			return &upnp.Fault{Code: 714, Description: "Illegal MIME-type"}
		}
	case "Play", "Stop":
		f.told = append(f.told, call{action, time.Now()})
		if action == "Play" && f.refuses > 0 {
			f.refuses--
			if f.refusal != nil {
				return f.refusal
			}
			return &upnp.Fault{Code: 501, Description: "Action failed"}
		}
		f.state = map[string]string{"Play": "PLAYING", "Stop": "STOPPED"}[action]
		if action == "Play" && f.fetch != nil {
			f.fetch(f.uri)
		}
	case "GetTransportInfo":
		reflect.ValueOf(out).Elem().FieldByName("CurrentTransportState").SetString(f.state)
	}
	return nil
}

// is sets the state as a hand at the speaker does.
func (f *fakeDevice) is(state string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = state
}

// actions are what the device was told so far.
func (f *fakeDevice) actions() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, c := range f.told {
		all = append(all, c.action)
	}
	return strings.Join(all, " ")
}

// A desk is a bridge under test without its receiver, in a bubble of fake time,
// with a session that does not sound unless the test says so.
type desk struct {
	*Bridge
	t        *testing.T
	pipeline *pipeline
	reading  sync.WaitGroup // of the devices
	lost     int
}

// runDesk runs test with a bridge whose session has begun.
func runDesk(t *testing.T, test func(d *desk)) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{t: t}
		d.Bridge = newBridge(Options{
			Name:    "Kitchen",
			Streams: stream.New(stream.ServerOptions{}),
			BaseURL: func(netip.Addr) (string, error) { return "http://192.0.2.1", nil },
			OnLost:  func(string) { d.lost++ },
			Log:     zerolog.Nop(),
		})
		ctx, cancel := context.WithCancel(t.Context())
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return d.run(ctx, group) })
		d.begin()
		test(d)
		cancel()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		d.reading.Wait()
	})
}

// begin begins a session.
func (d *desk) begin() {
	params := raop.StreamParams{Codec: raop.L16, Format: audio.CD, FrameLength: packetFrames}
	p, err := newPipeline(params, lateness, &asked{})
	if err != nil {
		d.t.Fatal(err)
	}
	d.pipeline = p
	d.play(raop.Play{Session: &raop.Session{}}, p)
	synctest.Wait()
}

// kitchen is the UDN of the speaker that most tests need.
const kitchen = "uuid:1"

// device makes a renderer known to the bridge.
func (d *desk) device() (*fakeDevice, *target) {
	f := &fakeDevice{state: "STOPPED", fetch: d.fetch}
	t := fakeTarget(d.t, f, kitchen, "Kitchen")
	d.attach(t)
	synctest.Wait()
	return f, t
}

// fetch reads a stream as a renderer does, until it ends.
func (d *desk) fetch(uri string) {
	request := httptest.NewRequest(http.MethodGet, uri, nil)
	request.RemoteAddr = "127.0.0.1:49152"
	d.reading.Go(func() {
		defer func() { _ = recover() }() // http.ErrAbortHandler, as a server does
		d.options.Streams.ServeHTTP(&nowhere{header: http.Header{}}, request)
	})
}

// nowhere is where the sound goes that a fake device fetches.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Flush()                      {}

// kitchen is the player of that speaker.
func (d *desk) kitchen() *player {
	d.t.Helper()
	p := d.playerOf(kitchen)
	if p == nil {
		d.t.Fatal("want a player for the speaker")
	}
	return p
}

// hears has a renderer say something.
func (d *desk) hears(from *target, e renderer.Event) {
	d.kitchen().tell(note{renderer: e, target: from})
}

// fakeTarget is a speaker with a fake device at its far side.
func fakeTarget(t *testing.T, f *fakeDevice, udn, name string) *target {
	t.Helper()
	found := &target{udn: udn, name: name, address: netip.MustParseAddr("127.0.0.1")}
	found.settle(settings.Speaker{Codec: audio.L16, Length: settings.LengthAuto, Volume: settings.Volume{Max: 100}}, rule.Settings{})
	found.memory, _ = quirk.OpenMemory("")
	found.initFormats()
	description := &upnp.Device{FriendlyName: name, Location: &url.URL{}, Services: []upnp.Service{
		{Type: "urn:schemas-upnp-org:service:AVTransport:1"},
	}}
	r, err := renderer.New(description, renderer.Options{Client: f, OnEvent: found.event, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	found.renderer = r
	return found
}

// after lets time pass and wants the bridge in a state then.
func (d *desk) after(pause time.Duration, want State) {
	d.t.Helper()
	time.Sleep(pause)
	synctest.Wait()
	if got := d.kitchen().snapshot(time.Now()); got.State != want {
		d.t.Fatalf("after %v: want %v, got %v because %s", pause, want, got.State, got.Reason)
	}
}

// sound has the sender's first audible packet come.
func (d *desk) sound() {
	d.pipeline.listening.Store(false)
	d.post(message{event: eventSoundArrived})
}

func (d *desk) wantActions(f *fakeDevice, want ...string) {
	d.t.Helper()
	if got := f.actions(); got != strings.Join(want, " ") {
		d.t.Errorf("want the renderer told %q, got %q", want, got)
	}
}
