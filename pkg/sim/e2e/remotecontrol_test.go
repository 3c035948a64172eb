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

// settleTime is how long a test waits to see that nothing more happens.
const settleTime = 3 * time.Second

// A phoneSender is a sender with a remote control service (DACP), announced by mDNS. As
// iOS does, it sends back each volume that it is told.
type phoneSender struct {
	testSender
	control *sender.ControlPoint
	pause   func() // ends its sound
}

// newPhone connects a phone to a speaker.
func (sim *simulation) newPhone(to bridge.Speaker) phoneSender {
	sim.t.Helper()
	const id, token = "56B29BB6CB904862", "1986535575" // of ProfileIOS
	var self phoneSender
	control, err := sender.ListenControl(sim.t.Context(), sender.ControlOptions{
		ActiveRemote: token,
		OnVolume: func(volumeDB float64) {
			if err := self.SetVolume(sim.t.Context(), volumeDB); err != nil {
				sim.t.Errorf("the phone sends its volume back: %v", err)
			}
		},
	})
	must(sim.t, err)
	announcer := mdns.New(mdns.Options{
		Hostname: "phone", Interfaces: sim.Daemon.Interfaces, Port: sim.MDNSPort, Log: zerolog.Nop(),
	})
	announcer.Publish(mdns.Service{Instance: "iTunes_Ctrl_" + id, Type: "_dacp._tcp", Port: control.Port()})
	sim.runInBackground(control.Run)
	sim.runInBackground(announcer.Run)
	sim.eventually("the phone's remote control is announced", func() bool { return announcer.Stats().Established == 1 })
	self = phoneSender{testSender: sim.newSender(to, sender.ProfileIOS.Options), control: control}
	must(sim.t, self.Connect(sim.t.Context()))
	sim.eventually("the bridge knows that it can steer the phone", func() bool { return sim.snapshot(to.UDN).Steerable })
	return self
}

// runInBackground runs something until the end of the test.
func (sim *simulation) runInBackground(run func(context.Context) error) {
	sim.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return run(ctx) })
	sim.t.Cleanup(func() {
		cancel()
		if err := group.Wait(); err != nil {
			sim.t.Error(err)
		}
	})
}

// keepPlaying sends music in the background until pause is called or the test ends.
func (s testSender) keepPlaying(music []int32) (pause func()) {
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
func (phone phoneSender) volumes() []float64 {
	var all []float64
	for _, c := range phone.control.Commands() {
		if text, ok := strings.CutPrefix(c, "setproperty?dmcp.device-volume="); ok {
			v, _ := strconv.ParseFloat(text, 64)
			all = append(all, v)
		}
	}
	return all
}

// wantCommands waits until the phone has got these and no others.
func (sim *simulation) wantCommands(phone phoneSender, want ...string) {
	sim.t.Helper()
	sim.eventually(strings.Join(want, ", ")+" at the phone", func() bool { return len(phone.control.Commands()) >= len(want) })
	if got := phone.control.Commands(); !slices.Equal(want, got) || phone.control.Refused() != 0 {
		sim.t.Errorf("want the phone told %q, got %q and %d refused", want, got, phone.control.Refused())
	}
}

// A userAtSpeaker controls a speaker by UPnP, as its buttons or another app do.
type userAtSpeaker struct {
	t      *testing.T
	client *upnp.Client
	svc    upnp.Service
}

func (sim *simulation) userAt(one *speaker.Speaker) userAtSpeaker {
	sim.t.Helper()
	client := upnp.NewClient(upnp.Options{OnLink: func(netip.Addr) bool { return true }})
	d, err := client.Describe(sim.t.Context(), one.Location(), demo.Loopback)
	must(sim.t, err)
	svc, ok := d.Service("urn:schemas-upnp-org:service:AVTransport:")
	if !ok {
		sim.t.Fatal("want a speaker with a transport")
	}
	return userAtSpeaker{sim.t, client, svc}
}

func (user userAtSpeaker) press(action string) {
	user.t.Helper()
	var in any = struct{ InstanceID string }{"0"}
	if action == "Play" {
		in = struct{ InstanceID, Speed string }{"0", "1"}
	}
	must(user.t, user.client.Call(user.t.Context(), user.svc, action, in, nil))
}

func (user userAtSpeaker) play(uri string) {
	user.t.Helper()
	must(user.t, user.client.Call(user.t.Context(), user.svc, "SetAVTransportURI",
		struct{ InstanceID, CurrentURI, CurrentURIMetaData string }{"0", uri, ""}, nil))
	user.press("Play")
}

// startPlayingPhone is a simulation with a speaker that plays what a phone sends.
func startPlayingPhone(t *testing.T) (*simulation, bridge.Speaker, phoneSender) {
	t.Helper()
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Volume: 40})
	to := sim.waitOffered("Kitchen")
	phone := sim.newPhone(to)
	phone.pause = phone.keepPlaying(testMusic(1, 2*waitTimeout))
	sim.eventually("the speaker plays", func() bool { return sim.Speakers[0].State() == speaker.Playing })
	sim.eventually("the bridge has seen it", func() bool { return len(sim.log.linesWith("speaker plays")) > 0 })
	return sim, to, phone
}

