package mdns

import (
	"testing"
	"time"
)

func TestNext(t *testing.T) {
	in := func(p phase, sent int) state { return state{phase: p, sent: sent} }
	rivalled := func(p phase, sent, rivals int) state { return state{phase: p, sent: sent, rivals: rivals} }
	soon, no := after(0, probeSpread), timing{}
	at := func(d time.Duration) timing { return after(d, 0) }
	tests := []struct {
		from state
		on   event
		to   state
		do   action
		when timing
	}{
		{in(phaseIdle, 0), eventTick, in(phaseIdle, 0), actNothing, no},
		{in(phaseIdle, 0), eventLinked, in(phaseWaiting, 0), actNothing, soon},
		{in(phaseIdle, 0), eventChanged, in(phaseIdle, 0), actNothing, no},
		{in(phaseIdle, 0), eventRival, in(phaseIdle, 0), actNothing, no},
		{in(phaseIdle, 0), eventOutranked, in(phaseIdle, 0), actNothing, no},
		{in(phaseIdle, 0), eventWithdraw, in(phaseGone, 0), actNothing, no},

		{in(phaseWaiting, 0), eventTick, in(phaseProbing, 1), actProbe, at(250 * time.Millisecond)},
		{rivalled(phaseWaiting, 0, 3), eventTick, rivalled(phaseProbing, 1, 3), actProbe, at(250 * time.Millisecond)},
		{in(phaseWaiting, 0), eventLinked, in(phaseWaiting, 0), actNothing, no},
		{in(phaseWaiting, 0), eventChanged, in(phaseWaiting, 0), actNothing, no},
		{in(phaseWaiting, 0), eventRival, in(phaseWaiting, 0), actNothing, no},
		{in(phaseWaiting, 0), eventOutranked, in(phaseWaiting, 0), actNothing, no},
		{in(phaseWaiting, 0), eventWithdraw, in(phaseGone, 0), actNothing, no},

		{in(phaseProbing, 1), eventTick, in(phaseProbing, 2), actProbe, at(250 * time.Millisecond)},
		{rivalled(phaseProbing, 2, 3), eventTick, rivalled(phaseProbing, 3, 3), actProbe, at(250 * time.Millisecond)},
		{rivalled(phaseProbing, 3, 3), eventTick, in(phaseAnnouncing, 1), actAnnounce, at(time.Second)},
		{in(phaseProbing, 2), eventLinked, in(phaseProbing, 2), actNothing, no},
		{in(phaseProbing, 2), eventChanged, in(phaseProbing, 2), actNothing, no},
		{in(phaseProbing, 2), eventRival, rivalled(phaseWaiting, 0, 1), actRename, soon},
		{rivalled(phaseProbing, 2, 13), eventRival, rivalled(phaseWaiting, 0, 14), actRename, soon},
		{rivalled(phaseProbing, 2, 14), eventRival, rivalled(phaseWaiting, 0, 15), actRename, at(5 * time.Second)},
		{rivalled(phaseProbing, 2, 15), eventRival, rivalled(phaseWaiting, 0, 15), actRename, at(5 * time.Second)},
		{rivalled(phaseProbing, 2, 2), eventOutranked, rivalled(phaseWaiting, 0, 2), actNothing, at(time.Second)},
		{in(phaseProbing, 2), eventWithdraw, in(phaseGone, 0), actNothing, no},

		{in(phaseAnnouncing, 1), eventTick, in(phaseAnnouncing, 2), actAnnounce, at(2 * time.Second)},
		{in(phaseAnnouncing, 2), eventTick, in(phaseEstablished, 0), actAnnounce, at(refreshInterval)},
		{in(phaseAnnouncing, 2), eventLinked, in(phaseAnnouncing, 1), actAnnounce, at(time.Second)},
		{in(phaseAnnouncing, 2), eventChanged, in(phaseAnnouncing, 1), actAnnounce, at(time.Second)},
		{in(phaseAnnouncing, 1), eventRival, in(phaseWaiting, 0), actNothing, soon},
		{in(phaseAnnouncing, 1), eventOutranked, in(phaseAnnouncing, 1), actNothing, no},
		{in(phaseAnnouncing, 1), eventWithdraw, in(phaseLeaving, 1), actGoodbye, at(250 * time.Millisecond)},

		{in(phaseEstablished, 0), eventTick, in(phaseEstablished, 0), actAnnounce, at(refreshInterval)},
		{in(phaseEstablished, 0), eventLinked, in(phaseAnnouncing, 1), actAnnounce, at(time.Second)},
		{in(phaseEstablished, 0), eventChanged, in(phaseAnnouncing, 1), actAnnounce, at(time.Second)},
		{in(phaseEstablished, 0), eventRival, in(phaseWaiting, 0), actNothing, soon},
		{in(phaseEstablished, 0), eventOutranked, in(phaseEstablished, 0), actNothing, no},
		{in(phaseEstablished, 0), eventWithdraw, in(phaseLeaving, 1), actGoodbye, at(250 * time.Millisecond)},

		{in(phaseLeaving, 1), eventTick, in(phaseLeaving, 2), actGoodbye, at(250 * time.Millisecond)},
		{in(phaseLeaving, 2), eventTick, in(phaseLeaving, 3), actGoodbye, at(250 * time.Millisecond)},
		{in(phaseLeaving, 3), eventTick, in(phaseGone, 0), actNothing, no},
		{in(phaseLeaving, 1), eventLinked, in(phaseLeaving, 1), actNothing, no},
		{in(phaseLeaving, 1), eventChanged, in(phaseLeaving, 1), actNothing, no},
		{in(phaseLeaving, 1), eventRival, in(phaseLeaving, 1), actNothing, no},
		{in(phaseLeaving, 1), eventOutranked, in(phaseLeaving, 1), actNothing, no},
		{in(phaseLeaving, 1), eventWithdraw, in(phaseLeaving, 1), actNothing, no},

		{in(phaseGone, 0), eventTick, in(phaseGone, 0), actNothing, no},
		{in(phaseGone, 0), eventLinked, in(phaseGone, 0), actNothing, no},
		{in(phaseGone, 0), eventChanged, in(phaseGone, 0), actNothing, no},
		{in(phaseGone, 0), eventRival, in(phaseGone, 0), actNothing, no},
		{in(phaseGone, 0), eventOutranked, in(phaseGone, 0), actNothing, no},
		{in(phaseGone, 0), eventWithdraw, in(phaseGone, 0), actNothing, no},
	}
	type pair struct {
		phase phase
		event event
	}
	seen := make(map[pair]bool)
	for _, tt := range tests {
		seen[pair{tt.from.phase, tt.on}] = true
		to, do, when := next(tt.from, tt.on)
		if to != tt.to || do != tt.do || when != tt.when {
			t.Errorf("%+v on %v:\nwant %+v, %v, %+v\ngot  %+v, %v, %+v", tt.from, tt.on, tt.to, tt.do, tt.when, to, do, when)
		}
	}
	for p := phaseIdle; p <= phaseGone; p++ {
		for e := eventTick; e <= eventWithdraw; e++ {
			if !seen[pair{p, e}] {
				t.Errorf("no row for %v on %v", p, e)
			}
		}
	}
}
