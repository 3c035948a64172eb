package player

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge/playout"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A fakeSource is a sender that expects a latency and sends nothing.
type fakeSource struct {
	playout.Source
	latency time.Duration
}

func (s fakeSource) SenderLatency() time.Duration { return s.latency }

// With Sync the first sound is heard so long after it was sent as the sender expects:
// the wait for packets that may be missing, the silence ahead of it and the renderer's
// own start make that together.
func TestSoundIsHeardWhenTheSenderExpectsIt(t *testing.T) {
	const earliest = playout.TargetDelay + playout.Preroll
	for _, c := range []struct {
		name                     string
		sync                     bool
		expected, startup, delay time.Duration
		want                     time.Duration // from the sending to the ear
	}{
		{"as soon as it can be", false, 2 * time.Second, 700 * time.Millisecond, 0, earliest + 700*time.Millisecond},
		{"when it is expected", true, 2 * time.Second, 700 * time.Millisecond, 0, 2 * time.Second},
		{"behind the rest of its group", true, 2 * time.Second, 700 * time.Millisecond, 300 * time.Millisecond, 2300 * time.Millisecond},
		{"by a renderer that left standby the last time", true, 2 * time.Second, 12 * time.Second, 0, 2*time.Second - usualStartup + 12*time.Second},
		{"by a renderer not known yet", true, 2 * time.Second, 0, 0, 2*time.Second - usualStartup},
		{"by a renderer that is slow", true, time.Second, 3 * time.Second, 0, earliest + 3*time.Second},
		{"by a sender that does not say", true, 0, 700 * time.Millisecond, 0, earliest + 700*time.Millisecond},
	} {
		p := New(Options{Bridge: Callbacks{HeadStart: func(*Player) time.Duration { return 0 }}})
		p.session = Session{Playout: playout.New(audio.CD, fakeSource{latency: c.expected})}
		p.startup = startup{took: c.startup}
		lead := p.extraLead(quirk.StreamFormat{}, settings.Speaker{Sync: c.sync, Delay: c.delay})
		if got := playout.TargetDelay + lead + c.startup; (got - c.want).Abs() > time.Millisecond {
			t.Errorf("%s: want the sound heard %v after it was sent, got %v", c.name, c.want, got)
		}
	}
}

// The outcome of a start that is over says nothing about the one that plays.
func TestOutcomeOfAnOlderStart(t *testing.T) {
	p := New(Options{})
	p.state, p.serial = StatePlaying, 2
	p.handle(command{started: 1, err: errAbsent})
	if p.state != StatePlaying {
		t.Errorf("want it to play on, got %v", p.state)
	}
}