func TestPauseAndPlayAtTheSpeaker(t *testing.T) {
	t.Parallel()
	sim, to, phone := startPlayingPhone(t)
	user := sim.userAt(sim.Speakers[0])
	user.press("Pause")
	sim.wantCommands(phone, "pause")
	user.press("Play")
	sim.wantCommands(phone, "pause", "play")
	sim.eventually("the speaker plays on", func() bool { return sim.Speakers[0].State() == speaker.Playing })
	if got := sim.snapshot(to.UDN).State(); got != player.StatePlaying {
		t.Errorf("want the stream kept, got %s", got)
	}
}

// Some speakers stop by themselves. So the bridge starts the speaker again after the
// first stop; a second stop is taken for the user's, however soon it comes.
func TestStopAtTheSpeaker(t *testing.T) {
	t.Parallel()
	sim, to, phone := startPlayingPhone(t)
	user := sim.userAt(sim.Speakers[0])
	sim.eventually("it is seen to play", func() bool { return sim.Speakers[0].Position() > 4*time.Second })
	user.press("Stop")
	sim.eventually("it is started again", func() bool {
		return countCalls(sim.Speakers[0], "Play") == 2 && sim.Speakers[0].State() == speaker.Playing
	})
	sim.eventually("the bridge has seen it", func() bool { return len(sim.log.linesWith("speaker plays")) > 1 })
	if got := phone.control.Commands(); len(got) != 0 {
		t.Errorf("want the phone left alone at first, got %q", got)
	}
	user.press("Stop")
	sim.wantCommands(phone, "pause")
	sim.eventually("the speaker is left alone", func() bool { return sim.snapshot(to.UDN).State() == player.StateReleased })
	if tried := sim.log.linesWith("another format is tried"); len(tried) != 0 {
		t.Errorf("want the format kept that had played, got %q", tried)
	}
}

// Another app that takes the speaker over keeps it, and the sender pauses.
func TestOtherAppTakesTheSpeaker(t *testing.T) {
	t.Parallel()
	sim, to, phone := startPlayingPhone(t)
	radio := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "audio/L16;rate=44100;channels=2")
		for req.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 16<<10)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(func() { radio.CloseClientConnections(); radio.Close() })
	sim.userAt(sim.Speakers[0]).play(radio.URL + "/radio")
	sim.wantCommands(phone, "pause")
	sim.eventually("the speaker is left alone", func() bool { return sim.snapshot(to.UDN).State() == player.StateReleased })
	phone.pause()
	must(t, phone.Flush(t.Context()))
	must(t, phone.Teardown(t.Context()))
	sim.eventually("the session ends", func() bool { return sim.snapshot(to.UDN).State() == player.StateIdle })
	sim.eventually("the radio plays", func() bool { return sim.Speakers[0].State() == speaker.Playing })
	if n := countCalls(sim.Speakers[0], "Stop"); n != 0 {
		t.Errorf("want the other's sound left alone, got %d times Stop", n)
	}
}

