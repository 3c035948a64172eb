package bridge

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A phone notes the commands that it gets, and obeys: a pause is a flush.
type phone struct {
	harness  *harness
	mu       sync.Mutex
	commands []dacp.Command
}

func (s *phone) Run(ctx context.Context) error { <-ctx.Done(); return nil }
func (s *phone) SetVolume(float64, bool)       {}

func (s *phone) Send(c dacp.Command) error {
	s.mu.Lock()
	s.commands = append(s.commands, c)
	s.mu.Unlock()
	if c == dacp.Pause {
		time.AfterFunc(50*time.Millisecond, func() { s.harness.HandleEvent(raop.Flush{All: true}) })
	}
	return nil
}

func (s *phone) wants(t *testing.T, want ...dacp.Command) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.commands, want) {
		t.Errorf("want the sender told %v, got %v", want, s.commands)
	}
}

// steered has a sender connect that takes commands.
func (h *harness) steered() *phone {
	p := &phone{harness: h}
	h.options.Remote = func(raop.ClientInfo) (Remote, error) { return p, nil }
	h.begin()
	return p
}

// pausedAtSpeaker has a speaker play, and somebody at it pause it.
func (h *harness) pausedAtSpeaker() (*fakeDevice, *player.Target, *phone) {
	sender := h.steered()
	f, kitchen := h.device()
	h.soundComes()
	h.after(time.Minute, player.StatePlaying)
	h.reports(kitchen, renderer.Transport{State: renderer.Paused})
	h.after(5*time.Minute, player.StatePausedAtSpeaker)
	sender.wants(h.t, dacp.Pause)
	h.wantActions(f, "Play")
	before := h.kitchen().Snapshot().Stream.FramesWritten
	h.after(time.Minute, player.StatePausedAtSpeaker)
	if got := h.kitchen().Snapshot().Stream.FramesWritten; got != before {
		h.t.Errorf("want nothing written for a speaker that is paused, got %d frames", got-before)
	}
	return f, kitchen, sender
}

// A speaker that was paused at itself keeps its pause when its sender has paused
// too: so its play button brings both back.
func TestPlayAtASpeakerThatWasPaused(t *testing.T) {
	run(t, func(h *harness) {
		f, kitchen, sender := h.pausedAtSpeaker()
		h.reports(kitchen, renderer.Transport{State: renderer.Playing})
		h.after(2*time.Second, player.StatePausedAtSpeaker)
		sender.wants(t, dacp.Pause, dacp.Play)
		h.soundComes()
		h.after(time.Minute, player.StatePlaying)
		h.wantActions(f, "Play", "Stop", "Play")
	})
}

// Play at the sender brings the speaker back as well.
func TestPlayAtTheSenderOfASpeakerThatWasPaused(t *testing.T) {
	run(t, func(h *harness) {
		f, _, _ := h.pausedAtSpeaker()
		h.soundComes()
		h.after(time.Minute, player.StatePlaying)
		h.wantActions(f, "Play", "Stop", "Play")
	})
}

// A sender that does not go on, or ends, leaves nothing behind.
func TestPausedSpeakerIsStopped(t *testing.T) {
	run(t, func(h *harness) {
		f, kitchen, _ := h.pausedAtSpeaker()
		h.reports(kitchen, renderer.Transport{State: renderer.Playing})
		h.after(resumeWithin+time.Second, player.StateConnected)
		h.wantActions(f, "Play", "Stop")
	})
	run(t, func(h *harness) {
		f, _, _ := h.pausedAtSpeaker()
		h.post(sessionCommand{raop: raop.Teardown{Reason: "the sender ended it"}})
		h.after(time.Second, player.StateIdle)
		h.wantActions(f, "Play", "Stop")
	})
}

// Some speakers end a pause by themselves after minutes: nothing is ordered then.
func TestPausedSpeakerEndsItsPause(t *testing.T) {
	run(t, func(h *harness) {
		f, kitchen, sender := h.pausedAtSpeaker()
		h.reports(kitchen, renderer.Transport{State: renderer.Stopped})
		h.after(time.Minute, player.StateConnected)
		h.wantActions(f, "Play")
		h.soundComes()
		h.after(time.Second, player.StatePlaying)
		h.wantActions(f, "Play", "Stop", "Play")
		sender.wants(t, dacp.Pause)
	})
}

// Play pressed at a speaker that was stopped has its sender play again.
func TestPlayAtAStoppedSpeaker(t *testing.T) {
	run(t, func(h *harness) {
		sender := h.steered()
		f, kitchen := h.device()
		h.reports(kitchen, renderer.PlayPressed{}) // nothing has played yet
		h.soundComes()
		h.after(time.Minute, player.StatePlaying)
		h.HandleEvent(raop.Flush{All: true})
		h.after(time.Minute, player.StateConnected)
		h.reports(kitchen, renderer.PlayPressed{})
		h.after(time.Second, player.StateConnected)
		sender.wants(t, dacp.Play, dacp.Play)
		h.soundComes()
		h.after(time.Second, player.StatePlaying)
		h.wantActions(f, "Play", "Stop", "Play")
	})
}

// A speaker that somebody stopped plays again when he presses play: its sender has
// played on.
func TestPlayAtASpeakerThatWasStoppedByHand(t *testing.T) {
	run(t, func(h *harness) {
		f, kitchen := h.device()
		h.soundComes()
		h.after(time.Minute, player.StatePlaying)
		h.reports(kitchen, renderer.Transport{State: renderer.Stopped})
		h.after(2*time.Second, player.StatePlaying)
		h.reports(kitchen, renderer.Transport{State: renderer.Stopped})
		h.after(time.Minute, player.StateReleased)
		h.reports(kitchen, renderer.PlayPressed{})
		h.after(time.Second, player.StatePlaying)
		h.wantActions(f, "Play", "Stop", "Play", "Stop", "Play")
	})
}

// Who presses play and then pause at a paused speaker has it paused, for good.
func TestPausedSpeakerIsPausedAgain(t *testing.T) {
	run(t, func(h *harness) {
		f, kitchen, _ := h.pausedAtSpeaker()
		h.reports(kitchen, renderer.Transport{State: renderer.Playing})
		h.after(resumeWithin/2, player.StatePausedAtSpeaker)
		h.reports(kitchen, renderer.Transport{State: renderer.Paused})
		h.after(2*resumeWithin, player.StatePausedAtSpeaker)
		h.wantActions(f, "Play")
	})
}

// Where a pause of the sender is silence, one at the speaker is a pause still; and
// what was waited for then does not end a later silence.
func TestPausedAtTheSpeakerWherePausesAreSilence(t *testing.T) {
	run(t, func(h *harness) {
		h.steered()
		_, kitchen := h.device()
		kitchen.Settings.Pause = settings.PauseSilence
		h.soundComes()
		h.after(time.Minute, player.StatePlaying)
		h.reports(kitchen, renderer.Transport{State: renderer.Paused})
		h.after(time.Minute, player.StatePausedAtSpeaker)
		h.reports(kitchen, renderer.Transport{State: renderer.Playing})
		h.after(time.Second, player.StatePausedAtSpeaker)
		h.soundComes()
		h.after(time.Second, player.StatePlaying)
		h.HandleEvent(raop.Flush{All: true})
		h.after(2*resumeWithin, player.StatePaused)
	})
}
