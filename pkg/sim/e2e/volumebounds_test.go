package e2e_test

import (
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// A volumeBoundsCase is a speaker whose volume is bounded in some way.
type volumeBoundsCase struct {
	name         string
	volume       int             // of the speaker, at the start
	toldDB       float64         // dB that the sender is told when it connects
	startsAtTold bool            // each session begins with that
	fixed        bool            // senders do not turn it, and learn that each time
	wantVolume   map[float64]int // where the sender's dB turn the speaker to
}

// The variables hold for all, rules for some.
var volumeBoundsVariables = []string{
	longLatency, "BREEZEWAY_VOLUME_MAX=80",
	"BREEZEWAY_RULES=Loud: volume-max=100; Band: volume-min=20, volume-max=60; Curved: volume-max=100, volume-curve=db; " +
		"Starter: volume-max=100, volume-start=25; Fixed: volume-fixed=on",
}

var volumeBoundsCases = []volumeBoundsCase{
	{"Bounded", 40, -15, false, false, map[float64]int{0: 80, -15: 40, -30: 0}},
	{"Too loud", 95, 0, false, false, map[float64]int{-15: 40}},
	{"Loud", 40, -18, false, false, map[float64]int{0: 100, -15: 50}},
	{"Band", 30, -22.5, false, false, map[float64]int{0: 60, -15: 40, -30: 20}},
	{"Curved", 100, 0, false, false, map[float64]int{-6: 48, -15: 15, -30: 0, 0: 100}},
	{"Starter", 70, -22.5, true, false, map[float64]int{-15: 50}},
	{"Fixed", 40, -15, false, true, map[float64]int{0: 40, -15: 40}},
}

// TestVolumeBounds: a sender learns where the speaker stands and turns it within its
// bounds, and nothing moves before.
func TestVolumeBounds(t *testing.T) {
	t.Parallel()
	var speakers []speaker.Options
	for _, c := range volumeBoundsCases {
		speakers = append(speakers, speaker.Options{Name: c.name, Volume: c.volume})
	}
	sim := startSimulation(t, volumeBoundsVariables, speakers...)
	t.Run("all", func(t *testing.T) {
		for i, c := range volumeBoundsCases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.run(sim.forSubtest(t), sim.Speakers[i])
			})
		}
	})
}

func (c volumeBoundsCase) run(sim *simulation, one *speaker.Speaker) {
	to := sim.waitOffered(c.name)
	from := sim.connectSender(to, sender.Options{})
	sim.eventually("the sender learns the volume", func() bool { return near(from.askVolume(), c.toldDB) })
	if n := countCalls(one, "SetVolume"); n != 0 {
		sim.t.Errorf("want the volume left alone by a sender that connects, it was set %d times", n)
	}
	last := 0.0
	for db, want := range c.wantVolume {
		must(sim.t, from.SetVolume(sim.t.Context(), db))
		sim.eventually("the speaker is turned", volumeIs(one, want, false))
		last = db
		if c.fixed {
			last = c.toldDB
		}
		if got := from.askVolume(); !near(got, last) {
			sim.t.Errorf("want the sender that set %v dB told %v, got %v", db, last, got)
		}
	}
	before := countCalls(one, "SetVolume")
	must(sim.t, from.Teardown(sim.t.Context()))
	sim.eventually("the session ends", func() bool { return sim.snapshot(to.UDN).State() == player.StateIdle })
	again := sim.connectSender(to, sender.Options{})
	if c.startsAtTold {
		last = c.toldDB
	}
	sim.eventually("the volume is kept over sessions", func() bool { return near(again.askVolume(), last) })
	if n := countCalls(one, "SetVolume"); n != before {
		sim.t.Errorf("want the volume left alone by the next session, it was set %d times more", n-before)
	}
}
