package e2e_test

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
	"github.com/breezeway-audio/breezeway/pkg/sim/stall"
)

// A stopwatch notes when the first sound is heard after it was armed.
type stopwatch struct {
	armed atomic.Bool
	heard atomic.Int64 // ns since 1970
}

func (w *stopwatch) Write(b []byte) (int, error) {
	if bytes.ContainsFunc(b, func(r rune) bool { return r != 0 }) && w.armed.CompareAndSwap(true, false) {
		w.heard.Store(time.Now().UnixNano())
	}
	return len(b), nil
}

// measure plays until sound is heard, and gives how long that took.
func (w *stopwatch) measure(sim *simulation, s testSender) time.Duration {
	sim.t.Helper()
	w.heard.Store(0)
	w.armed.Store(true)
	began := time.Now()
	s.sendUntil(tone(8), "sound at the speaker", func() bool { return w.heard.Load() != 0 })
	return time.Unix(0, w.heard.Load()).Sub(began)
}

// TestSync plays to a speaker whose startup time is known: it is heard at the time that
// the sender expects, or as soon as possible.
func TestSync(t *testing.T) {
	for _, c := range []struct {
		name        string
		set         string
		least, most time.Duration
	}{
		{"when the sender counts on it", "BREEZEWAY_SYNC=true", 1800 * time.Millisecond, 2200 * time.Millisecond},
		{"as soon as it can be", "BREEZEWAY_SYNC=false", 200 * time.Millisecond, 1500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			stall.Retry(t, retryStall, func() error {
				took, err := heardAfter(t, c.set)
				if err != nil {
					return err
				}
				t.Logf("heard %v after it was sent", took)
				if took < c.least || took > c.most {
					return fmt.Errorf("want the sound heard %v to %v after it was sent, got %v", c.least, c.most, took)
				}
				return nil
			})
		})
	}
}

// wellKnown is how uncertain it may be when a speaker's sound began. The first looks at
// its position often leave half a second, the next ones less.
const wellKnown = 100 * time.Millisecond

// heardAfter plays a second time on a speaker that plays at once, and returns how long
// after it was sent the sound was heard. It fails where it does not get known how long
// the speaker takes. The sender plays until then: a speaker that runs dry meanwhile
// seems to have begun later.
func heardAfter(t *testing.T, set string) (time.Duration, error) {
	t.Helper()
	w := &stopwatch{}
	sim := startSimulation(t, []string{set}, speaker.Options{Name: "Kitchen", Capture: w})
	defer sim.stop()
	to := sim.waitOffered("Kitchen")
	first := sim.connectSender(to, sender.Options{})
	var shown player.Snapshot
	known := func() bool {
		shown = sim.snapshot(to.UDN).Nearest()
		return !shown.SoundBegan.IsZero() && shown.SoundingUncertainty <= wellKnown
	}
	late := time.Now().Add(waitTimeout)
	first.sendUntil(tone(2*int(waitTimeout/time.Second)), "how long the speaker takes", func() bool { return known() || time.Now().After(late) })
	if !known() {
		return 0, fmt.Errorf("want it known how long the speaker takes, got %v within %v", shown.SoundingAfter, shown.SoundingUncertainty)
	}
	t.Logf("the speaker is taken to be heard %v after Play, within %v", shown.SoundingAfter, shown.SoundingUncertainty)
	must(t, first.Teardown(t.Context()))
	sim.eventually("the session has ended", func() bool { return !sim.snapshot(to.UDN).Playing() })
	sim.eventually("the speaker is silent", func() bool { return sim.Speakers[0].State() == speaker.Stopped })
	second := sim.connectSender(to, sender.Options{Latency: int(audio.CD.Frames(2 * time.Second))})
	took := w.measure(sim, second).Round(time.Millisecond)
	must(t, second.Teardown(t.Context()))
	return took, nil
}
