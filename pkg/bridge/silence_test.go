package bridge

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// Where a pause is silence the renderer plays on, however long it is, and one
// that was not started is not.
func TestPlayerPausesAsSilence(t *testing.T) {
	const silent = 5 * time.Minute
	run(t, func(h *harness) {
		f, kitchen := h.device()
		kitchen.Settings.Pause = settings.PauseSilence
		h.post(sessionCommand{raop: raop.Flush{All: true}})
		h.after(time.Minute, player.StateConnected)
		h.send()
		h.after(0, player.StatePlaying)
		for range 2 {
			h.HandleEvent(raop.Flush{All: true})
			h.after(20*time.Second, player.StatePaused)
			h.send()
			h.after(0, player.StatePlaying)
		}
		h.HandleEvent(raop.Pause{})
		h.after(time.Second, player.StatePaused)
		before := h.kitchen().Snapshot().Stream.FramesWritten
		h.after(silent, player.StatePaused)
		written := audio.CD.Duration(h.kitchen().Snapshot().Stream.FramesWritten - before)
		if off := written - silent; off.Abs() > time.Second {
			t.Errorf("want silence all the time, got %v", written)
		}
		h.wantActions(f, "Play")
		h.post(sessionCommand{raop: raop.Teardown{Reason: "the sender ended it"}})
		h.after(time.Second, player.StateIdle)
		h.wantActions(f, "Play", "Stop")
	})
}
