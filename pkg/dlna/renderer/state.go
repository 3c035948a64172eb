package renderer

import "fmt"

// The life of our sound on one renderer. Commands of ours move it to the
// right, what the renderer is seen doing moves it between Starting, Buffering,
// Playing and Paused, and back to rest when somebody stops it at the speaker:
//
//	      prepare           started            transitioning
//	Idle ---------> Preparing ------> Starting --------------> Buffering
//	 ^                |                     \    grace over     |  ^
//	 |         failed |                      \          playing |  | transitioning
//	 |                v                       \   playing       v  |
//	 |             Unsure                      +------------> Playing
//	 |                |                                         |  ^
//	 |                |                                  paused |  | playing
//	 |        stopped |                                         v  |
//	 +<---------------+                                       Paused
//	 +<------------------ foreign URI ------------------------- each of these
//	                                                            |  ^
//	                                                    stopped |  | all else
//	                    still stopped, ended                    v  |
//	Resting <------------------------------------------------ Ending
//
// In Starting a renderer that says STOPPED is not believed: some say so
// between SetAVTransportURI and their first sound. In Ending it has stopped,
// and either that is all, or another control point's URI shows in a moment. In
// Unsure a start failed half-way: what was played before, or the new URI, may
// sound yet. In Idle whatever the renderer plays is not ours.
//
// Where our stream is the last that the renderer got, somebody may press play at
// it. That it was at rest before tells this from a renderer that is late, and
// from one that goes on by itself. Resting begins anew each time:
//
//	                                 plays, and it is not known to be a press;
//	Idle ... Paused, Unsure          was silent
//	       |                     +--------------------------+
//	 ended |                     v                          |
//	       +----------------> Halting ------------------> Resting <----------- Ending
//	                             ^     stopped, paused      |  ^     ended,
//	                             |                          |  |     still stopped
//	                       ended |    plays ours, after     |  | stopped,
//	                             |    some rest             v  | paused
//	                             +----------------------- Pressed
//
// Ended in Resting leads to Halting too. From each of these three a foreign URI
// leads to Idle, prepare to Preparing.
type phase uint8

const (
	phaseIdle phase = iota
	phasePreparing
	phaseStarting
	phaseBuffering
	phasePlaying
	phasePaused
	phaseEnding
	phaseUnsure
	phaseHalting
	phaseResting
	phasePressed
)

var phaseNames = [...]string{"idle", "preparing", "starting", "buffering", "playing", "paused", "ending", "unsure",
	"halting", "resting", "pressed"}

func (p phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return fmt.Sprintf("phase(%d)", uint8(p))
}

// silent reports whether no sound of ours is played, nor about to be.
func (p phase) silent() bool {
	return p == phaseIdle || p == phaseHalting || p == phaseResting || p == phasePressed
}

// A signal is a command of ours that took effect, or a thing seen.
type signal uint8

const (
	signalNone      signal = iota
	signalPrepare          // a start begins
	signalFailed           // the start failed
	signalStarted          // Play was accepted
	signalHeld             // our Pause was accepted
	signalEnded            // our Stop was accepted
	signalGraceOver        // STOPPED is to be believed from now on
	sawStopped             // STOPPED or NO_MEDIA_PRESENT
	sawEnded               // the same, once Ending has lasted
	sawTransitioning
	sawPlaying
	sawPaused
	sawForeign // another control point's URI
	sawPressed // the last stream of ours, playing again after some rest
	sawSilent  // it did not answer for a while
)

var signalNames = [...]string{"none", "prepare", "failed", "started", "held", "ended", "grace over",
	"saw stopped", "saw ended", "saw transitioning", "saw playing", "saw paused", "saw foreign", "saw pressed", "saw silent"}

func (s signal) String() string {
	if int(s) < len(signalNames) {
		return signalNames[s]
	}
	return fmt.Sprintf("signal(%d)", uint8(s))
}

// An action is what the owner of the renderer is to be told.
type action uint8

const (
	actionNone      action = iota
	actionReport           // a Transport event with the state that was seen
	actionTakenOver        // a TakenOver event
	actionPressed          // a Pressed event
)

// next moves the machine. Our own commands are not reported: who gave them
// knows.
func next(p phase, s signal) (phase, action) {
	switch s {
	case signalPrepare:
		return phasePreparing, actionNone
	case signalEnded:
		if p == phaseEnding { // it was seen to stop
			return phaseResting, actionNone
		}
		return phaseHalting, actionNone
	}
	switch p {
	case phasePreparing:
		return nextPreparing(s)
	case phaseUnsure:
		if s == sawStopped || s == sawForeign {
			return phaseIdle, actionNone
		}
	case phaseStarting:
		return nextStarting(s)
	case phaseBuffering, phasePlaying, phasePaused, phaseEnding:
		return nextActive(p, s)
	case phaseHalting, phaseResting, phasePressed:
		return nextSilent(p, s)
	case phaseIdle:
		// Not our sound.
	}
	return p, actionNone
}

func nextPreparing(s signal) (phase, action) {
	switch s {
	case signalFailed:
		return phaseUnsure, actionNone
	case signalStarted:
		return phaseStarting, actionNone
	default: // it may still be doing what it did before
		return phasePreparing, actionNone
	}
}

func nextStarting(s signal) (phase, action) {
	switch s {
	case signalGraceOver:
		return phaseBuffering, actionNone
	case sawStopped:
		return phaseStarting, actionNone
	default:
		return nextActive(phaseStarting, s)
	}
}

// nextActive holds where the renderer is believed. It reports each move that
// the renderer made, and no state twice.
func nextActive(p phase, s signal) (phase, action) {
	to := p
	switch s {
	case signalHeld:
		return phasePaused, actionNone
	case sawForeign:
		return phaseIdle, actionTakenOver
	case sawStopped:
		return phaseEnding, actionNone
	case sawEnded:
		to = phaseResting
	case sawTransitioning:
		to = phaseBuffering
	case sawPlaying:
		to = phasePlaying
	case sawPaused:
		to = phasePaused
	}
	if to == p {
		return p, actionNone
	}
	return to, actionReport
}

// nextSilent holds where our last stream has ended. Nothing that the renderer
// does is reported but a press.
func nextSilent(p phase, s signal) (phase, action) {
	switch s {
	case sawForeign:
		return phaseIdle, actionNone
	case sawStopped, sawPaused:
		return phaseResting, actionNone
	case sawTransitioning, sawPlaying, sawSilent:
		if p == phaseResting {
			return phaseHalting, actionNone
		}
	case sawPressed:
		if p == phaseResting {
			return phasePressed, actionPressed
		}
	}
	return p, actionNone
}
