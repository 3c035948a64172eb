package speaker

import "fmt"

// A TransportState is where AVTransport:1 (section 2.2.1) says the transport
// is. PAUSED_RECORDING and RECORDING are left out: nothing here records.
//
//	                       SetURI
//	NO_MEDIA_PRESENT ─────────────────────▶ STOPPED ◀──────────────┐
//	                                         │  ▲ Stop, SetURI,    │
//	                                    Play │  │ Ended            │ Stop,
//	                                         ▼  │                  │ SetURI,
//	                                    TRANSITIONING              │ Ended
//	                                         │ Sounding            │
//	                                         ▼         Pause       │
//	                                       PLAYING ───────────▶ PAUSED_PLAYBACK
//	                                         │  ▲      Play        │
//	                                         │  └──────────────────┘
//	                                         └─▶ STOPPED (Stop, SetURI, Ended)
type TransportState uint8

const (
	NoMediaPresent TransportState = iota
	Stopped
	Transitioning // connected or about to be, nothing heard yet
	Playing
	PausedPlayback
)

var stateNames = [...]string{"NO_MEDIA_PRESENT", "STOPPED", "TRANSITIONING", "PLAYING", "PAUSED_PLAYBACK"}

// String gives the value of the state variable TransportState.
func (s TransportState) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("TransportState(%d)", uint8(s))
}

// actions is the value of the state variable CurrentTransportActions.
func (s TransportState) actions() string {
	switch s {
	case Stopped:
		return "Play"
	case Transitioning:
		return "Stop"
	case Playing:
		return "Stop,Pause"
	case PausedPlayback:
		return "Stop,Play"
	default:
		return ""
	}
}

// An event moves the transport.
type event uint8

const (
	evSetURI   event = iota // SetAVTransportURI
	evPlay                  // Play, or the button at the speaker
	evStop                  // Stop
	evPause                 // Pause
	evSounding              // the first frame of the stream is heard
	evEnded                 // the stream is over: played to its end, or broken
)

var eventNames = [...]string{"SetURI", "Play", "Stop", "Pause", "Sounding", "Ended"}

func (e event) String() string { return eventNames[e] }

// An action is what a move asks of the player.
type action uint8

const (
	doNothing action = iota
	doConnect        // fetch the URL and play it
	doHold           // stop the sound, keep the connection
	doRelease        // let the sound go on
	doHangUp         // drop the connection and what is buffered
	doRefuse         // answer 701 "transition not available"
)

var actionNames = [...]string{"nothing", "connect", "hold", "release", "hang up", "refuse"}

func (a action) String() string { return actionNames[a] }

// move is the transport's whole behaviour: where event e leads from state s,
// and what the player has to do for it. A refused event changes nothing.
func move(s TransportState, e event) (TransportState, action) {
	switch e {
	case evSetURI:
		return Stopped, hangUpIf(s.active())
	case evPlay:
		return movePlay(s)
	case evStop:
		if s == NoMediaPresent {
			return s, doRefuse
		}
		return Stopped, hangUpIf(s.active())
	case evPause:
		return movePause(s)
	case evSounding:
		if s == Transitioning {
			return Playing, doNothing
		}
	case evEnded:
		if s.active() {
			return Stopped, doNothing
		}
	}
	return s, doNothing
}

func movePlay(s TransportState) (TransportState, action) {
	switch s {
	case NoMediaPresent:
		return s, doRefuse
	case Stopped:
		return Transitioning, doConnect
	case PausedPlayback:
		return Playing, doRelease
	default: // already on its way
		return s, doNothing
	}
}

func movePause(s TransportState) (TransportState, action) {
	switch s {
	case Playing:
		return PausedPlayback, doHold
	case PausedPlayback:
		return s, doNothing
	default:
		return s, doRefuse
	}
}

// active reports whether the player has a stream in its hands.
func (s TransportState) active() bool {
	return s == Transitioning || s == Playing || s == PausedPlayback
}

func hangUpIf(active bool) action {
	if active {
		return doHangUp
	}
	return doNothing
}
