package poll

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
)

func TestInterval(t *testing.T) {
	long := time.Hour
	byEvents := [Questions]bool{AskState: true, AskVolume: true, AskMute: true}
	type times [Questions]time.Duration
	cases := []struct {
		name string
		in   Conditions
		want times // position, state, volume, mute
	}{
		{"idle", Conditions{Phase: transport.PhaseIdle, HasVolume: true}, times{Never, IdleEvery, IdleEvery, IdleEvery}},
		{"idle with events", Conditions{Phase: transport.PhaseIdle, Evented: byEvents, HasVolume: true}, times{Never, IdleEvery, EventedLevelEvery, EventedLevelEvery}},
		{"no volume", Conditions{Phase: transport.PhaseIdle}, times{Never, IdleEvery, Never, Never}},
		{"preparing", Conditions{Phase: transport.PhasePreparing, HasVolume: true}, times{Never, IdleEvery, IdleEvery, IdleEvery}},
		{"starting", Conditions{Phase: transport.PhaseStarting, HasVolume: true}, times{FirstSoundEvery, StartEvery, VolumeEvery, MuteEvery}},
		{"starting with events", Conditions{Phase: transport.PhaseStarting, Evented: byEvents, HasVolume: true}, times{FirstSoundEvery, transport.StartGrace, EventedLevelEvery, EventedLevelEvery}},
		{"just playing", Conditions{Phase: transport.PhasePlaying, HasVolume: true, Moving: true, Counts: true}, times{PositionEvery, StartEvery, VolumeEvery, MuteEvery}},
		{"playing", Conditions{Phase: transport.PhasePlaying, SincePlay: long, HasVolume: true, Counts: true}, times{PositionEvery, PlayEvery, VolumeEvery, MuteEvery}},
		{"playing with events", Conditions{Phase: transport.PhasePlaying, SincePlay: long, Evented: byEvents, HasVolume: true, Counts: true}, times{PositionEvery, EventedEvery, EventedLevelEvery, EventedLevelEvery}},
		{"not counting", Conditions{Phase: transport.PhasePlaying, SincePlay: long, HasVolume: true}, times{PositionEvery, PlayEvery, VolumeEvery, MuteEvery}},
		{"not counting, with events", Conditions{Phase: transport.PhasePlaying, SincePlay: long, Evented: byEvents, HasVolume: true}, times{EventedEvery, EventedEvery, EventedLevelEvery, EventedLevelEvery}},
		{"events in doubt", Conditions{Phase: transport.PhasePlaying, SincePlay: long, Evented: byEvents, HasVolume: true, Counts: true, Doubt: true}, times{PositionEvery, DoubtEvery, EventedLevelEvery, EventedLevelEvery}},
		{"paused", Conditions{Phase: transport.PhasePaused, SincePlay: long, HasVolume: true}, times{Never, PlayEvery, VolumeEvery, MuteEvery}},
		{"ending", Conditions{Phase: transport.PhaseEnding, Evented: byEvents, HasVolume: true}, times{transport.EndGrace, transport.EndGrace, EventedLevelEvery, EventedLevelEvery}},
		{"ending for ever", Conditions{Phase: transport.PhaseEnding, InPhase: long, HasVolume: true}, times{PlayEvery, PlayEvery, VolumeEvery, MuteEvery}},
		{"ordered to stop", Conditions{Phase: transport.PhaseStopping, HasVolume: true}, times{Never, StoppingEvery, IdleEvery, IdleEvery}},
		{"does not stop", Conditions{Phase: transport.PhaseStopping, InPhase: long, HasVolume: true}, times{Never, IdleEvery, IdleEvery, IdleEvery}},
		{"stopped", Conditions{Phase: transport.PhaseStopped, Evented: byEvents, HasVolume: true}, times{Never, IdleEvery, EventedLevelEvery, EventedLevelEvery}},
		{"stopped, poll requested", Conditions{Phase: transport.PhaseStopped, Evented: byEvents, HasVolume: true, Requested: true}, times{Never, RequestedEvery, EventedLevelEvery, EventedLevelEvery}},
		{"play pressed", Conditions{Phase: transport.PhasePlayPressed, HasVolume: true}, times{Never, IdleEvery, IdleEvery, IdleEvery}},
		{"own command", Conditions{Phase: transport.PhasePlaying, SincePlay: long, Evented: byEvents, HasVolume: true, Counts: true, Confirming: [Questions]bool{AskVolume: true}},
			times{PositionEvery, EventedEvery, ConfirmEvery, EventedLevelEvery}},
		{"failing", Conditions{Phase: transport.PhasePlaying, Failing: true, HasVolume: true}, times{Never, RetryEvery, Never, Never}},
		{"unreachable", Conditions{Phase: transport.PhasePlaying, Failing: true, Unreachable: true, HasVolume: true}, times{Never, UnreachableEvery, Never, Never}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for q := range Questions {
				if got := c.in.Interval(q); got != c.want[q] {
					t.Errorf("question %d: want %v, got %v", q, c.want[q], got)
				}
			}
		})
	}
}
