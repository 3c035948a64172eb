package bridge

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// With Sync the first sound is heard so long after it was sent as the sender counts
// on: what it waits for others, the silence ahead of it and the renderer's own start
// make that together.
func TestSoundIsHeardWhenTheSenderCountsOnIt(t *testing.T) {
	for _, c := range []struct {
		name                     string
		sync                     bool
		counted, startup, behind time.Duration
		want                     time.Duration // from the sending to the ear
	}{
		{"as soon as it can be", false, 2 * time.Second, 700 * time.Millisecond, 0, eager + preroll + 700*time.Millisecond},
		{"when it is counted on", true, 2 * time.Second, 700 * time.Millisecond, 0, 2 * time.Second},
		{"behind the rest of its group", true, 2 * time.Second, 700 * time.Millisecond, 300 * time.Millisecond, 2300 * time.Millisecond},
		{"by a renderer that left standby the last time", true, 2 * time.Second, 12 * time.Second, 0, 2*time.Second - usualStartup + 12*time.Second},
		{"by a renderer not known yet", true, 2 * time.Second, 0, 0, 2*time.Second - usualStartup},
		{"by a renderer that is slow", true, time.Second, 3 * time.Second, 0, eager + preroll + 3*time.Second},
		{"by a sender that does not tell", true, 0, 700 * time.Millisecond, 0, eager + preroll + 700*time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			runDesk(t, func(d *desk) {
				_, kitchen := d.device()
				kitchen.settings.Sync, kitchen.settings.Delay = c.sync, c.behind
				d.pipeline.sender.(*asked).latency = audio.CD.Frames(c.counted)
				d.kitchen().startup = c.startup
				d.sound()
				d.after(time.Second, StatePlaying)
				p := d.kitchen()
				p.mu.Lock()
				defer p.mu.Unlock()
				if got := p.status.lead + c.startup; (got - c.want).Abs() > time.Millisecond {
					t.Errorf("want the sound heard %v after it was sent, got %v", c.want, got)
				}
			})
		})
	}
}
