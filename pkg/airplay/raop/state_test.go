package raop

import "testing"

func TestNext(t *testing.T) {
	type move struct {
		to  state
		act action
	}
	const inputs = int(inputEnd) + 1
	for from, moves := range map[state][inputs]move{
		//               announce                       setup                      record                     audio                      flush                     parameter                 end
		stateIdle:      {{stateAnnounced, 0}, {stateIdle, actRefuse}, {stateIdle, actRefuse}, {stateIdle, 0}, {stateIdle, 0}, {stateIdle, 0}, {stateIdle, 0}},
		stateAnnounced: {{stateAnnounced, actRefuse}, {stateReady, 0}, {stateAnnounced, actRefuse}, {stateAnnounced, 0}, {stateAnnounced, 0}, {stateAnnounced, actNotify}, {stateEnded, actRelease}},
		stateReady:     {{stateReady, actRefuse}, {stateReady, actRefuse}, {stateStreaming, actNotify}, {stateStreaming, actNotify}, {stateReady, 0}, {stateReady, actNotify}, {stateEnded, actRelease}},
		stateStreaming: {{stateStreaming, actRefuse}, {stateStreaming, actRefuse}, {stateStreaming, 0}, {stateStreaming, 0}, {stateStreaming, actNotify}, {stateStreaming, actNotify}, {stateEnded, actNotify | actRelease}},
		stateEnded:     {{stateEnded, actRefuse}, {stateEnded, actRefuse}, {stateEnded, actRefuse}, {stateEnded, 0}, {stateEnded, 0}, {stateEnded, 0}, {stateEnded, 0}},
	} {
		for i, want := range moves {
			in := input(i)
			if to, act := next(from, in); to != want.to || act != want.act {
				t.Errorf("%v, %v: want %v (%b), got %v (%b)", from, in, want.to, want.act, to, act)
			}
		}
	}
}

func TestStateNames(t *testing.T) {
	if got := stateStreaming.String() + inputEnd.String(); got != "streamingend" {
		t.Errorf("got %q", got)
	}
	if got := state(9).String() + input(9).String(); got != "state(9)input(9)" {
		t.Errorf("got %q", got)
	}
}
