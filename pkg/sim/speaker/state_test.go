package speaker

import "testing"

func TestMoveEveryPair(t *testing.T) {
	type outcome struct {
		state  TransportState
		action action
	}
	refused := func(s TransportState) outcome { return outcome{s, doRefuse} }
	ignored := func(s TransportState) outcome { return outcome{s, doNothing} }
	table := map[TransportState]map[event]outcome{
		NoMediaPresent: {
			evSetURI:   {Stopped, doNothing},
			evPlay:     refused(NoMediaPresent),
			evStop:     refused(NoMediaPresent),
			evPause:    refused(NoMediaPresent),
			evSounding: ignored(NoMediaPresent),
			evEnded:    ignored(NoMediaPresent),
		},
		Stopped: {
			evSetURI:   {Stopped, doNothing},
			evPlay:     {Transitioning, doConnect},
			evStop:     ignored(Stopped),
			evPause:    refused(Stopped),
			evSounding: ignored(Stopped),
			evEnded:    ignored(Stopped),
		},
		Transitioning: {
			evSetURI:   {Stopped, doHangUp},
			evPlay:     ignored(Transitioning),
			evStop:     {Stopped, doHangUp},
			evPause:    refused(Transitioning),
			evSounding: {Playing, doNothing},
			evEnded:    {Stopped, doNothing},
		},
		Playing: {
			evSetURI:   {Stopped, doHangUp},
			evPlay:     ignored(Playing),
			evStop:     {Stopped, doHangUp},
			evPause:    {PausedPlayback, doHold},
			evSounding: ignored(Playing),
			evEnded:    {Stopped, doNothing},
		},
		PausedPlayback: {
			evSetURI:   {Stopped, doHangUp},
			evPlay:     {Playing, doRelease},
			evStop:     {Stopped, doHangUp},
			evPause:    ignored(PausedPlayback),
			evSounding: ignored(PausedPlayback),
			evEnded:    {Stopped, doNothing},
		},
	}
	for s := range TransportState(len(stateNames)) {
		for e := range event(len(eventNames)) {
			t.Run(s.String()+"/"+e.String(), func(t *testing.T) {
				want, named := table[s][e]
				if !named {
					t.Fatal("the table does not name this pair")
				}
				state, action := move(s, e)
				if got := (outcome{state, action}); want != got {
					t.Errorf("want %v and %v, got %v and %v", want.state, want.action, got.state, got.action)
				}
			})
		}
	}
}
