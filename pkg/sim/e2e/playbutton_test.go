package e2e_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// minStoppedTime is how long a speaker must have been stopped before playing counts as
// a press of its play button: sooner, the speaker may have started by itself.
const minStoppedTime = 12 * time.Second

// pauseAndWait pauses the phone and waits until the bridge is in a state.
func (phone phoneSender) pauseAndWait(sim *simulation, to bridge.Speaker, state player.State) {
	sim.t.Helper()
	phone.pause()
	must(sim.t, phone.Flush(sim.t.Context()))
	sim.eventually("the bridge is "+state.String(), func() bool { return sim.snapshot(to.UDN).State() == state })
}

// resumeAndWait lets the phone play on and waits until the speaker plays.
func (phone phoneSender) resumeAndWait(sim *simulation, to bridge.Speaker) {
	sim.t.Helper()
	phone.keepPlaying(testMusic(3, 2*waitTimeout))
	sim.eventually("the bridge plays", func() bool { return sim.snapshot(to.UDN).State() == player.StatePlaying })
	sim.eventually("the speaker plays", func() bool { return sim.Speakers[0].State() == speaker.Playing })
}

// The user pauses at the speaker; the bridge tells the phone, which pauses too. The
// speaker stays paused, and play pressed at the speaker resumes both.
func TestPlayAtASpeakerThatWasPausedAtItself(t *testing.T) {
	t.Parallel()
	sim, to, phone := startPlayingPhone(t)
	user := sim.userAt(sim.Speakers[0])
	user.press("Pause")
	sim.wantCommands(phone, "pause")
	phone.pauseAndWait(sim, to, player.StatePausedAtSpeaker)
	if got := sim.Speakers[0].State(); got != speaker.PausedPlayback {
		t.Errorf("want the speaker's pause kept, it is %v", got)
	}
	user.press("Play")
	sim.wantCommands(phone, "pause", "play")
	phone.resumeAndWait(sim, to)
}

// The phone pauses, and the bridge stops the speaker: play pressed at the speaker
// resumes the phone.
func TestPlayAtASpeakerWhosePhonePaused(t *testing.T) {
	t.Parallel()
	sim, to, phone := startPlayingPhone(t)
	phone.pauseAndWait(sim, to, player.StateConnected)
	sim.eventually("the speaker has stopped", func() bool { return sim.Speakers[0].State() == speaker.Stopped })
	<-time.After(minStoppedTime)
	must(t, sim.Speakers[0].PressPlay())
	sim.wantCommands(phone, "play")
	phone.resumeAndWait(sim, to)
}
