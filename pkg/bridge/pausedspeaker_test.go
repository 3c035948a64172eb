package bridge

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
)

// Some speakers end a pause by themselves after minutes: that is no hiccup.
func TestPausedSpeakerStaysSilent(t *testing.T) {
	run(t, func(h *harness) {
		f, _ := h.device()
		h.soundComes()
		h.after(40*time.Second, player.StatePlaying)
		f.setState("PAUSED_PLAYBACK")
		h.after(5*time.Minute, player.StatePlaying)
		f.setState("STOPPED")
		h.after(time.Minute, player.StateReleased)
		h.wantActions(f, "Play")
	})
}
