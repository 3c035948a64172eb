package raop

//go:generate go tool stringer -type=state,input -linecomment -output=state_string.go

// The state machine of one session. Each cell is the next state and what is done;
// "-" leaves the state as it is, "455" also refuses the request.
//
//	            idle       announced      ready               streaming
//	ANNOUNCE    announced  455            455                 455
//	SETUP       455        ready          455                 455
//	RECORD      455        455            streaming, notify   -
//	audio       -          -              streaming, notify   -
//	FLUSH/PAUSE -          -              -                   -, notify
//	parameter   -          -, notify      -, notify           -, notify
//	end         -          ended, release ended, release      ended, notify, release
//
// In ended, ANNOUNCE, SETUP and RECORD are refused and all else is ignored. The
// input end is TEARDOWN, the end of the connection, a fault in SETUP, or another
// sender that takes over. A FLUSH leaves the session streaming: senders go on
// with RECORD or simply with audio, and it cannot be known which. What describes the
// music before streaming is handed over after the Play, see musicDescription.

// state is the state of a session.
type state uint8

const (
	stateIdle      state = iota // idle
	stateAnnounced              // announced
	stateReady                  // ready
	stateStreaming              // streaming
	stateEnded                  // ended
)

// input is what happens to a session.
type input uint8

const (
	inputAnnounce  input = iota // ANNOUNCE
	inputSetup                  // SETUP
	inputRecord                 // RECORD
	inputAudio                  // audio packet
	inputFlush                  // FLUSH or PAUSE
	inputParameter              // SET_PARAMETER
	inputEnd                    // end
)

// action is what a transition asks for. Actions are carried out in this order.
type action uint8

const (
	actRefuse  action = 1 << iota // answer 455: not valid in this state
	actNotify                     // hand the owner the event that came with the input
	actRelease                    // close the sockets, free the receiver
)

// next returns the state after in, and what has to be done, for every pair of
// state and input.
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
		return stateAnnounced, actNotify
	case inputEnd:
		return stateEnded, actRelease
	default: // nothing plays that could be flushed
		return stateAnnounced, 0
	}
}

func nextReady(in input) (state, action) {
	switch in {
	case inputRecord, inputAudio:
		return stateStreaming, actNotify
	case inputAnnounce, inputSetup:
		return stateReady, actRefuse
	case inputParameter:
		return stateReady, actNotify
	case inputEnd:
		return stateEnded, actRelease
	default: // nothing plays that could be flushed
		return stateReady, 0
	}
}

func nextStreaming(in input) (state, action) {
	switch in {
	case inputFlush, inputParameter:
		return stateStreaming, actNotify
	case inputAnnounce, inputSetup:
		return stateStreaming, actRefuse
	case inputEnd:
		return stateEnded, actNotify | actRelease
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
