package bridge

import (
	"context"
	"math"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A fakeDevice is the far side of a renderer: it does at once what it is told.
type fakeDevice struct {
	mu      sync.Mutex // guards below
	state   string     // TransportState
	refuses int        // so many Plays
	told    []call     // Play and Stop
}

// A call is an action and when it came.
type call struct {
	action string
	at     time.Time
}

func (f *fakeDevice) SCPD(context.Context, upnp.Service) (*upnp.SCPD, error) {
	return nil, upnp.ErrMalformed
}

func (f *fakeDevice) Call(_ context.Context, _ upnp.Service, action string, _, out any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch action {
	case "Play", "Stop":
		f.told = append(f.told, call{action, time.Now()})
		if action == "Play" && f.refuses > 0 {
			f.refuses--
			return &upnp.Fault{Code: 501, Description: "Action failed"}
		}
		f.state = map[string]string{"Play": "PLAYING", "Stop": "STOPPED"}[action]
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
	lost     int
}

// runDesk runs test with a bridge whose session has begun.
func runDesk(t *testing.T, test func(d *desk)) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{t: t}
		d.Bridge = newBridge(Options{
			Name:      "Kitchen",
			Streams:   stream.New(stream.ServerOptions{}),
			StreamURL: func(path string, _ netip.Addr) (string, error) { return "http://192.0.2.1" + path, nil },
			OnLost:    func(string) { d.lost++ },
			Log:       zerolog.Nop(),
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
	f := &fakeDevice{state: "STOPPED"}
	t := fakeTarget(d.t, f, kitchen, "Kitchen")
	d.attach(t)
	synctest.Wait()
	return f, t
}

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
	found := &target{udn: udn, name: name, codec: audio.L16, volume: VolumeOptions{Max: 1}, address: netip.MustParseAddr("127.0.0.1")}
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
func (d *desk) after(pause time.Duration, want state) {
	d.t.Helper()
	time.Sleep(pause)
	synctest.Wait()
	if got := d.kitchen().snapshot(time.Now()); got.State != want.String() {
		d.t.Fatalf("after %v: want %v, got %v because %s", pause, want, got.State, got.Because)
	}
}

// sound has the sender's first audible packet come.
func (d *desk) sound() {
	d.pipeline.listening.Store(false)
	d.post(message{event: eventSound})
}

func (d *desk) wantActions(f *fakeDevice, want ...string) {
	d.t.Helper()
	if got := f.actions(); got != strings.Join(want, " ") {
		d.t.Errorf("want the renderer told %q, got %q", want, got)
	}
}

func TestPlayerPlaysAndStops(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		d.after(time.Second, stateArmed)
		d.sound()
		d.after(time.Second, statePlaying)
		d.wantActions(f, "Play")
		d.post(message{raop: raop.Teardown{Reason: "the sender ended it"}})
		d.after(time.Second, stateIdle)
		d.wantActions(f, "Play", "Stop")
	})
}

func TestPlayerHoldsAFlush(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		d.sound()
		d.after(time.Second, statePlaying)
		d.post(message{raop: raop.Flush{All: true}})
		d.after(holdFor-time.Millisecond, stateHeld)
		d.sound()
		d.after(time.Minute, statePlaying)
		d.wantActions(f, "Play")
		d.post(message{raop: raop.Pause{}})
		d.after(holdFor+time.Millisecond, stateArmed)
		d.wantActions(f, "Play", "Stop")
		if !d.pipeline.listening.Load() {
			t.Error("want the next sound listened for")
		}
	})
}

// Some senders flush twice.
func TestPlayerHoldsOnceForTwoFlushes(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		d.sound()
		d.after(time.Second, statePlaying)
		d.post(message{raop: raop.Flush{All: true}})
		d.after(holdFor/2, stateHeld)
		d.post(message{raop: raop.Flush{All: true}})
		d.after(0, stateHeld)
		d.after(holdFor, stateArmed)
		d.wantActions(f, "Play", "Stop")
	})
}

func TestPlayerRetriesARefusal(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		f.refuses = 7
		d.sound()
		d.after(2*time.Minute, statePlaying)
		var pauses []time.Duration
		for i := range f.told[1:] {
			pauses = append(pauses, f.told[i+1].at.Sub(f.told[i].at))
		}
		s := time.Second
		if want := []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 30 * s, 30 * s}; !slices.Equal(want, pauses) {
			t.Errorf("want tries after %v, got %v", want, pauses)
		}
		if d.lost != 7 {
			t.Errorf("want the renderer looked for after each refusal, got %d", d.lost)
		}

		f.refuses = 1
		d.begin() // another session has patience of its own
		d.sound()
		d.after(2*time.Second, statePlaying)
	})
}

