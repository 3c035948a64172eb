package renderer

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	long := time.Hour
	byEvents := [looks]bool{lookTransport: true, lookVolume: true, lookMute: true}
	type times [looks]time.Duration
	cases := []struct {
		name string
		in   pace
		want times // position, state, volume, mute
	}{
		{"idle", pace{phase: phaseIdle, mixes: true}, times{never, idleEvery, idleEvery, idleEvery}},
		{"idle with events", pace{phase: phaseIdle, told: byEvents, mixes: true}, times{never, idleEvery, checkEvery, checkEvery}},
		{"no volume", pace{phase: phaseIdle}, times{never, idleEvery, never, never}},
		{"preparing", pace{phase: phasePreparing, mixes: true}, times{never, idleEvery, idleEvery, idleEvery}},
		{"starting", pace{phase: phaseStarting, mixes: true}, times{soundEvery, startEvery, volumeEvery, muteEvery}},
		{"starting with events", pace{phase: phaseStarting, told: byEvents, mixes: true}, times{soundEvery, startGrace, checkEvery, checkEvery}},
		{"just playing", pace{phase: phasePlaying, mixes: true, sounding: true, counts: true}, times{positionEvery, startEvery, volumeEvery, muteEvery}},
		{"playing", pace{phase: phasePlaying, started: long, mixes: true, counts: true}, times{positionEvery, playEvery, volumeEvery, muteEvery}},
		{"playing with events", pace{phase: phasePlaying, started: long, told: byEvents, mixes: true, counts: true}, times{positionEvery, toldEvery, checkEvery, checkEvery}},
		{"not counting", pace{phase: phasePlaying, started: long, mixes: true}, times{positionEvery, playEvery, volumeEvery, muteEvery}},
		{"not counting, with events", pace{phase: phasePlaying, started: long, told: byEvents, mixes: true}, times{toldEvery, toldEvery, checkEvery, checkEvery}},
		{"events in doubt", pace{phase: phasePlaying, started: long, told: byEvents, mixes: true, counts: true, doubt: true}, times{positionEvery, doubtEvery, checkEvery, checkEvery}},
		{"paused", pace{phase: phasePaused, started: long, mixes: true}, times{never, playEvery, volumeEvery, muteEvery}},
		{"ending", pace{phase: phaseEnding, told: byEvents, mixes: true}, times{endGrace, endGrace, checkEvery, checkEvery}},
		{"ending for ever", pace{phase: phaseEnding, inPhase: long, mixes: true}, times{playEvery, playEvery, volumeEvery, muteEvery}},
		{"told to stop", pace{phase: phaseHalting, mixes: true}, times{never, haltEvery, idleEvery, idleEvery}},
		{"does not stop", pace{phase: phaseHalting, inPhase: long, mixes: true}, times{never, idleEvery, idleEvery, idleEvery}},
		{"stopped", pace{phase: phaseResting, told: byEvents, mixes: true}, times{never, idleEvery, checkEvery, checkEvery}},
		{"stopped, and does something", pace{phase: phaseResting, told: byEvents, mixes: true, poked: true}, times{never, pokeEvery, checkEvery, checkEvery}},
		{"pressed", pace{phase: phasePressed, mixes: true}, times{never, idleEvery, idleEvery, idleEvery}},
		{"own command", pace{phase: phasePlaying, started: long, told: byEvents, mixes: true, counts: true, settling: [looks]bool{lookVolume: true}},
			times{positionEvery, toldEvery, settleEvery, checkEvery}},
		{"failing", pace{phase: phasePlaying, failing: true, mixes: true}, times{never, retryEvery, never, never}},
		{"lost", pace{phase: phasePlaying, failing: true, lost: true, mixes: true}, times{never, lostEvery, never, never}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for l := range looks {
				if got := c.in.every(l); got != c.want[l] {
					t.Errorf("look %d: want %v, got %v", l, c.want[l], got)
				}
			}
		})
	}
}
