package fleet

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/bridge/playout"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/sonos"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// regroupWithin is how long after a change of its group a player puts a stop of
// its renderer down to that.
const regroupWithin = 5 * time.Second

// otherPlayer is the URI of a Sonos player that follows another one.
const otherPlayer = "x-rincon:RINCON_000E5800000201400"

// A roomHarness is a player that plays on a Sonos room, in a bubble of fake time,
// with a session that does not sound unless the test says so.
type roomHarness struct {
	*player.Player
	t         *testing.T
	device    *fakeDevice
	output    *roomOutput
	streams   *stream.Server
	reading   sync.WaitGroup // of the device
	refreshes atomic.Int32   // times that the household was looked at again
}

// A fakeSender is what playout needs of a sender.
type fakeSender struct{}

func (fakeSender) Latency() (int64, bool)          { return 0, true }
func (fakeSender) RequestResend(uint16, int) error { return nil }

// runRoom runs test with a room whose session has begun.
func runRoom(t *testing.T, test func(h *roomHarness)) {
	synctest.Test(t, func(t *testing.T) {
		h := &roomHarness{t: t, streams: stream.New(stream.ServerOptions{})}
		memory, err := quirk.OpenMemory("")
		if err != nil {
			t.Fatal(err)
		}
		h.Player = player.New(player.Options{
			UDN: "uuid:1", Streams: h.streams, Memory: memory, Bridge: callbacks(), Log: zerolog.Nop(),
		})
		packets, err := playout.NewPacketSource(playout.PacketOptions{
			Format: audio.CD, FrameLength: 352, Latency: 500 * time.Millisecond, Sender: fakeSender{},
			NewDecoder: func() (playout.Decoder, error) { return audio.L16Decoder{Format: audio.CD}, nil },
			OnSound:    func(time.Time) {},
			OnSilent:   func() {},
		})
		if err != nil {
			t.Fatal(err)
		}
		sound := playout.New(audio.CD, packets)
		ctx, cancel := context.WithCancel(t.Context())
		var tasks sync.WaitGroup
		for _, run := range []func(context.Context) error{sound.Run, h.Run} {
			tasks.Go(func() {
				if err := run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		h.Begin(player.Session{Playout: sound, Packets: packets, Began: time.Now()}, "a sender connected")
		h.attach()
		test(h)
		cancel()
		tasks.Wait()
		h.reading.Wait()
	})
}

// callbacks are those of a bridge with nothing but this player.
func callbacks() player.Callbacks {
	return player.Callbacks{
		Name:         func() string { return "Kitchen" },
		URL:          func(path string, _ netip.Addr) (string, error) { return "http://192.0.2.1" + path, nil },
		ArtworkPath:  func(uint64) string { return "" },
		PlaySender:   func(string) {},
		PauseSender:  func(string) {},
		ReportVolume: func() {},
		Lost:         func(string) {},
		HeadStart:    func(*player.Player) time.Duration { return 0 },
		OthersPlay:   func(*player.Player) bool { return false },
	}
}

// attach has the player play on the room.
func (h *roomHarness) attach() {
	h.device = &fakeDevice{state: "STOPPED", fetch: h.fetch}
	f := newFound(h.t, h.device, h.UDN(), "Kitchen")
	h.output = &roomOutput{
		output: f.Output.(*output), own: f.renderer, volume: &roomVolume{}, refresh: func() { h.refreshes.Add(1) },
	}
	f.Output = h.output
	h.Attach(&f.Target)
	synctest.Wait()
}

// fetch reads a stream as a renderer does, until it ends.
func (h *roomHarness) fetch(uri string) {
	request := httptest.NewRequest(http.MethodGet, uri, nil)
	request.RemoteAddr = "127.0.0.1:49152"
	h.reading.Go(func() {
		defer func() { _ = recover() }() // http.ErrAbortHandler, as a server does
		h.streams.ServeHTTP(&nowhere{header: http.Header{}}, request)
	})
}

// nowhere is where the sound goes that a fake device fetches.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Flush()                      {}

// reports has the room's renderer report something.
func (h *roomHarness) reports(e renderer.Event) { h.output.event(e) }

// after lets time pass and wants the player in a state then.
func (h *roomHarness) after(pause time.Duration, want player.State) {
	h.t.Helper()
	time.Sleep(pause)
	synctest.Wait()
	if got := h.Snapshot(); got.State != want {
		h.t.Fatalf("after %v: want %v, got %v: %s", pause, want, got.State, got.Reason)
	}
}

// A player that stops as its group has changed is started again at once, as
// often as that happens; one that is stopped without it is left alone.
func TestStopsOfAGroupThatChanges(t *testing.T) {
	runRoom(t, func(h *roomHarness) {
		h.SoundCame()
		h.after(5*time.Second, player.StatePlaying)
		for range 3 {
			h.GroupChanged(false)
			h.device.setState("STOPPED")
			h.after(4*time.Second, player.StatePlaying)
		}
		if got := h.device.actions(); got != "Play Play Play Play" {
			t.Errorf("want it started again after each change, got %s", got)
		}
		h.after(regroupWithin, player.StatePlaying)
		h.device.setState("STOPPED")
		h.after(5*time.Second, player.StatePlaying)
		h.device.setState("STOPPED")
		h.after(5*time.Second, player.StateReleased)
	})
}

// A session that waits goes on as soon as the group is known.
func TestWaitingEndsWithTheGroup(t *testing.T) {
	runRoom(t, func(h *roomHarness) {
		h.SoundCame()
		h.after(5*time.Second, player.StatePlaying)
		h.device.setState("STOPPED")
		h.reports(renderer.TakenOver{URI: otherPlayer})
		h.after(0, player.StateRetrying)
		if h.refreshes.Load() == 0 {
			t.Error("want the household looked at again")
		}
		h.GroupChanged(false)
		h.after(0, player.StatePlaying)
		if got := h.device.actions(); got != "Play Play" {
			t.Errorf("want it started again, got %s", got)
		}
	})
}

// Who joins others that play leaves its own sender's sound, also one that
// waits.
func TestRoomYieldsToItsGroup(t *testing.T) {
	for name, before := range map[string]func(h *roomHarness){
		"playing": func(*roomHarness) {},
		"waiting": func(h *roomHarness) { h.reports(renderer.Lost{Reason: "gone"}) },
	} {
		t.Run(name, func(t *testing.T) {
			runRoom(t, func(h *roomHarness) {
				h.SoundCame()
				h.after(5*time.Second, player.StatePlaying)
				before(h)
				h.GroupChanged(true)
				h.after(time.Minute, player.StateReleased)
				if got := h.device.actions(); got != "Play" {
					t.Errorf("want the group left alone, got %s", got)
				}
			})
		})
	}
}

// A follower is a Sonos player that follows another one.
type follower struct{ asked []string }

func (f *follower) SCPD(context.Context, upnp.Service) (*upnp.SCPD, error) {
	return nil, upnp.ErrMalformed
}

func (f *follower) Call(_ context.Context, _ upnp.Service, action string, _, out any) error {
	f.asked = append(f.asked, action)
	if action == "GetMediaInfo" {
		reflect.ValueOf(out).Elem().FieldByName("CurrentURI").SetString(otherPlayer)
	}
	return nil
}

// A player that follows another gets no stream: that would break the group.
func TestFollowerGetsNoStream(t *testing.T) {
	client := &follower{}
	device := &upnp.Device{Location: &url.URL{}, Services: []upnp.Service{{Type: "urn:schemas-upnp-org:service:AVTransport:1"}}}
	r, err := renderer.New(device, renderer.Options{Client: client})
	if err != nil {
		t.Fatal(err)
	}
	input, err := sonos.NewInput(client, device)
	if err != nil {
		t.Fatal(err)
	}
	refreshes := 0
	room := &roomOutput{output: &output{Renderer: r}, own: r, input: input, refresh: func() { refreshes++ }}
	err = room.Play(t.Context(), renderer.Media{})
	if !errors.Is(err, errFollows) || refreshes != 1 {
		t.Errorf("want %v and the household looked at, got %v and %d looks", errFollows, err, refreshes)
	}
	if len(client.asked) != 1 {
		t.Errorf("want it asked what it has, nothing else, got %v", client.asked)
	}
}
