package e2e_test

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
	"github.com/breezeway-audio/breezeway/pkg/sim/stall"
)

// A stopwatch notes when the first sound is heard after it was set.
type stopwatch struct {
	set   atomic.Bool
	heard atomic.Int64 // ns since 1970
}

func (w *stopwatch) Write(b []byte) (int, error) {
	if bytes.ContainsFunc(b, func(r rune) bool { return r != 0 }) && w.set.CompareAndSwap(true, false) {
		w.heard.Store(time.Now().UnixNano())
	}
	return len(b), nil
}

// time plays until sound is heard, and gives how long that took.
func (w *stopwatch) time(p *production, s source) time.Duration {
	p.t.Helper()
	w.heard.Store(0)
	w.set.Store(true)
	began := time.Now()
	s.playLong(tone(8), "sound at the speaker", func() bool { return w.heard.Load() != 0 })
	return time.Unix(0, w.heard.Load()).Sub(began)
}

// TestSync: a speaker that was played on before is heard when the sender counts on
// it, or as soon as it can be.
func TestSync(t *testing.T) {
	for _, c := range []struct {
		name        string
		set         string
		takes       time.Duration // the bridge takes the speaker to need less until it is heard
		least, most time.Duration
	}{
		{"when the sender counts on it", "BREEZEWAY_SYNC=true", 100 * time.Millisecond, 1800 * time.Millisecond, 2200 * time.Millisecond},
		{"as soon as it can be", "BREEZEWAY_SYNC=false", time.Second, 200 * time.Millisecond, 1500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			stall.Retry(t, hiccup, func() error {
				took := heardAfter(t, c.set, c.takes).Round(time.Millisecond)
				t.Logf("heard %v after it was sent", took)
				if took < c.least || took > c.most {
					return fmt.Errorf("want the sound heard %v to %v after it was sent, got %v", c.least, c.most, took)
				}
				return nil
			})
		})
	}
}

// heardAfter plays a second time on a speaker that plays at once, and returns how long
// after it was sent the sound was heard. Positions are told in whole seconds: when the
// first look at them comes late, the bridge takes the speaker to need half a second more
// than it does. It is then another speaker's turn.
func heardAfter(t *testing.T, set string, takes time.Duration) time.Duration {
	t.Helper()
	const speakers = 5
	for range speakers {
		w := &stopwatch{}
		p := stand(t, []string{set}, speaker.Options{Name: "Kitchen", Capture: w})
		to := p.offered("Kitchen")
		first := p.connect(to, sender.Options{})
		w.time(p, first)
		p.eventually("how long the speaker takes is known", func() bool { return p.shown(to.UDN).Nearest().SoundingAfter > 0 })
		after := p.shown(to.UDN).Nearest().SoundingAfter
		t.Logf("the speaker is taken to be heard %v after Play", after)
		must(t, first.Teardown(t.Context()))
		if after > takes {
			p.stop()
			continue
		}
		p.eventually("the session has ended", func() bool { return !p.shown(to.UDN).Playing() })
		p.eventually("the speaker is silent", func() bool { return p.Speakers[0].State() == speaker.Stopped })
		second := p.connect(to, sender.Options{Latency: int(audio.CD.Frames(2 * time.Second))})
		took := w.time(p, second)
		must(t, second.Teardown(t.Context()))
		p.stop()
		return took
	}
	t.Fatalf("none of %d speakers is known to play soon", speakers)
	return 0
}
