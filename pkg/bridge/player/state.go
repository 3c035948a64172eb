package player

//go:generate go tool stringer -linecomment -type State,event -output state_string.go

// A State is how a speaker stands to its session. The order is from silence to
// sound: of a group, the member with the highest state is shown.
type State uint8

const (
	StateIdle            State = iota // idle
	StateReleased                     // released
	StateConnected                    // connected
	StateRetrying                     // retrying
	StatePausedAtSpeaker              // paused-at-speaker
	StatePaused                       // paused
	StatePlaying                      // playing

	states // number of states
)

// States are all states, in their order.
func States() []State {
	all := make([]State, states)
	for s := range states {
		all[s] = s
	}
	return all
}

// An event is something that either side did, or a timer that ran out.
type event uint8

const (
	eventNone           event = iota // none
	eventSessionBegan                // session began
	eventSoundArrived                // sound arrived
	eventFlush                       // flush
	eventPauseTimeout                // pause timeout
	eventPausedAtBoth                // paused at both
	eventSenderSilent                // sender silent
	eventFormatRejected              // format rejected
	eventFailed                      // failed
	eventRetryNow                    // retry now
	eventTakenOver                   // taken over
	eventPlayPressed                 // play pressed
	eventSessionEnded                // session ended

	events // number of events
)

// An action is what a transition asks for; a set of bits, done in this order.
type action uint8

const (
	actionStopSpeaker     action = 1 << iota // stop the renderer, end the stream
	actionAbandonStream                      // end the stream without a command: the renderer does not answer, or plays something else
	actionEndSound                           // write nothing more to the stream, but keep it open for the paused renderer
	actionAwaitSound                         // report the next audible packet
	actionStartStream                        // open a stream and have the renderer play it
	actionStartPauseTimer                    // start the timer that ends in eventPauseTimeout or eventPausedAtBoth
	actionStartRetryTimer                    // start the timer that ends in eventRetryNow
)

// next is the transition from a state by an event: the new state and what is to be
// done. A timer that a transition does not start is void: its event finds a state
// that ignores it. An empty cell changes nothing; a session that ends leads to
// idle from every state, one that begins to connected, and both stop a speaker
// that plays.
//
//	                 | connected | playing   | paused            | retrying  | released  | paused-at-speaker
//	-----------------+-----------+-----------+-------------------+-----------+-----------+------------------
//	sound arrived    | playing   |           | playing           |           |           | playing
//	flush            |           | paused    |                   | connected | connected |
//	pause timeout    |           |           | connected         |           |           | connected
//	paused at both   |           |           | paused-at-speaker |           |           |
//	sender silent    |           | connected | connected         | connected |           |
//	format rejected  |           | playing   | connected         |           |           | connected
//	failed           |           | retrying  | connected         |           |           | connected
//	retry now        |           |           |                   | playing   |           |
//	taken over       |           | released  | connected         | released  |           | connected
//	play pressed     |           |           |                   |           | playing   |
//
// connected: a sender has a session, and no audible packet has come. iOS opens
// sessions that only carry silence.
//
// playing: the renderer is to play; a stream is open.
//
// paused: the sender has sent FLUSH. The stream stays open for a moment, since a
// seek or a new track goes on at once and a restart costs some speakers 10 s.
//
// paused-at-speaker: somebody has paused the renderer at the renderer itself, and
// the sender has paused since. The renderer stays paused: a stopped one would have
// nothing that its play button could resume.
//
// retrying: the sender plays, but the renderer has failed; it is tried again.
//
// released: the renderer is left to whoever took it over, until the sender pauses
// and plays, or somebody presses play at the renderer, which has our last stream.
func next(s State, e event) (State, action) {
	switch e {
	case eventSessionBegan:
		return StateConnected, stopFrom(s) | actionAwaitSound
	case eventSessionEnded:
		return StateIdle, stopFrom(s)
	}
	switch s {
	case StateConnected:
		return fromConnected(e)
	case StatePlaying:
		return fromPlaying(e)
	case StatePaused:
		return fromPaused(e)
	case StateRetrying:
		return fromRetrying(e)
	case StateReleased:
		return fromReleased(e)
	case StatePausedAtSpeaker:
		return fromPausedAtSpeaker(e)
	case StateIdle:
		// Without a session nothing else matters.
	}
	return s, 0
}

// stopFrom is what ends the stream of a state that has one.
func stopFrom(s State) action {
	if s == StatePlaying || s == StatePaused || s == StatePausedAtSpeaker {
		return actionStopSpeaker
	}
	return 0
}

func fromConnected(e event) (State, action) {
	switch e {
	case eventSoundArrived:
		return StatePlaying, actionStartStream
	case eventFlush:
		return StateConnected, actionAwaitSound
	default:
		return StateConnected, 0
	}
}

func fromPlaying(e event) (State, action) {
	switch e {
	case eventFlush:
		return StatePaused, actionAwaitSound | actionStartPauseTimer
	case eventSenderSilent:
		return StateConnected, actionStopSpeaker | actionAwaitSound
	case eventFormatRejected:
		return StatePlaying, actionAbandonStream | actionStartStream
	case eventFailed:
		return StateRetrying, actionAbandonStream | actionStartRetryTimer
	case eventTakenOver:
		return StateReleased, actionAbandonStream
	default:
		return StatePlaying, 0
	}
}

func fromPaused(e event) (State, action) {
	switch e {
	case eventSoundArrived:
		return StatePlaying, 0
	case eventFlush:
		return StatePaused, actionAwaitSound
	case eventPausedAtBoth:
		return StatePausedAtSpeaker, actionEndSound
	case eventPauseTimeout, eventSenderSilent:
		return StateConnected, actionStopSpeaker
	case eventFormatRejected, eventFailed, eventTakenOver:
		return StateConnected, actionAbandonStream
	default:
		return StatePaused, 0
	}
}

func fromReleased(e event) (State, action) {
	switch e {
	case eventFlush:
		return StateConnected, actionAwaitSound
	case eventPlayPressed:
		return StatePlaying, actionStartStream
	default:
		return StateReleased, 0
	}
}

func fromPausedAtSpeaker(e event) (State, action) {
	switch e {
	case eventSoundArrived:
		return StatePlaying, actionAbandonStream | actionStartStream
	case eventFlush:
		return StatePausedAtSpeaker, actionAwaitSound
	case eventPauseTimeout:
		return StateConnected, actionStopSpeaker
	case eventFormatRejected, eventFailed, eventTakenOver:
		return StateConnected, actionAbandonStream
	default:
		return StatePausedAtSpeaker, 0
	}
}

func fromRetrying(e event) (State, action) {
	switch e {
	case eventRetryNow:
		return StatePlaying, actionStartStream
	case eventFlush, eventSenderSilent:
		return StateConnected, actionAwaitSound
	case eventTakenOver:
		return StateReleased, 0
	default:
		return StateRetrying, 0
	}
}
