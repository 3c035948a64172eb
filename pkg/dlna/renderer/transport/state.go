package transport

//go:generate go tool stringer -type=Phase,Input -linecomment -output=state_string.go

// A Phase is where our stream is on one renderer. Rows are phases, columns what
// happens to them; "." is no change, "!" is reported to the owner (see Action).
// Our own commands are not reported.
//
//	              our commands
//	              play       play         play      stop      grace
//	              requested  failed       accepted  accepted  over
//	idle          preparing  .            .         stopping  .
//	preparing     preparing  startFailed  starting  stopping  .
//	starting      preparing  .            .         stopping  buffering
//	buffering     preparing  .            .         stopping  .
//	playing       preparing  .            .         stopping  .
//	paused        preparing  .            .         stopping  .
//	ending        preparing  .            .         stopped   .
//	startFailed   preparing  .            .         stopping  .
//	stopping      preparing  .            .         stopping  .
//	stopped       preparing  .            .         stopping  .
//	playPressed   preparing  .            .         stopping  .
//
//	              what the renderer is seen doing
//	              stopped  stays     transi-     playing   paused   foreign  play         did not
//	                       stopped   tioning                        URI      pressed      answer
//	idle          .        .         .           .         .        .        .            .
//	preparing     .        .         .           .         .        .        .            .
//	starting      .        stopped!  buffering!  playing!  paused!  idle!    .            .
//	buffering     ending   stopped!  .           playing!  paused!  idle!    .            .
//	playing       ending   stopped!  buffering!  .         paused!  idle!    .            .
//	paused        ending   stopped!  buffering!  playing!  .        idle!    .            .
//	ending        .        stopped!  buffering!  playing!  paused!  idle!    .            .
//	startFailed   idle     .         .           .         .        idle     .            .
//	stopping      stopped  .         .           .         stopped  idle     .            .
//	stopped       .        .         stopping    stopping  .        idle     playPressed! stopping
//	playPressed   stopped  .         .           .         stopped  idle     .            .
type Phase uint8

const (
	PhaseIdle        Phase = iota // idle
	PhasePreparing                // preparing
	PhaseStarting                 // starting
	PhaseBuffering                // buffering
	PhasePlaying                  // playing
	PhasePaused                   // paused
	PhaseEnding                   // ending
	PhaseStartFailed              // start-failed
	PhaseStopping                 // stopping
	PhaseStopped                  // stopped
	PhasePlayPressed              // play-pressed
)

// What the phases mean, where their names do not say it:
//
//   - idle: the renderer does not play our stream, though perhaps another one.
//   - preparing: a start is under way; the renderer may still do what it did before.
//   - starting: Play was accepted. STOPPED is ignored: some renderers report it between
//     SetAVTransportURI and their first sound.
//   - ending: it has stopped by itself. If another control point took it over, its URI
//     is reported in a moment.
//   - startFailed: a start failed half-way. What was played before, or our new
//     stream, may still sound.
//   - stopping: our stream has ended; the renderer has not yet reported that it stopped,
//     or plays on by itself.
//   - stopped: it is at rest, and our stream is the last that was set. If it plays that
//     again after some time of rest, the user pressed play.

// Silent reports whether no sound of ours is played, nor about to be.
func (p Phase) Silent() bool {
	return p == PhaseIdle || p == PhaseStopping || p == PhaseStopped || p == PhasePlayPressed
}

// An Input of the state machine: a command of ours, or something that the renderer
// reported.
type Input uint8

const (
	InputNone        Input = iota // none
	PlayRequested                 // play requested
	PlayFailed                    // play failed
	PlayAccepted                  // play accepted
	StopAccepted                  // stop accepted
	GraceOver                     // grace over
	SawStopped                    // saw stopped
	StayedStopped                 // stayed stopped
	SawTransitioning              // saw transitioning
	SawPlaying                    // saw playing
	SawPaused                     // saw paused
	SawForeignURI                 // saw foreign URI
	SawPlayPressed                // saw play pressed
	SawNoAnswer                   // saw no answer
)

// InputOf is the input of a reported state; InputNone for a vendor-specific state.
func InputOf(s State) Input {
	switch s {
	case Stopped, NoMedia:
		return SawStopped
	case Transitioning:
		return SawTransitioning
	case Playing:
		return SawPlaying
	case Paused:
		return SawPaused
	}
	return InputNone
}

// An Action is what is reported to the owner of the renderer.
type Action uint8

const (
	ActionNone        Action = iota
	ActionState              // the state that was seen
	ActionTakenOver          // another control point plays something
	ActionPlayPressed        // somebody pressed play at the renderer
)

// next moves the machine.
func next(p Phase, in Input) (Phase, Action) {
	switch in {
	case PlayRequested:
		return PhasePreparing, ActionNone
	case StopAccepted:
		if p == PhaseEnding { // it was seen to stop
			return PhaseStopped, ActionNone
		}
		return PhaseStopping, ActionNone
	}
	switch p {
	case PhasePreparing:
		return nextPreparing(in)
	case PhaseStartFailed:
		if in == SawStopped || in == SawForeignURI {
			return PhaseIdle, ActionNone
		}
	case PhaseStarting:
		return nextStarting(in)
	case PhaseBuffering, PhasePlaying, PhasePaused, PhaseEnding:
		return nextActive(p, in)
	case PhaseStopping, PhaseStopped, PhasePlayPressed:
		return nextSilent(p, in)
	case PhaseIdle:
		// Not our stream.
	}
	return p, ActionNone
}

func nextPreparing(in Input) (Phase, Action) {
	switch in {
	case PlayFailed:
		return PhaseStartFailed, ActionNone
	case PlayAccepted:
		return PhaseStarting, ActionNone
	default: // it may still play what it played before
		return PhasePreparing, ActionNone
	}
}

func nextStarting(in Input) (Phase, Action) {
	switch in {
	case GraceOver:
		return PhaseBuffering, ActionNone
	case SawStopped:
		return PhaseStarting, ActionNone
	default:
		return nextActive(PhaseStarting, in)
	}
}

// nextActive is for the phases in which the renderer is believed. It reports
// each move that the renderer made, and no state twice.
func nextActive(p Phase, in Input) (Phase, Action) {
	to := p
	switch in {
	case SawForeignURI:
		return PhaseIdle, ActionTakenOver
	case SawStopped:
		return PhaseEnding, ActionNone
	case StayedStopped:
		to = PhaseStopped
	case SawTransitioning:
		to = PhaseBuffering
	case SawPlaying:
		to = PhasePlaying
	case SawPaused:
		to = PhasePaused
	}
	if to == p {
		return p, ActionNone
	}
	return to, ActionState
}

// nextSilent is for the phases after our last stream has ended. Only a press of
// play is reported.
func nextSilent(p Phase, in Input) (Phase, Action) {
	switch in {
	case SawForeignURI:
		return PhaseIdle, ActionNone
	case SawStopped, SawPaused:
		return PhaseStopped, ActionNone
	case SawTransitioning, SawPlaying, SawNoAnswer:
		if p == PhaseStopped {
			return PhaseStopping, ActionNone
		}
	case SawPlayPressed:
		if p == PhaseStopped {
			return PhasePlayPressed, ActionPlayPressed
		}
	}
	return p, ActionNone
}
