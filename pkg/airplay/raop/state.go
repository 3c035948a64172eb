package raop

import "fmt"

// The life of one session, from the sender's side of view:
//
//	       ANNOUNCE           SETUP        RECORD, audio
//	idle ───────────► announced ─────► ready ───────────► streaming ──┐
//	                      │              │                  │    ▲    │ FLUSH, PAUSE,
//	                      │ end          │ end          end │    └────┘ RECORD, audio
//	                      ▼              ▼                  ▼
//	                    ended ◄──────────┴──────────────────┘
//
// end is TEARDOWN, the end of the connection, a fault in SETUP, or another
// sender that takes over. A FLUSH leaves the session as it is: senders go on
// with RECORD or simply with audio, and which it will be is not to be foreseen.

// state is the place of a session in that picture.
type state uint8

const (
	stateIdle      state = iota // belongs to a connection, plays no role yet
	stateAnnounced              // claims the receiver
	stateReady                  // has its UDP sockets
	stateStreaming              // the owner has been told to play
	stateEnded                  // holds nothing
)

func (s state) String() string {
	names := [...]string{"idle", "announced", "ready", "streaming", "ended"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// input is what happens to a session.
type input uint8

const (
	inputAnnounce input = iota
	inputSetup
	inputRecord
	inputAudio     // an audio packet came in
	inputFlush     // FLUSH or PAUSE
	inputParameter // SET_PARAMETER
	inputEnd
)

func (in input) String() string {
	names := [...]string{"announce", "setup", "record", "audio", "flush", "parameter", "end"}
	if int(in) < len(names) {
		return names[in]
	}
	return fmt.Sprintf("input(%d)", uint8(in))
}

// action is what a move asks for. Actions are carried out in this order.
type action uint8

const (
	actRefuse  action = 1 << iota // answer 455: not valid in this state
	actTell                       // give the owner the event that came with the input
	actRelease                    // close the sockets, free the receiver
)

// next gives the state after in, and what has to be done. It has an answer for
// every pair.
func next(s state, in input) (state, action) {
	switch s {
	case stateIdle:
		return nextIdle(in)
	case stateAnnounced:
		return nextAnnounced(in)
	case stateReady:
		return nextReady(in)
	case stateStreaming:
		return nextStreaming(in)
	default:
		return nextEnded(in)
	}
}

func nextIdle(in input) (state, action) {
	switch in {
	case inputAnnounce:
		return stateAnnounced, 0
	case inputSetup, inputRecord:
		return stateIdle, actRefuse
	default: // a late FLUSH or TEARDOWN of a session that is gone does no harm
		return stateIdle, 0
	}
}

func nextAnnounced(in input) (state, action) {
	switch in {
	case inputSetup:
		return stateReady, 0
	case inputAnnounce, inputRecord:
		return stateAnnounced, actRefuse
	case inputParameter:
		return stateAnnounced, actTell
	case inputEnd:
		return stateEnded, actRelease
	default: // nothing plays that could be flushed
		return stateAnnounced, 0
	}
}

func nextReady(in input) (state, action) {
	switch in {
	case inputRecord, inputAudio:
		return stateStreaming, actTell
	case inputAnnounce, inputSetup:
		return stateReady, actRefuse
	case inputParameter:
		return stateReady, actTell
	case inputEnd:
		return stateEnded, actRelease
	default: // nothing plays that could be flushed
		return stateReady, 0
	}
}

func nextStreaming(in input) (state, action) {
	switch in {
	case inputFlush, inputParameter:
		return stateStreaming, actTell
	case inputAnnounce, inputSetup:
		return stateStreaming, actRefuse
	case inputEnd:
		return stateEnded, actTell | actRelease
	default: // RECORD after FLUSH, and the packets themselves: it plays already
		return stateStreaming, 0
	}
}

func nextEnded(in input) (state, action) {
	switch in {
	case inputAnnounce, inputSetup, inputRecord:
		return stateEnded, actRefuse
	default: // what is still on its way when a session ends
		return stateEnded, 0
	}
}
