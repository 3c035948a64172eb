package e2e_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// pressCounts is how long a speaker must have been at rest for a press to be one: it
// may go on by itself before.
const pressCounts = 12 * time.Second

// pausedAtBoth has a phone pause, as it does by itself or because it was told.
func (f phone) pausedAtBoth(p *production, to bridge.Speaker, state player.State) {
	p.t.Helper()
	f.pause()
	must(p.t, f.Flush(p.t.Context()))
	p.eventually("the bridge is "+state.String(), func() bool { return p.shown(to.UDN).State() == state })
}

// plays has a phone play on, and the speaker with it.
func (f phone) plays(p *production, to bridge.Speaker) {
	p.t.Helper()
	f.keepPlaying(tune(3, 2*patience))
	p.eventually("the bridge plays", func() bool { return p.shown(to.UDN).State() == player.StatePlaying })
	p.eventually("the speaker plays", func() bool { return p.Speakers[0].State() == speaker.Playing })
}

// A speaker that was paused at itself keeps its pause while its phone, which was
// told, pauses too: play at the speaker wakes both.
func TestPlayAtASpeakerThatWasPausedAtItself(t *testing.T) {
	t.Parallel()
	p, to, f := steered(t)
	h := p.handAt(p.Speakers[0])
	h.press("Pause")
	p.wantCommands(f, "pause")
	f.pausedAtBoth(p, to, player.StatePausedAtSpeaker)
	if got := p.Speakers[0].State(); got != speaker.PausedPlayback {
		t.Errorf("want the speaker's pause kept, it is %v", got)
	}
	h.press("Play")
	p.wantCommands(f, "pause", "play")
	f.plays(p, to)
}

// A speaker whose phone has paused was stopped: play pressed at it wakes the phone.
func TestPlayAtASpeakerWhosePhonePaused(t *testing.T) {
	t.Parallel()
	p, to, f := steered(t)
	f.pausedAtBoth(p, to, player.StateConnected)
	p.eventually("the speaker has stopped", func() bool { return p.Speakers[0].State() == speaker.Stopped })
	<-time.After(pressCounts)
	must(t, p.Speakers[0].PressPlay())
	p.wantCommands(f, "play")
	f.plays(p, to)
}
