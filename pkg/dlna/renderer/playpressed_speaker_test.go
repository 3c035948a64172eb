package renderer_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// restTime is longer than a speaker has to be at rest, and than a stream has to
// be over, before a press counts.
const restTime = 4 * time.Second

// eventTime is how long after its start all events of a speaker have come: those
// after our Stop would look like a device that goes on by itself.
const eventTime = time.Second

// Somebody presses play at a simulated speaker, with real connections on loopback:
// after our Stop it requests its stream once more, gets 404, and that is reported,
// by its events or because its request causes a poll.
func TestPlayPressedAtASpeaker(t *testing.T) {
	for name, events := range map[string]speaker.EventMode{"events": speaker.EventsTrue, "polling": speaker.EventsRefused} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulatedSpeaker(t, speaker.Quirks{Events: events})
			playC, pressC := make(chan struct{}, 10), make(chan struct{}, 10)
			h := newHost(t)
			r := h.renderer(t, s, func(e renderer.Event) {
				switch e {
				case renderer.Transport{State: renderer.Playing}:
					playC <- struct{}{}
				case renderer.PlayPressed{}:
					pressC <- struct{}{}
				}
			})
			h.playAndStop(t, r, playC)
			select {
			case <-time.After(restTime):
			case <-pressC:
				t.Error("nobody has pressed anything yet")
			}
			if err := s.PressPlay(); err != nil {
				t.Fatal(err)
			}
			select {
			case <-pressC:
			case <-time.After(15 * time.Second):
				t.Errorf("want the press reported; the speaker is %v", s.State())
			}
		})
	}
}

// softSpeaker runs a speaker for the length of the test.
func simulatedSpeaker(t *testing.T, quirks speaker.Quirks) *speaker.Speaker {
	t.Helper()
	s, err := speaker.New(speaker.Options{Name: t.Name(), Listen: netip.MustParseAddr("127.0.0.1"), Quirks: quirks, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	runDuring(t, s.Run)
	<-s.Ready()
	return s
}

// during runs run for the length of the test.
func runDuring(t *testing.T, run func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var g errgroup.Group
	g.Go(func() error { return run(ctx) })
	t.Cleanup(func() {
		cancel()
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
	})
}

// A host serves streams and takes events, as ours does.
type host struct {
	base    string // "http://127.0.0.1:port"
	streams *stream.Server
	events  *upnp.Subscriptions
	client  *upnp.Client
}

func newHost(t *testing.T) *host {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &host{base: "http://" + ln.Addr().String(), streams: stream.New(stream.ServerOptions{Log: zerolog.Nop()}), client: upnp.NewClient(upnp.Options{})}
	h.events = upnp.NewSubscriptions(h.client)
	mux := http.NewServeMux()
	mux.Handle(stream.Prefix, h.streams)
	mux.Handle("/", h.events)
	runDuring(t, func(ctx context.Context) error { return stream.Serve(ctx, ln, mux, nil, zerolog.Nop()) })
	return h
}

// renderer watches s for the length of the test.
func (h *host) renderer(t *testing.T, s *speaker.Speaker, onEvent func(renderer.Event)) *renderer.Renderer {
	t.Helper()
	d, err := h.client.Describe(t.Context(), s.Location(), netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := renderer.New(d, renderer.Options{Client: h.client, Events: h.events, Callback: h.base, OnEvent: onEvent, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	runDuring(t, r.Run)
	return r
}

// playAndStop ends a stream of silence once playC says that it plays.
func (h *host) playAndStop(t *testing.T, r *renderer.Renderer, playC <-chan struct{}) {
	t.Helper()
	st := h.streams.Open(stream.Options{
		Codec: audio.L16, ContentType: "audio/L16;rate=44100;channels=2",
		Peer: netip.MustParseAddr("127.0.0.1"), OnLateRequest: r.RequestPoll,
	})
	defer st.Discard()
	const frames = 5 * 44100
	if err := st.Write(make([]byte, 4*frames), frames); err != nil {
		t.Fatal(err)
	}
	song := renderer.Media{
		URL: h.base + st.Path(), Codec: audio.L16, Format: audio.CD, Title: "silence",
		ProtocolInfo: media.ParseProtocols("http-get:*:audio/L16;rate=44100;channels=2:*")[0],
	}
	if err := r.Play(t.Context(), song); err != nil {
		t.Fatal(err)
	}
	<-playC
	<-time.After(eventTime)
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}