// What a start that is over led to, and what a renderer says that was replaced,
// is of no interest.
func TestPlayerIgnoresWhatIsOver(t *testing.T) {
	runDesk(t, func(d *desk) {
		_, old := d.device()
		d.sound()
		d.after(time.Second, statePlaying)
		d.device()
		d.after(time.Second, statePlaying)
		d.kitchen().tell(note{event: eventRefused, serial: 1, err: errAbsent})
		d.after(0, statePlaying)
		d.hears(old, renderer.Lost{Reason: "gone"})
		d.after(0, statePlaying)
	})
}

// The first stop by the speaker itself may be a hiccup, the second is meant.
func TestPlayerYields(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		d.sound()
		d.after(6*time.Second, statePlaying)
		f.is("STOPPED")
		d.after(10*time.Second, statePlaying)
		d.wantActions(f, "Play", "Play")
		f.is("STOPPED")
		d.after(10*time.Second, stateYielded)
		d.after(time.Hour, stateYielded)
		d.wantActions(f, "Play", "Play")

		d.post(message{raop: raop.Pause{}})
		d.after(0, stateArmed)
		d.sound()
		d.after(time.Second, statePlaying)
		d.wantActions(f, "Play", "Play", "Play")
	})
}

func TestPlayerYieldsToAnotherController(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, kitchen := d.device()
		d.sound()
		d.after(time.Second, statePlaying)
		d.hears(kitchen, renderer.TakenOver{URI: "http://192.0.2.9/radio"})
		d.after(time.Minute, stateYielded)
		d.wantActions(f, "Play") // no Stop: that would end what the other plays
	})
}

func TestPlayerWaitsForASpeaker(t *testing.T) {
	runDesk(t, func(d *desk) {
		_, first := d.device()
		d.detach(first.udn)
		d.sound()
		d.after(time.Minute, stateWaiting)
		f, _ := d.device()
		d.after(time.Second, statePlaying)
		d.detach(kitchen)
		d.after(time.Minute, stateWaiting)
		d.wantActions(f, "Play")
		again, _ := d.device()
		d.after(time.Second, statePlaying)
		d.wantActions(again, "Play")
	})
}

func TestPlayerTakesTheNextSession(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _ := d.device()
		d.sound()
		d.after(time.Second, statePlaying)
		d.begin() // without a Teardown before
		d.after(time.Second, stateArmed)
		d.wantActions(f, "Play", "Stop")
		d.sound()
		d.after(time.Second, statePlaying)
		d.post(message{event: eventQuiet})
		d.after(time.Second, stateArmed)
		d.wantActions(f, "Play", "Stop", "Play", "Stop")
	})
}

func TestPlayerKeepsTheVolume(t *testing.T) {
	runDesk(t, func(d *desk) {
		_, kitchen := d.device()
		wantDB := func(want float64) {
			t.Helper()
			synctest.Wait()
			if got := d.volumeDB(); got != want {
				t.Errorf("want %v dB, got %v", want, got)
			}
		}
		wantDB(levelDB(defaultLevel)) // it has no RenderingControl
		d.hears(kitchen, renderer.Volume{Level: 0.5})
		wantDB(-15)
		d.post(message{raop: raop.Volume{DB: -30, Mute: true}})
		wantDB(muteDB)
		d.post(message{raop: raop.Volume{DB: -6}})
		wantDB(-6)
		time.Sleep(levelEcho)
		d.hears(kitchen, renderer.Mute{On: true})
		wantDB(muteDB)
		d.hears(kitchen, renderer.Mute{On: false})
		wantDB(-6)
	})
}

// A sender that asks before the renderer was heard gets the renderer's answer.
func TestVolumeIsAskedFor(t *testing.T) {
	b := newBridge(Options{})
	p := newPlayer(b, kitchen)
	p.driver.attach(&fakeSpeaker{})
	b.players = []*player{p}
	if want, got := levelDB(0.4), b.volumeDB(); math.Abs(got-want) > 1e-9 {
		t.Errorf("want the renderer's %v dB, got %v", want, got)
	}
}
