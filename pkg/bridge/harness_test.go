package bridge

import (
	"context"
	"encoding/binary"
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
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	packetFrames = 352
	latency      = 500 * time.Millisecond // by which packets may be late

	// As package player has them.
	seekWithin   = 250 * time.Millisecond // how long a FLUSH may be a seek
	resumeWithin = 10 * time.Second       // how long a sender may take to play again
	noGETFirst   = 3 * time.Second        // how long a renderer may take to fetch its stream
	readsFor     = 3 * time.Second        // how long it must fetch to count as playing
	levelEcho    = time.Second            // how long its volume may be from before
)

// A fakeDevice is the far side of a renderer: it does at once what it is ordered.
type fakeDevice struct {
	mu      sync.Mutex // guards below
	state   string     // TransportState
	refuses int        // so many Plays
	refusal error      // with which it does; nil: an error that says nothing
	likes   string     // what the metadata must hold; else it answers 714
	ordered []order    // Play and Stop
	uri     string
	fetch   func(uri string) // on Play; nil: it does not fetch
}

// An order is an action and when it came.
type order struct {
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
		f.ordered = append(f.ordered, order{action, time.Now()})
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
	var all []string
	for _, o := range f.ordered {
		all = append(all, o.action)
	}
	return strings.Join(all, " ")
}

// A fakeOutput is a renderer as players know one.
type fakeOutput struct {
	*renderer.Renderer
	mu     sync.Mutex // guards handle
	handle func(renderer.Event)
}

func (o *fakeOutput) OnEvent(handle func(renderer.Event)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.handle = handle
}

func (o *fakeOutput) event(e renderer.Event) {
	o.mu.Lock()
	handle := o.handle
	o.mu.Unlock()
	if handle != nil {
		handle(e)
	}
}

func (o *fakeOutput) ReportsOwnVolume() bool     { return true }
func (o *fakeOutput) FollowsAnother(string) bool { return false }

// A harness is a bridge without its receiver, in a bubble of fake time, with a
// session that does not sound unless the test says so.
type harness struct {
	*Bridge
	t       *testing.T
	running *sound
	sender  *fakeSender
	sent    int            // packets
	reading sync.WaitGroup // of the devices
	lost    int
	targets map[string]*player.Target // by UDN
}

// A fakeSender is what playout needs of a sender.
type fakeSender struct{ latency int64 }

func (s *fakeSender) Latency() (int64, bool)          { return s.latency, true }
func (s *fakeSender) RequestResend(uint16, int) error { return nil }

// run runs test with a bridge whose session has begun.
func run(t *testing.T, test func(h *harness)) { runBridge(t, false, test) }

// runGroup does with a bridge of a group, without a session.
func runGroup(t *testing.T, test func(h *harness)) { runBridge(t, true, test) }

func runBridge(t *testing.T, group bool, test func(h *harness)) {
	synctest.Test(t, func(t *testing.T) {
		h := &harness{t: t, sender: &fakeSender{}, targets: make(map[string]*player.Target)}
		h.Bridge = newBridge(Options{
			Name:    "Kitchen",
			Latency: latency,
			Group:   group,
			Streams: stream.New(stream.ServerOptions{}),
			BaseURL: func(netip.Addr) (string, error) { return "http://192.0.2.1", nil },
			OnLost:  func(string) { h.lost++ },
			Log:     zerolog.Nop(),
		})
		ctx, cancel := context.WithCancel(t.Context())
		tasks, ctx := errgroup.WithContext(ctx)
		tasks.Go(func() error { return h.run(ctx, tasks) })
		if !group {
			h.begin()
		}
		test(h)
		cancel()
		if err := tasks.Wait(); err != nil {
			t.Error(err)
		}
		h.reading.Wait()
	})
}

// begin begins a session.
func (h *harness) begin() { h.beginWith(audio.CD, packetFrames) }

// beginWith begins a session of a format.
func (h *harness) beginWith(format audio.Format, frames int) {
	params := raop.StreamParams{Codec: raop.L16, Format: format, FrameLength: frames}
	s, err := h.newSound(params, h.sender)
	if err != nil {
		h.t.Fatal(err)
	}
	h.running = s
	h.play(raop.Play{Session: &raop.Session{}}, s)
	synctest.Wait()
}

// kitchen is the UDN of the speaker that most tests need.
const kitchen = "uuid:1"

