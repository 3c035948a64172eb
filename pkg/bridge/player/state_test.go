package player

import "testing"

// Every pair of state and event is named here; a pair that is missing fails.
func TestNext(t *testing.T) {
	type move struct {
		to State
		do action
	}
	stay := func(s State) move { return move{s, 0} }
	want := map[State]map[event]move{
		StateIdle: {
			eventPlayPressed:    stay(StateIdle),
			eventFormatRejected: stay(StateIdle), eventPausedAtBoth: stay(StateIdle),
			eventSessionBegan: {StateConnected, actionAwaitSound}, eventSoundArrived: stay(StateIdle), eventFlush: stay(StateIdle),
			eventPauseTimeout: stay(StateIdle), eventSenderSilent: stay(StateIdle), eventFailed: stay(StateIdle),
			eventRetryNow: stay(StateIdle), eventTakenOver: stay(StateIdle), eventSessionEnded: stay(StateIdle),
		},
		StateConnected: {
			eventPlayPressed:    stay(StateConnected),
			eventFormatRejected: stay(StateConnected), eventPausedAtBoth: stay(StateConnected),
			eventSessionBegan: {StateConnected, actionAwaitSound}, eventSoundArrived: {StatePlaying, actionStartStream},
			eventFlush: {StateConnected, actionAwaitSound}, eventPauseTimeout: stay(StateConnected), eventSenderSilent: stay(StateConnected),
			eventFailed: stay(StateConnected), eventRetryNow: stay(StateConnected), eventTakenOver: stay(StateConnected),
			eventSessionEnded: {StateIdle, 0},
		},
		StatePlaying: {
			eventPlayPressed:    stay(StatePlaying),
			eventFormatRejected: {StatePlaying, actionAbandonStream | actionStartStream}, eventPausedAtBoth: stay(StatePlaying),
			eventSessionBegan: {StateConnected, actionStopSpeaker | actionAwaitSound}, eventSoundArrived: stay(StatePlaying),
			eventFlush: {StatePaused, actionAwaitSound | actionStartPauseTimer}, eventPauseTimeout: stay(StatePlaying),
			eventSenderSilent: {StateConnected, actionStopSpeaker | actionAwaitSound}, eventFailed: {StateRetrying, actionAbandonStream | actionStartRetryTimer},
			eventRetryNow: stay(StatePlaying), eventTakenOver: {StateReleased, actionAbandonStream}, eventSessionEnded: {StateIdle, actionStopSpeaker},
		},
		StatePaused: {
			eventPlayPressed:    stay(StatePaused),
			eventFormatRejected: {StateConnected, actionAbandonStream}, eventPausedAtBoth: {StatePausedAtSpeaker, actionEndSound},
			eventSessionBegan: {StateConnected, actionStopSpeaker | actionAwaitSound}, eventSoundArrived: {StatePlaying, 0},
			eventFlush: {StatePaused, actionAwaitSound}, eventPauseTimeout: {StateConnected, actionStopSpeaker},
			eventSenderSilent: {StateConnected, actionStopSpeaker}, eventFailed: {StateConnected, actionAbandonStream}, eventRetryNow: stay(StatePaused),
			eventTakenOver: {StateConnected, actionAbandonStream}, eventSessionEnded: {StateIdle, actionStopSpeaker},
		},
		StateRetrying: {
			eventPlayPressed:    stay(StateRetrying),
			eventFormatRejected: stay(StateRetrying), eventPausedAtBoth: stay(StateRetrying),
			eventSessionBegan: {StateConnected, actionAwaitSound}, eventSoundArrived: stay(StateRetrying), eventFlush: {StateConnected, actionAwaitSound},
			eventPauseTimeout: stay(StateRetrying), eventSenderSilent: {StateConnected, actionAwaitSound}, eventFailed: stay(StateRetrying),
			eventRetryNow: {StatePlaying, actionStartStream}, eventTakenOver: {StateReleased, 0}, eventSessionEnded: {StateIdle, 0},
		},
		StateReleased: {
			eventPlayPressed:    {StatePlaying, actionStartStream},
			eventFormatRejected: stay(StateReleased), eventPausedAtBoth: stay(StateReleased),
			eventSessionBegan: {StateConnected, actionAwaitSound}, eventSoundArrived: stay(StateReleased), eventFlush: {StateConnected, actionAwaitSound},
			eventPauseTimeout: stay(StateReleased), eventSenderSilent: stay(StateReleased), eventFailed: stay(StateReleased),
			eventRetryNow: stay(StateReleased), eventTakenOver: stay(StateReleased), eventSessionEnded: {StateIdle, 0},
		},
		StatePausedAtSpeaker: {
			eventPlayPressed:    stay(StatePausedAtSpeaker),
			eventFormatRejected: {StateConnected, actionAbandonStream}, eventPausedAtBoth: stay(StatePausedAtSpeaker),
			eventSessionBegan: {StateConnected, actionStopSpeaker | actionAwaitSound}, eventSoundArrived: {StatePlaying, actionAbandonStream | actionStartStream},
			eventFlush: {StatePausedAtSpeaker, actionAwaitSound}, eventPauseTimeout: {StateConnected, actionStopSpeaker}, eventSenderSilent: stay(StatePausedAtSpeaker),
			eventFailed: {StateConnected, actionAbandonStream}, eventRetryNow: stay(StatePausedAtSpeaker), eventTakenOver: {StateConnected, actionAbandonStream},
			eventSessionEnded: {StateIdle, actionStopSpeaker},
		},
	}
	for s := range states {
		for e := eventSessionBegan; e < events; e++ {
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
	sounding := func(s State) bool { return s == StatePlaying || s == StatePaused || s == StatePausedAtSpeaker }
	for s := range states {
		for e := eventSessionBegan; e < events; e++ {
			to, do := next(s, e)
			ends := do&(actionStopSpeaker|actionAbandonStream) != 0
			if sounding(s) && !sounding(to) && !ends {
				t.Errorf("%v in %v leaves the renderer playing", e, s)
			}
			if !sounding(s) && ends {
				t.Errorf("%v in %v stops what does not play", e, s)
			}
		}
	}
}
