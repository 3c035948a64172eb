package e2e_test

import (
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// A loudnessCase is a speaker whose volume is bounded in some way.
type loudnessCase struct {
	name   string
	volume int             // of the speaker, at the start
	learns float64         // dB that the sender is told when it connects
	starts bool            // each session begins with that
	fixed  bool            // senders do not turn it, and learn that each time
	turns  map[float64]int // where the sender's dB turn the speaker to
}

// The variables hold for all, rules for some.
var loudnessVariables = []string{
	roomy, "BREEZEWAY_VOLUME_MAX=80",
	"BREEZEWAY_RULES=Loud: volume-max=100; Band: volume-min=20, volume-max=60; Curved: volume-max=100, volume-curve=db; " +
		"Starter: volume-max=100, volume-start=25; Fixed: volume-fixed=on",
}

var loudnessCases = []loudnessCase{
	{"Bounded", 40, -15, false, false, map[float64]int{0: 80, -15: 40, -30: 0}},
	{"Too loud", 95, 0, false, false, map[float64]int{-15: 40}},
	{"Loud", 40, -18, false, false, map[float64]int{0: 100, -15: 50}},
	{"Band", 30, -22.5, false, false, map[float64]int{0: 60, -15: 40, -30: 20}},
	{"Curved", 100, 0, false, false, map[float64]int{-6: 48, -15: 15, -30: 0, 0: 100}},
	{"Starter", 70, -22.5, true, false, map[float64]int{-15: 50}},
	{"Fixed", 40, -15, false, true, map[float64]int{0: 40, -15: 40}},
}

// TestLoudness: a sender learns where the speaker stands and turns it within its
// bounds, and nothing moves before.
func TestLoudness(t *testing.T) {
	t.Parallel()
	var speakers []speaker.Options
	for _, c := range loudnessCases {
		speakers = append(speakers, speaker.Options{Name: c.name, Volume: c.volume})
	}
	p := stand(t, loudnessVariables, speakers...)
	t.Run("all", func(t *testing.T) {
		for i, c := range loudnessCases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.play(p.in(t), p.Speakers[i])
			})
		}
	})
}

func (c loudnessCase) play(p *production, one *speaker.Speaker) {
	to := p.offered(c.name)
	from := p.connect(to, sender.Options{})
	p.eventually("the sender learns the volume", func() bool { return near(from.askVolume(), c.learns) })
	if n := did(one, "SetVolume"); n != 0 {
		p.t.Errorf("want the volume left alone by a sender that connects, it was set %d times", n)
	}
	last := 0.0
	for db, want := range c.turns {
		must(p.t, from.SetVolume(p.t.Context(), db))
		p.eventually("the speaker is turned", at(one, want, false))
		last = db
		if c.fixed {
			last = c.learns
		}
		if got := from.askVolume(); !near(got, last) {
			p.t.Errorf("want the sender that set %v dB told %v, got %v", db, last, got)
		}
	}
	before := did(one, "SetVolume")
	must(p.t, from.Teardown(p.t.Context()))
	p.eventually("the session ends", func() bool { return p.shown(to.UDN).State() == player.StateIdle })
	again := p.connect(to, sender.Options{})
	if c.starts {
		last = c.learns
	}
	p.eventually("the volume is kept over sessions", func() bool { return near(again.askVolume(), last) })
	if n := did(one, "SetVolume"); n != before {
		p.t.Errorf("want the volume left alone by the next session, it was set %d times more", n-before)
	}
}