// device makes a renderer known to the bridge.
func (h *harness) device() (*fakeDevice, *player.Target) {
	f := &fakeDevice{state: "STOPPED", fetch: h.fetch}
	t := newTarget(h.t, f, kitchen, "Kitchen")
	h.attach(t)
	return f, t
}

// fetch reads a stream as a renderer does, until it ends.
func (h *harness) fetch(uri string) { h.fetchInto(uri, &nowhere{header: http.Header{}}) }

func (h *harness) fetchInto(uri string, w http.ResponseWriter) {
	request := httptest.NewRequest(http.MethodGet, uri, nil)
	request.RemoteAddr = "127.0.0.1:49152"
	h.reading.Go(func() {
		defer func() { _ = recover() }() // http.ErrAbortHandler, as a server does
		h.options.Streams.ServeHTTP(w, request)
	})
}

// nowhere is where the sound goes that a fake device fetches.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Flush()                      {}

// kitchen is the player of that speaker.
func (h *harness) kitchen() *player.Player {
	h.t.Helper()
	p := h.playerOf(kitchen)
	if p == nil {
		h.t.Fatal("want a player for the speaker")
	}
	return p
}

// reports has a renderer report something.
func (h *harness) reports(from *player.Target, e renderer.Event) {
	from.Output.(*fakeOutput).event(e)
}

// attach makes a renderer known to the bridge, and waits until it is.
func (h *harness) attach(t *player.Target) {
	h.targets[t.UDN] = t
	h.Attach(t)
	h.settle()
}

// playedAfter has a renderer report its first sound so long after Play.
func (h *harness) playedAfter(t *player.Target, after time.Duration) {
	h.settle()
	h.reports(t, renderer.AudioStarted{After: after})
	h.settle()
}

// settle lets all be done that is to be done now.
func (h *harness) settle() { synctest.Wait() }

// newTarget is a speaker with a client at its far side. services are those beside
// AVTransport.
func newTarget(t *testing.T, client renderer.Client, udn, name string, services ...string) *player.Target {
	t.Helper()
	found := &player.Target{
		UDN: udn, Name: name, Address: netip.MustParseAddr("127.0.0.1"),
		Settings: settings.Speaker{Codec: audio.L16, Length: settings.LengthAuto, Volume: settings.Volume{Max: 100}},
	}
	setFormats(found)
	description := &upnp.Device{FriendlyName: name, Location: &url.URL{}}
	for _, service := range append([]string{"AVTransport"}, services...) {
		description.Services = append(description.Services, upnp.Service{Type: "urn:schemas-upnp-org:service:" + service + ":1"})
	}
	o := &fakeOutput{}
	r, err := renderer.New(description, renderer.Options{Client: client, OnEvent: o.event, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	o.Renderer, found.Output = r, o
	return found
}

// setFormats sets up the formats that the target's settings allow.
func setFormats(t *player.Target) {
	forced := quirk.Forced{Preroll: t.Settings.Preroll}
	if t.Settings.Codec != audio.CodecUnknown {
		forced.Codecs = []audio.Codec{t.Settings.Codec}
	}
	t.Formats = quirk.NewFormatFallback(t.Traits, quirk.Offers(nil), forced)
}

// after lets time pass and wants the bridge in a state then.
func (h *harness) after(pause time.Duration, want player.State) {
	h.t.Helper()
	time.Sleep(pause)
	synctest.Wait()
	if got := h.kitchen().Snapshot(); got.State != want {
		h.t.Fatalf("after %v: want %v, got %v: %s", pause, want, got.State, got.Reason)
	}
}

// soundComes has the sender's first audible packet come.
func (h *harness) soundComes() { h.post(sessionCommand{soundCame: true}) }

// send sends a hundred audible packets, in real time.
func (h *harness) send() {
	for range 100 {
		h.HandlePacket(nil, raop.Packet{
			Seq: uint16(h.sent), Timestamp: uint32(h.sent * packetFrames), Arrival: time.Now(), Payload: payload(1),
		})
		h.sent++
		time.Sleep(audio.CD.Duration(packetFrames))
	}
}

// payload is a packet's worth of one value.
func payload(value int16) []byte {
	b := make([]byte, 0, 4*packetFrames)
	for range 2 * packetFrames {
		b = binary.BigEndian.AppendUint16(b, uint16(value))
	}
	return b
}

func (h *harness) wantActions(f *fakeDevice, want ...string) {
	h.t.Helper()
	if got := f.actions(); got != strings.Join(want, " ") {
		h.t.Errorf("want the renderer ordered %q, got %q", want, got)
	}
}
