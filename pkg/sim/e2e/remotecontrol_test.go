package e2e_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/sim/demo"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// calm is how long nothing more may come of what was done before.
const calm = 3 * time.Second

// A phone is a sender that can be steered, and says so on the network. As iOS
// does, it sends back each volume that it is told.
type phone struct {
	source
	control *sender.ControlPoint
	pause   func() // ends its sound
}

// newPhone connects a phone to a speaker.
func (p *production) newPhone(to bridge.Speaker) phone {
	p.t.Helper()
	const id, token = "56B29BB6CB904862", "1986535575" // of ProfileIOS
	var self phone
	control, err := sender.ListenControl(p.t.Context(), sender.ControlOptions{
		ActiveRemote: token,
		OnVolume: func(volumeDB float64) {
			if err := self.SetVolume(p.t.Context(), volumeDB); err != nil {
				p.t.Errorf("the phone sends its volume back: %v", err)
			}
		},
	})
	must(p.t, err)
	announcer := mdns.New(mdns.Options{
		Hostname: "phone", Interfaces: p.Daemon.Interfaces, Port: p.MDNSPort, Log: zerolog.Nop(),
	})
	announcer.Publish(mdns.Service{Instance: "iTunes_Ctrl_" + id, Type: "_dacp._tcp", Port: control.Port()})
	p.beside(control.Run)
	p.beside(announcer.Run)
	p.eventually("the phone's remote control is announced", func() bool { return announcer.Stats().Established == 1 })
	self = phone{source: p.newSource(to, sender.ProfileIOS.Options), control: control}
	must(p.t, self.Connect(p.t.Context()))
	p.eventually("the bridge knows that it can steer the phone", func() bool { return p.shown(to.UDN).Steerable })
	return self
}

// beside runs something until the end of the test.
func (p *production) beside(run func(context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return run(ctx) })
	p.t.Cleanup(func() {
		cancel()
		if err := group.Wait(); err != nil {
			p.t.Error(err)
		}
	})
}

// keepPlaying sends music until pause is called, or the test ends.
func (s source) keepPlaying(music []int32) (pause func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Send(ctx, music) }()
	pause = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			s.t.Error(err)
		}
	})
	s.t.Cleanup(pause)
	return pause
}

// volumes are those that the phone was told, in dB.
func (f phone) volumes() []float64 {
	var all []float64
	for _, c := range f.control.Commands() {
		if text, ok := strings.CutPrefix(c, "setproperty?dmcp.device-volume="); ok {
			v, _ := strconv.ParseFloat(text, 64)
			all = append(all, v)
		}
	}
	return all
}

// wantCommands waits until the phone has got these and no others.
func (p *production) wantCommands(f phone, want ...string) {
	p.t.Helper()
	p.eventually(strings.Join(want, ", ")+" at the phone", func() bool { return len(f.control.Commands()) >= len(want) })
	if got := f.control.Commands(); !slices.Equal(want, got) || f.control.Refused() != 0 {
		p.t.Errorf("want the phone told %q, got %q and %d refused", want, got, f.control.Refused())
	}
}

// A hand is at the buttons of a speaker, or is an app that steers it.
type hand struct {
	t      *testing.T
	client *upnp.Client
	svc    upnp.Service
}

func (p *production) handAt(one *speaker.Speaker) hand {
	p.t.Helper()
	client := upnp.NewClient(upnp.Options{OnLink: func(netip.Addr) bool { return true }})
	d, err := client.Describe(p.t.Context(), one.Location(), demo.Loopback)
	must(p.t, err)
	svc, ok := d.Service("urn:schemas-upnp-org:service:AVTransport:")
	if !ok {
		p.t.Fatal("want a speaker with a transport")
	}
	return hand{p.t, client, svc}
}

func (h hand) press(action string) {
	h.t.Helper()
	var in any = struct{ InstanceID string }{"0"}
	if action == "Play" {
		in = struct{ InstanceID, Speed string }{"0", "1"}
	}
	must(h.t, h.client.Call(h.t.Context(), h.svc, action, in, nil))
}

func (h hand) play(uri string) {
	h.t.Helper()
	must(h.t, h.client.Call(h.t.Context(), h.svc, "SetAVTransportURI",
		struct{ InstanceID, CurrentURI, CurrentURIMetaData string }{"0", uri, ""}, nil))
	h.press("Play")
}

// steered is a simulation with a speaker that plays what a phone sends.
func steered(t *testing.T) (*production, bridge.Speaker, phone) {
	t.Helper()
	p := stand(t, []string{roomy}, speaker.Options{Name: "Kitchen", Volume: 40})
	to := p.offered("Kitchen")
	f := p.newPhone(to)
	f.pause = f.keepPlaying(tune(1, 2*patience))
	p.eventually("the speaker plays", func() bool { return p.Speakers[0].State() == speaker.Playing })
	p.eventually("the bridge has seen it", func() bool { return len(p.lines.with("speaker plays")) > 0 })
	return p, to, f
}

func TestPauseAndPlayAtTheSpeaker(t *testing.T) {
	t.Parallel()
	p, to, f := steered(t)
	h := p.handAt(p.Speakers[0])
	h.press("Pause")
	p.wantCommands(f, "pause")
	h.press("Play")
	p.wantCommands(f, "pause", "play")
	p.eventually("the speaker plays on", func() bool { return p.Speakers[0].State() == speaker.Playing })
	if got := p.shown(to.UDN).State(); got != player.StatePlaying {
		t.Errorf("want the stream kept, got %s", got)
	}
}

