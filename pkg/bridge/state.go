package bridge

import "fmt"

// The life of a bridge. The sender's side moves it from left to right and
// back, the renderer's side between the rows:
//
//	        Begin          Sound  Unfit     Flush
//	Idle ---------> Armed -------> Playing --------> Held
//	  ^               ^  ^          | |  ^   Sound    |
//	  |               |  +---Quiet--+ |  +------------+
//	  |               |               |               |
//	  |               +---------------|----Expired----+
//	  |               |               |
//	  |               | Flush         | Refused          Ousted
//	  |               +---------- Waiting <---+---------------> Yielded
//	  |               |            | | Retry  |         Ousted   ^ |
//	  |               |            | +-> Playing                 | |
//	  |               |            +-----------------------------+ |
//	  |               +------------------------------------Flush---+
//	  |               |
//	  |               |  Rest             Sound
//	  |         Held -----------> Parked -------> Playing
//	  |               |             |
//	  |               +---Expired---+
//	  +---- End, from every state
//
// Armed waits for the first audible packet, since iOS opens sessions that only
// carry silence. Held keeps the stream open for a moment after a FLUSH, since
// a seek or a new track goes on at once and a restart costs some speakers 10 s.
// Parked is what Held becomes where a hand has paused the renderer, and the sender
// has paused then: the renderer keeps its pause, lest its play button have nothing
// to play.
// Waiting has a sender that plays and a renderer that does not take it.
// Yielded leaves the speaker to whoever took it, until the sender starts anew or a
// hand at the renderer wants our stream again.
type state uint8

const (
	stateIdle state = iota
	stateArmed
	statePlaying
	stateHeld
	stateWaiting
	stateYielded
	stateParked
)

var stateNames = [...]string{"idle", "armed", "playing", "held", "waiting", "yielded", "parked"}

func (s state) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// An event is something that either side did, or a timer.
type event uint8

const (
	eventNone    event = iota
	eventBegin         // a sender's session began
	eventSound         // an audible packet came while it was listened for
	eventFlush         // FLUSH or PAUSE: what was sent is not to be played
	eventExpired       // the hold after a flush ran out, or the wait for the sender after a pause at the renderer
	eventRest          // the hold after a flush ran out while the renderer is paused at itself
	eventQuiet         // nothing came from the sender for long
	eventUnfit         // the renderer does not take the stream in this way; there is another
	eventRefused       // the renderer did not start, failed or vanished
	eventRetry         // the wait after a refusal ran out
	eventOusted        // the renderer stopped or plays somebody else's stream
	eventPressed       // play was pressed at the renderer, which has our last stream
	eventEnd           // the session ended
)

var eventNames = [...]string{"none", "begin", "sound", "flush", "expired", "rest", "quiet", "unfit", "refused", "retry", "ousted", "pressed", "end"}

func (e event) String() string {
	if int(e) < len(eventNames) {
		return eventNames[e]
	}
	return fmt.Sprintf("event(%d)", uint8(e))
}

// An action is what a move asks for; a set of bits, done in this order.
type action uint8

const (
	actionStop    action = 1 << iota // stop the renderer, end the stream
	actionDrop                       // end the stream; the renderer is beyond reach or another's
	actionRest                       // end the sound, and leave the renderer its stream
	actionListen                     // report the next audible packet
	actionStart                      // open a stream and have the renderer play it
	actionHold                       // start the timer that ends in eventExpired
	actionBackoff                    // start the timer that ends in eventRetry
)

// next moves the machine. Timers that a move does not start are void: their
// events find a state that ignores them.
func next(s state, e event) (state, action) {
	switch e {
	case eventBegin:
		return stateArmed, leave(s) | actionListen
	case eventEnd:
		return stateIdle, leave(s)
	}
	switch s {
	case stateArmed:
		return nextArmed(e)
	case statePlaying:
		return nextPlaying(e)
	case stateHeld:
		return nextHeld(e)
	case stateWaiting:
		return nextWaiting(e)
	case stateYielded:
		return nextYielded(e)
	case stateParked:
		return nextParked(e)
	case stateIdle:
		// Without a session nothing else matters.
	}
	return s, 0
}

// leave is what ends the playing of a state.
func leave(s state) action {
	if s == statePlaying || s == stateHeld || s == stateParked {
		return actionStop
	}
	return 0
}

func nextArmed(e event) (state, action) {
	switch e {
	case eventSound:
		return statePlaying, actionStart
	case eventFlush:
		return stateArmed, actionListen
	default:
		return stateArmed, 0
	}
}

func nextPlaying(e event) (state, action) {
	switch e {
	case eventFlush:
		return stateHeld, actionListen | actionHold
	case eventQuiet:
		return stateArmed, actionStop | actionListen
	case eventUnfit:
		return statePlaying, actionDrop | actionStart
	case eventRefused:
		return stateWaiting, actionDrop | actionBackoff
	case eventOusted:
		return stateYielded, actionDrop
	default:
		return statePlaying, 0
	}
}

func nextHeld(e event) (state, action) {
	switch e {
	case eventSound:
		return statePlaying, 0
	case eventFlush:
		return stateHeld, actionListen
	case eventRest:
		return stateParked, actionRest
	case eventExpired, eventQuiet:
		return stateArmed, actionStop
	case eventUnfit, eventRefused, eventOusted:
		return stateArmed, actionDrop
	default:
		return stateHeld, 0
	}
}

func nextYielded(e event) (state, action) {
	switch e {
	case eventFlush:
		return stateArmed, actionListen
	case eventPressed:
		return statePlaying, actionStart
	default:
		return stateYielded, 0
	}
}

func nextParked(e event) (state, action) {
	switch e {
	case eventSound:
		return statePlaying, actionDrop | actionStart
	case eventFlush:
		return stateParked, actionListen
	case eventExpired:
		return stateArmed, actionStop
	case eventUnfit, eventRefused, eventOusted:
		return stateArmed, actionDrop
	default:
		return stateParked, 0
	}
}

func nextWaiting(e event) (state, action) {
	switch e {
	case eventRetry:
		return statePlaying, actionStart
	case eventFlush, eventQuiet:
		return stateArmed, actionListen
	case eventOusted:
		return stateYielded, 0
	default:
		return stateWaiting, 0
	}
}
