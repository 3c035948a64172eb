package bridge

import "testing"

// Every pair of state and event is named here; a pair that is missing fails.
func TestNext(t *testing.T) {
	type move struct {
		to state
		do action
	}
	stay := func(s state) move { return move{s, 0} }
	want := map[state]map[event]move{
		stateIdle: {
			eventPressed: stay(stateIdle),
			eventUnfit:   stay(stateIdle), eventRest: stay(stateIdle),
			eventBegin: {stateArmed, actionListen}, eventSound: stay(stateIdle), eventFlush: stay(stateIdle),
			eventExpired: stay(stateIdle), eventQuiet: stay(stateIdle), eventRefused: stay(stateIdle),
			eventRetry: stay(stateIdle), eventOusted: stay(stateIdle), eventEnd: stay(stateIdle),
		},
		stateArmed: {
			eventPressed: stay(stateArmed),
			eventUnfit:   stay(stateArmed), eventRest: stay(stateArmed),
			eventBegin: {stateArmed, actionListen}, eventSound: {statePlaying, actionStart},
			eventFlush: {stateArmed, actionListen}, eventExpired: stay(stateArmed), eventQuiet: stay(stateArmed),
			eventRefused: stay(stateArmed), eventRetry: stay(stateArmed), eventOusted: stay(stateArmed),
			eventEnd: {stateIdle, 0},
		},
		statePlaying: {
			eventPressed: stay(statePlaying),
			eventUnfit:   {statePlaying, actionDrop | actionStart}, eventRest: stay(statePlaying),
			eventBegin: {stateArmed, actionStop | actionListen}, eventSound: stay(statePlaying),
			eventFlush: {stateHeld, actionListen | actionHold}, eventExpired: stay(statePlaying),
			eventQuiet: {stateArmed, actionStop | actionListen}, eventRefused: {stateWaiting, actionDrop | actionBackoff},
			eventRetry: stay(statePlaying), eventOusted: {stateYielded, actionDrop}, eventEnd: {stateIdle, actionStop},
		},
		stateHeld: {
			eventPressed: stay(stateHeld),
			eventUnfit:   {stateArmed, actionDrop}, eventRest: {stateParked, actionRest},
			eventBegin: {stateArmed, actionStop | actionListen}, eventSound: {statePlaying, 0},
			eventFlush: {stateHeld, actionListen}, eventExpired: {stateArmed, actionStop},
			eventQuiet: {stateArmed, actionStop}, eventRefused: {stateArmed, actionDrop}, eventRetry: stay(stateHeld),
			eventOusted: {stateArmed, actionDrop}, eventEnd: {stateIdle, actionStop},
		},
		stateWaiting: {
			eventPressed: stay(stateWaiting),
			eventUnfit:   stay(stateWaiting), eventRest: stay(stateWaiting),
			eventBegin: {stateArmed, actionListen}, eventSound: stay(stateWaiting), eventFlush: {stateArmed, actionListen},
			eventExpired: stay(stateWaiting), eventQuiet: {stateArmed, actionListen}, eventRefused: stay(stateWaiting),
			eventRetry: {statePlaying, actionStart}, eventOusted: {stateYielded, 0}, eventEnd: {stateIdle, 0},
		},
		stateYielded: {
			eventPressed: {statePlaying, actionStart},
			eventUnfit:   stay(stateYielded), eventRest: stay(stateYielded),
			eventBegin: {stateArmed, actionListen}, eventSound: stay(stateYielded), eventFlush: {stateArmed, actionListen},
			eventExpired: stay(stateYielded), eventQuiet: stay(stateYielded), eventRefused: stay(stateYielded),
			eventRetry: stay(stateYielded), eventOusted: stay(stateYielded), eventEnd: {stateIdle, 0},
		},
		stateParked: {
			eventPressed: stay(stateParked),
			eventUnfit:   {stateArmed, actionDrop}, eventRest: stay(stateParked),
			eventBegin: {stateArmed, actionStop | actionListen}, eventSound: {statePlaying, actionDrop | actionStart},
			eventFlush: {stateParked, actionListen}, eventExpired: {stateArmed, actionStop}, eventQuiet: stay(stateParked),
			eventRefused: {stateArmed, actionDrop}, eventRetry: stay(stateParked), eventOusted: {stateArmed, actionDrop},
			eventEnd: {stateIdle, actionStop},
		},
	}
	for s := range state(len(stateNames)) {
		for e := eventBegin; e < event(len(eventNames)); e++ {
			w, named := want[s][e]
			if !named {
				t.Fatalf("no expectation for %v in %v", e, s)
			}
			to, do := next(s, e)
			if to != w.to || do != w.do {
				t.Errorf("%v in %v: want %v %06b, got %v %06b", e, s, w.to, w.do, to, do)
			}
		}
	}
}

// What plays is always stopped or dropped on the way out, and never twice.
func TestNothingKeepsPlaying(t *testing.T) {
	sounding := func(s state) bool { return s == statePlaying || s == stateHeld || s == stateParked }
	for s := range state(len(stateNames)) {
		for e := eventBegin; e < event(len(eventNames)); e++ {
			to, do := next(s, e)
			ends := do&(actionStop|actionDrop) != 0
			if sounding(s) && !sounding(to) && !ends {
				t.Errorf("%v in %v leaves the renderer playing", e, s)
			}
			if !sounding(s) && ends {
				t.Errorf("%v in %v stops what does not play", e, s)
			}
		}
	}
}
