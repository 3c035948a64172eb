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

// askVolume asks the receiver for its volume by GET_PARAMETER, in dB.
func (s testSender) askVolume() float64 {
	s.t.Helper()
	db, err := s.Volume(s.t.Context())
	must(s.t, err)
	return db
}

func near(a, b float64) bool { return math.Abs(a-b) < 0.01 }

// volumeIs reports whether a speaker has this volume and mute.
func volumeIs(s *speaker.Speaker, volume int, mute bool) func() bool {
	return func() bool {
		v, m := s.Volume()
		return v == volume && m == mute
	}
}

func TestVolume(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Volume: 40})
	kitchen := sim.Speakers[0]
	to := sim.waitOffered("Kitchen")
	sim.eventually("the speaker has told its volume", func() bool { return sim.snapshot(to.UDN).Level == 0.4 })
	from := sim.connectSender(to, sender.Options{})
	if got := from.askVolume(); !near(got, fortyDB) {
		t.Errorf("want the speaker's own volume, %v dB, at the start, got %v", fortyDB, got)
	}
	if n := countCalls(kitchen, "SetVolume"); n != 0 {
		t.Errorf("want the speaker's volume left alone, it was set %d times", n)
	}

	must(t, from.SetVolume(t.Context(), -12))
	sim.eventually("the speaker at 60", volumeIs(kitchen, 60, false))
	if got := from.askVolume(); !near(got, -12) {
		t.Errorf("want -12 dB after it was set, got %v", got)
	}
	must(t, from.SetVolume(t.Context(), sender.Mute))
	sim.eventually("the speaker muted, its volume kept", volumeIs(kitchen, 60, true))
	if got := from.askVolume(); got != sender.Mute {
		t.Errorf("want %v dB while muted, got %v", sender.Mute, got)
	}
	must(t, from.SetVolume(t.Context(), -15))
	sim.eventually("the speaker at 50", volumeIs(kitchen, 50, false))

	kitchen.SetVolume(80)
	sim.eventually("-6 dB after a change at the speaker", func() bool { return near(from.askVolume(), -6) })
}

// Mute pressed at a speaker that plays is reported to the sender, and the sender's
// volume slider unmutes the speaker.
func TestMuteAtTheSpeaker(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Volume: 40})
	kitchen := sim.Speakers[0]
	from := sim.connectSender(sim.waitOffered("Kitchen"), sender.Options{})
	music := testMusic(1, 40*time.Second)
	sent := from.sendUntil(music, "the speaker plays", func() bool { return kitchen.State() == speaker.Playing })
	kitchen.SetMute(true)
	sent += from.sendUntil(music[sent:], "the mute shows", func() bool { return from.askVolume() == sender.Mute })
	must(t, from.SetVolume(t.Context(), -6))
	from.sendUntil(music[sent:], "the speaker sounds again", volumeIs(kitchen, 80, false))
}

// A speaker that does not answer GetVolume does not delay its sender.
func TestVolumeOfASlowSpeaker(t *testing.T) {
	t.Parallel()
	answer := make(chan struct{})
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Volume: 40, Fault: func(_, action string) int {
		if action == "GetVolume" {
			<-answer
		}
		return 0
	}})
	release := sync.OnceFunc(func() { close(answer) })
	t.Cleanup(release)
	from := sim.connectSender(sim.waitOffered("Kitchen"), sender.Options{})
	asked := time.Now()
	got := from.askVolume()
	if took := time.Since(asked); took > 2*time.Second {
		t.Errorf("want an answer after about half a second, took %v", took)
	}
	if got <= -30 || got >= 0 {
		t.Errorf("want a moderate volume where it is not known, got %v dB", got)
	}
	release()
	sim.eventually("the real volume", func() bool { return near(from.askVolume(), fortyDB) })
}