// Speakers stop on any hiccup: the first time it is started again, the second
// one is meant, however soon it comes.
func TestStopAtTheSpeaker(t *testing.T) {
	t.Parallel()
	p, to, f := steered(t)
	h := p.handAt(p.Speakers[0])
	p.eventually("it is seen to play", func() bool { return p.Speakers[0].Position() > 4*time.Second })
	h.press("Stop")
	p.eventually("it is started again", func() bool { return did(p.Speakers[0], "Play") == 2 && p.Speakers[0].State() == speaker.Playing })
	p.eventually("the bridge has seen it", func() bool { return len(p.lines.with("speaker plays")) > 1 })
	if got := f.control.Commands(); len(got) != 0 {
		t.Errorf("want the phone left alone at first, got %q", got)
	}
	h.press("Stop")
	p.wantCommands(f, "pause")
	p.eventually("the speaker is left alone", func() bool { return p.shown(to.UDN).State() == player.StateReleased })
	if tried := p.lines.with("another format is tried"); len(tried) != 0 {
		t.Errorf("want the way kept that had played, got %q", tried)
	}
}

// Another app that takes the speaker over keeps it, and the sender pauses.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	p, to, f := steered(t)
	radio := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "audio/L16;rate=44100;channels=2")
		for req.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 16<<10)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(func() { radio.CloseClientConnections(); radio.Close() })
	p.handAt(p.Speakers[0]).play(radio.URL + "/radio")
	p.wantCommands(f, "pause")
	p.eventually("the speaker is left alone", func() bool { return p.shown(to.UDN).State() == player.StateReleased })
	f.pause()
	must(t, f.Flush(t.Context()))
	must(t, f.Teardown(t.Context()))
	p.eventually("the session ends", func() bool { return p.shown(to.UDN).State() == player.StateIdle })
	p.eventually("the radio plays", func() bool { return p.Speakers[0].State() == speaker.Playing })
	if n := did(p.Speakers[0], "Stop"); n != 0 {
		t.Errorf("want the other's sound left alone, got %d times Stop", n)
	}
}

// What the page offers goes to the sender and to the speaker.
func TestCommandsOfThePage(t *testing.T) {
	t.Parallel()
	p, to, f := steered(t)
	m, id := p.Daemon.Control(), to.ID.String()
	for _, command := range []string{"pause", "play", "next", "previous"} {
		must(t, m.Command(id, command))
	}
	p.wantCommands(f, "pause", "play", "nextitem", "previtem")
	must(t, m.SetVolume(id, 0.5))
	p.eventually("the speaker at 50", at(p.Speakers[0], 50, false))
	p.eventually("the phone at -15 dB", func() bool { v := f.volumes(); return len(v) == 1 && near(v[0], -15) })

	if err := m.Command(id, "explode"); err == nil {
		t.Error("want an unknown command refused")
	}
	if err := m.Command("AABBCCDDEEFF", "play"); !errors.Is(err, fleet.ErrNoSpeaker) {
		t.Errorf("want %v, got %v", fleet.ErrNoSpeaker, err)
	}
	if err := m.SetVolume("AABBCCDDEEFF", 0.5); !errors.Is(err, fleet.ErrNoSpeaker) {
		t.Errorf("want %v, got %v", fleet.ErrNoSpeaker, err)
	}
	f.pause()
	must(t, f.Teardown(t.Context()))
	p.eventually("the session ends", func() bool { return p.shown(to.UDN).State() == player.StateIdle })
	if err := m.Command(id, "play"); !errors.Is(err, bridge.ErrNoSender) {
		t.Errorf("want %v, got %v", bridge.ErrNoSender, err)
	}
}

// The volume goes both ways, once each time: the phone echoes what it is told,
// and so does the speaker.
func TestVolumeGoesBothWays(t *testing.T) {
	t.Parallel()
	p := stand(t, []string{roomy}, speaker.Options{Name: "Kitchen", Volume: 40})
	kitchen := p.Speakers[0]
	to := p.offered("Kitchen")
	p.eventually("the speaker has told its volume", func() bool { return p.shown(to.UDN).Level == 0.4 })
	f := p.newPhone(to)
	var told []float64
	sets := 0
	for i, volume := range []int{80, 33, 67, 5} {
		if i%2 == 0 { // by the phone
			must(t, f.SetVolume(t.Context(), -30+0.3*float64(volume)))
			p.eventually("the speaker follows", at(kitchen, volume, false))
			sets++
		} else {
			kitchen.SetVolume(volume)
			told = append(told, -30+0.3*float64(volume))
			p.eventually("the phone follows", func() bool {
				v := f.volumes()
				return len(v) > 0 && near(v[len(v)-1], told[len(told)-1])
			})
			sets++ // what the phone echoes
		}
		<-time.After(calm) // so that an echo would show
	}
	kitchen.SetMute(true)
	told = append(told, sender.Mute)
	p.eventually("the phone is muted", func() bool { return len(f.volumes()) == len(told) })
	<-time.After(calm)
	if got := f.volumes(); !slices.EqualFunc(told, got, near) {
		t.Errorf("want the phone told %v, got %v", told, got)
	}
	if got := did(kitchen, "SetVolume"); got > sets {
		t.Errorf("want the speaker turned %d times at most, got %d", sets, got)
	}
	if v, mute := kitchen.Volume(); v != 5 || !mute {
		t.Errorf("want the speaker as the hand left it, at 5 and muted, got %d, %v", v, mute)
	}
	if got := f.askVolume(); math.Abs(got-sender.Mute) > 0.01 {
		t.Errorf("want mute as the answer, got %v", got)
	}
}
