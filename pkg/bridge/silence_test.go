package bridge

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// Where a pause is silence the renderer plays on, however long it is, and one
// that was not started is not.
func TestPlayerPausesAsSilence(t *testing.T) {
	const silent = 5 * time.Minute
	runDesk(t, func(d *desk) {
		f, kitchen := d.device()
		kitchen.settings.Pause = settings.PauseSilence
		d.post(message{raop: raop.Flush{All: true}})
		d.after(time.Minute, StateConnected)
		sent := 0
		send := func() {
			for range 100 {
				d.HandlePacket(nil, raop.Packet{
					Seq: uint16(sent), Timestamp: uint32(sent * packetFrames), Arrival: time.Now(), Payload: payload(1, false),
				})
				sent++
				time.Sleep(d.pipeline.format.Duration(packetFrames))
			}
		}
		send()
		d.after(0, StatePlaying)
		for range 2 {
			d.HandleEvent(raop.Flush{All: true})
			d.after(20*time.Second, StatePaused)
			send()
			d.after(0, StatePlaying)
		}
		d.HandleEvent(raop.Pause{})
		d.after(time.Second, StatePaused)
		before := d.kitchen().snapshot(time.Now()).Stream.FramesWritten
		d.after(silent, StatePaused)
		written := d.pipeline.format.Duration(d.kitchen().snapshot(time.Now()).Stream.FramesWritten - before)
		if off := written - silent; off.Abs() > time.Second {
			t.Errorf("want silence all the time, got %v", written)
		}
		d.wantActions(f, "Play")
		d.post(message{raop: raop.Teardown{Reason: "the sender ended it"}})
		d.after(time.Second, StateIdle)
		d.wantActions(f, "Play", "Stop")
	})
}