// The commands of the status page reach the sender and the speaker.
func TestPageControlsSenderAndSpeaker(t *testing.T) {
	t.Parallel()
	sim, to, phone := startPlayingPhone(t)
	m, id := sim.Daemon.Control(), to.ID.String()
	for _, command := range []string{"pause", "play", "next", "previous"} {
		must(t, m.Command(id, command))
	}
	sim.wantCommands(phone, "pause", "play", "nextitem", "previtem")
	must(t, m.SetVolume(id, 0.5))
	sim.eventually("the speaker at 50", volumeIs(sim.Speakers[0], 50, false))
	sim.eventually("the phone at -15 dB", func() bool { v := phone.volumes(); return len(v) == 1 && near(v[0], -15) })

	if err := m.Command(id, "explode"); err == nil {
		t.Error("want an unknown command refused")
	}
	if err := m.Command("AABBCCDDEEFF", "play"); !errors.Is(err, fleet.ErrNoSpeaker) {
		t.Errorf("want %v, got %v", fleet.ErrNoSpeaker, err)
	}
	if err := m.SetVolume("AABBCCDDEEFF", 0.5); !errors.Is(err, fleet.ErrNoSpeaker) {
		t.Errorf("want %v, got %v", fleet.ErrNoSpeaker, err)
	}
	phone.pause()
	must(t, phone.Teardown(t.Context()))
	sim.eventually("the session ends", func() bool { return sim.snapshot(to.UDN).State() == player.StateIdle })
	if err := m.Command(id, "play"); !errors.Is(err, bridge.ErrNoSender) {
		t.Errorf("want %v, got %v", bridge.ErrNoSender, err)
	}
}

// The volume goes both ways, and each change only once, although phone and speaker both
// report back what they were told.
func TestVolumeGoesBothWays(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Volume: 40})
	kitchen := sim.Speakers[0]
	to := sim.waitOffered("Kitchen")
	sim.eventually("the speaker has told its volume", func() bool { return sim.snapshot(to.UDN).Level == 0.4 })
	phone := sim.newPhone(to)
	var told []float64
	sets := 0
	for i, volume := range []int{80, 33, 67, 5} {
		if i%2 == 0 { // by the phone
			must(t, phone.SetVolume(t.Context(), -30+0.3*float64(volume)))
			sim.eventually("the speaker follows", volumeIs(kitchen, volume, false))
			sets++
		} else {
			kitchen.SetVolume(volume)
			told = append(told, -30+0.3*float64(volume))
			sim.eventually("the phone follows", func() bool {
				v := phone.volumes()
				return len(v) > 0 && near(v[len(v)-1], told[len(told)-1])
			})
			sets++ // what the phone echoes
		}
		<-time.After(settleTime) // so that an echo would show
	}
	kitchen.SetMute(true)
	told = append(told, sender.Mute)
	sim.eventually("the phone is muted", func() bool { return len(phone.volumes()) == len(told) })
	<-time.After(settleTime)
	if got := phone.volumes(); !slices.EqualFunc(told, got, near) {
		t.Errorf("want the phone told %v, got %v", told, got)
	}
	if got := countCalls(kitchen, "SetVolume"); got > sets {
		t.Errorf("want the speaker turned %d times at most, got %d", sets, got)
	}
	if v, mute := kitchen.Volume(); v != 5 || !mute {
		t.Errorf("want the speaker as the user left it, at 5 and muted, got %d, %v", v, mute)
	}
	if got := phone.askVolume(); math.Abs(got-sender.Mute) > 0.01 {
		t.Errorf("want mute as the answer, got %v", got)
	}
}
