package e2e_test

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// A speaker at 40 of 100 is at 40 % of AirPlay's scale of -30 to 0 dB.
const fortyDB = -18.0

// askVolume is what GET_PARAMETER says, in dB.
func (s source) askVolume() float64 {
	s.t.Helper()
	db, err := s.Volume(s.t.Context())
	must(s.t, err)
	return db
}

func near(a, b float64) bool { return math.Abs(a-b) < 0.01 }

// at reports whether a speaker's knob and button stand so.
func at(s *speaker.Speaker, volume int, mute bool) func() bool {
	return func() bool {
		v, m := s.Volume()
		return v == volume && m == mute
	}
}

func TestVolume(t *testing.T) {
	t.Parallel()
	p := stand(t, []string{roomy}, speaker.Options{Name: "Kitchen", Volume: 40})
	kitchen := p.Speakers[0]
	to := p.offered("Kitchen")
	p.eventually("the speaker has told its volume", func() bool { return p.shown(to.UDN).Level == 0.4 })
	from := p.connect(to, sender.Options{})
	if got := from.askVolume(); !near(got, fortyDB) {
		t.Errorf("want the speaker's own volume, %v dB, at the start, got %v", fortyDB, got)
	}
	if n := did(kitchen, "SetVolume"); n != 0 {
		t.Errorf("want the speaker's volume left alone, it was set %d times", n)
	}

	must(t, from.SetVolume(t.Context(), -12))
	p.eventually("the speaker at 60", at(kitchen, 60, false))
	if got := from.askVolume(); !near(got, -12) {
		t.Errorf("want -12 dB after it was set, got %v", got)
	}
	must(t, from.SetVolume(t.Context(), sender.Mute))
	p.eventually("the speaker muted, its volume kept", at(kitchen, 60, true))
	if got := from.askVolume(); got != sender.Mute {
		t.Errorf("want %v dB while muted, got %v", sender.Mute, got)
	}
	must(t, from.SetVolume(t.Context(), -15))
	p.eventually("the speaker at 50", at(kitchen, 50, false))

	kitchen.SetVolume(80)
	p.eventually("-6 dB after a hand at the speaker", func() bool { return near(from.askVolume(), -6) })
}

// While it plays a hand at the speaker's mute button shows, and the slider of
// the sender takes the mute off.
func TestMuteAtTheSpeaker(t *testing.T) {
	t.Parallel()
	p := stand(t, []string{roomy}, speaker.Options{Name: "Kitchen", Volume: 40})
	kitchen := p.Speakers[0]
	from := p.connect(p.offered("Kitchen"), sender.Options{})
	music := tune(1, 40*time.Second)
	sent := from.playLong(music, "the speaker plays", func() bool { return kitchen.State() == speaker.Playing })
	kitchen.SetMute(true)
	sent += from.playLong(music[sent:], "the mute shows", func() bool { return from.askVolume() == sender.Mute })
	must(t, from.SetVolume(t.Context(), -6))
	from.playLong(music[sent:], "the speaker sounds again", at(kitchen, 80, false))
}

// A speaker that does not tell its volume does not hold up its sender.
func TestVolumeOfASlowSpeaker(t *testing.T) {
	t.Parallel()
	answer := make(chan struct{})
	p := stand(t, []string{roomy}, speaker.Options{Name: "Kitchen", Volume: 40, Fault: func(_, action string) int {
		if action == "GetVolume" {
			<-answer
		}
		return 0
	}})
	release := sync.OnceFunc(func() { close(answer) })
	t.Cleanup(release)
	from := p.connect(p.offered("Kitchen"), sender.Options{})
	asked := time.Now()
	got := from.askVolume()
	if took := time.Since(asked); took > 2*time.Second {
		t.Errorf("want an answer after about half a second, took %v", took)
	}
	if got <= -30 || got >= 0 {
		t.Errorf("want a moderate volume where it is not known, got %v dB", got)
	}
	release()
	p.eventually("the real volume", func() bool { return near(from.askVolume(), fortyDB) })
}
