package bridge

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A steered sender notes what it is told, and does it: a pause is a flush.
type steered struct {
	desk *desk
	mu   sync.Mutex
	told []dacp.Command
}

func (s *steered) Run(ctx context.Context) error { <-ctx.Done(); return nil }
func (s *steered) SetVolume(float64, bool)       {}

func (s *steered) Send(c dacp.Command) error {
	s.mu.Lock()
	s.told = append(s.told, c)
	s.mu.Unlock()
	if c == dacp.Pause {
		time.AfterFunc(50*time.Millisecond, func() { s.desk.HandleEvent(raop.Flush{All: true}) })
	}
	return nil
}

func (s *steered) wants(t *testing.T, want ...dacp.Command) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.told, want) {
		t.Errorf("want the sender told %v, got %v", want, s.told)
	}
}

// steered has a sender connect that takes commands.
func (d *desk) steered() *steered {
	phone := &steered{desk: d}
	d.options.Remote = func(raop.ClientInfo) (Remote, error) { return phone, nil }
	d.begin()
	return phone
}

// parked has a speaker play, and a hand at it pause it.
func (d *desk) parked() (*fakeDevice, *target, *steered) {
	phone := d.steered()
	f, kitchen := d.device()
	d.sound()
	d.after(time.Minute, StatePlaying)
	d.hears(kitchen, renderer.Transport{State: renderer.Paused})
	d.after(5*time.Minute, StatePausedAtSpeaker)
	phone.wants(d.t, dacp.Pause)
	d.wantActions(f, "Play")
	if got := len(d.pipeline.chains); got != 0 {
		d.t.Errorf("want nothing made for a speaker that is paused, got %d chains", got)
	}
	return f, kitchen, phone
}

// A speaker that was paused at itself keeps its pause when its sender has paused
// too: so its play button brings both back.
func TestPlayAtAParkedSpeaker(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, kitchen, phone := d.parked()
		d.hears(kitchen, renderer.Transport{State: renderer.Playing})
		d.after(2*time.Second, StatePausedAtSpeaker)
		phone.wants(t, dacp.Pause, dacp.Play)
		d.sound()
		d.after(time.Minute, StatePlaying)
		d.wantActions(f, "Play", "Stop", "Play")
	})
}

// Play at the sender brings the speaker back as well.
func TestPlayAtTheSenderOfAParkedSpeaker(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, _, _ := d.parked()
		d.sound()
		d.after(time.Minute, StatePlaying)
		d.wantActions(f, "Play", "Stop", "Play")
	})
}

// A sender that does not go on, or ends, leaves nothing behind.
func TestParkedSpeakerIsStopped(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, kitchen, _ := d.parked()
		d.hears(kitchen, renderer.Transport{State: renderer.Playing})
		d.after(resumeFor+time.Second, StateConnected)
		d.wantActions(f, "Play", "Stop")
	})
	runDesk(t, func(d *desk) {
		f, _, _ := d.parked()
		d.post(message{raop: raop.Teardown{Reason: "the sender ended it"}})
		d.after(time.Second, StateIdle)
		d.wantActions(f, "Play", "Stop")
	})
}

// Some speakers end a pause by themselves after minutes: nothing is ordered then.
func TestParkedSpeakerEndsItsPause(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, kitchen, phone := d.parked()
		d.hears(kitchen, renderer.Transport{State: renderer.Stopped})
		d.after(time.Minute, StateConnected)
		d.wantActions(f, "Play")
		d.sound()
		d.after(time.Second, StatePlaying)
		d.wantActions(f, "Play", "Stop", "Play")
		phone.wants(t, dacp.Pause)
	})
}

// Play pressed at a speaker that was stopped has its sender play again.
func TestPlayAtAStoppedSpeaker(t *testing.T) {
	runDesk(t, func(d *desk) {
		phone := d.steered()
		f, kitchen := d.device()
		d.hears(kitchen, renderer.PlayPressed{}) // nothing has played yet
		d.sound()
		d.after(time.Minute, StatePlaying)
		d.HandleEvent(raop.Flush{All: true})
		d.after(time.Minute, StateConnected)
		d.hears(kitchen, renderer.PlayPressed{})
		d.after(time.Second, StateConnected)
		phone.wants(t, dacp.Play, dacp.Play)
		d.sound()
		d.after(time.Second, StatePlaying)
		d.wantActions(f, "Play", "Stop", "Play")
	})
}

// A speaker that somebody stopped plays again when he presses play: its sender has
// played on.
func TestPlayAtASpeakerThatWasStoppedByHand(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, kitchen := d.device()
		d.sound()
		d.after(time.Minute, StatePlaying)
		d.hears(kitchen, renderer.Transport{State: renderer.Stopped})
		d.after(2*time.Second, StatePlaying)
		d.hears(kitchen, renderer.Transport{State: renderer.Stopped})
		d.after(time.Minute, StateReleased)
		d.hears(kitchen, renderer.PlayPressed{})
		d.after(time.Second, StatePlaying)
		d.wantActions(f, "Play", "Stop", "Play", "Stop", "Play")
	})
}

// Who presses play and then pause at a parked speaker has it parked, for good.
func TestParkedSpeakerIsPausedAgain(t *testing.T) {
	runDesk(t, func(d *desk) {
		f, kitchen, _ := d.parked()
		d.hears(kitchen, renderer.Transport{State: renderer.Playing})
		d.after(resumeFor/2, StatePausedAtSpeaker)
		d.hears(kitchen, renderer.Transport{State: renderer.Paused})
		d.after(2*resumeFor, StatePausedAtSpeaker)
		d.wantActions(f, "Play")
	})
}

// Where a pause of the sender is silence, one at the speaker is a pause still; and
// what was waited for then does not end a later silence.
func TestParkedWherePausesAreSilence(t *testing.T) {
	runDesk(t, func(d *desk) {
		d.steered()
		_, kitchen := d.device()
		kitchen.settings.Pause = settings.PauseSilence
		d.sound()
		d.after(time.Minute, StatePlaying)
		d.hears(kitchen, renderer.Transport{State: renderer.Paused})
		d.after(time.Minute, StatePausedAtSpeaker)
		d.hears(kitchen, renderer.Transport{State: renderer.Playing})
		d.after(time.Second, StatePausedAtSpeaker)
		d.sound()
		d.after(time.Second, StatePlaying)
		d.HandleEvent(raop.Flush{All: true})
		d.after(2*resumeFor, StatePaused)
	})
}
