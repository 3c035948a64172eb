// Package poll decides how often a renderer is polled, and whether its events are
// reliable. It sends nothing.
package poll

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/clock"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/volume"
)

// A Question is one of the values that are polled, in this order.
type Question uint8

const (
	AskPosition Question = iota // also reports whose stream plays, so it comes before the state
	AskState
	AskVolume
	AskMute
	Questions // how many there are
)

const (
	// StartTime is how long after Play the renderer is polled often.
	StartTime = 10 * time.Second
	// RequestTime is how long after a RequestPoll it is polled often.
	RequestTime = 3 * time.Second

	// FirstSoundEvery is the interval of the position until it moves.
	FirstSoundEvery = 500 * time.Millisecond
	PositionEvery   = clock.CoarseInterval
	RequestedEvery  = 500 * time.Millisecond // after a request to poll
	StartEvery      = time.Second
	StoppingEvery   = time.Second     // until the renderer is seen at rest
	MayResumeEvery  = 2 * time.Second // while it may resume by itself
	PlayEvery       = 4 * time.Second
	IdleEvery       = 30 * time.Second // only to see that it answers
	EventedEvery    = 30 * time.Second // where events report it
	DoubtEvery      = 2 * time.Second  // where events and state differ
	VolumeEvery     = 5 * time.Second
	MuteEvery       = 10 * time.Second
	// EventedLevelEvery is for volume and mute where events report them.
	EventedLevelEvery = 2 * time.Minute
	ConfirmEvery      = 3 * volume.EchoTime / 2    // after a command of ours
	RetryEvery        = 2 * time.Second            // after a failure
	UnreachableEvery  = 10 * time.Second           // after several
	Never             = 100 * 365 * 24 * time.Hour // not polled at present
)

// Conditions are everything that the interval of polling depends on.
type Conditions struct {
	Phase       transport.Phase
	InPhase     time.Duration   // since the phase began
	SincePlay   time.Duration   // since Play was accepted
	Failing     bool            // the last request had no answer
	Unreachable bool            // nor had several before it
	Evented     [Questions]bool // events report it
	Doubt       bool            // events and state differ
	Moving      bool            // the position moves
	Counts      bool            // the renderer reports a position
	HasVolume   bool
	Confirming  [Questions]bool // our own command is to be confirmed
	Requested   bool            // RequestPoll was called just now
	MayResume   bool            // at rest, but it may resume by itself
}

// Interval is the time between two polls of q.
func (c Conditions) Interval(q Question) time.Duration {
	if c.Failing || c.Unreachable {
		return c.failing(q)
	}
	switch q {
	case AskPosition:
		return c.position()
	case AskState:
		return c.state()
	default:
		return c.level(q)
	}
}

// failing polls one question only: the others would wait for a timeout as well.
func (c Conditions) failing(q Question) time.Duration {
	switch {
	case q != AskState:
		return Never
	case c.Unreachable:
		return UnreachableEvery
	}
	return RetryEvery
}

func (c Conditions) state() time.Duration {
	switch {
	case c.Requested:
		return RequestedEvery
	case c.Phase == transport.PhaseStopping && c.InPhase < StartTime:
		return StoppingEvery
	case c.MayResume && !c.Evented[AskState]:
		return MayResumeEvery
	case c.resting():
		return IdleEvery
	case c.Phase == transport.PhaseEnding:
		return c.ending()
	}
	switch {
	case c.Doubt:
		return DoubtEvery
	case c.Evented[AskState] && c.Phase == transport.PhaseStarting:
		return transport.StartGrace
	case c.Evented[AskState]:
		return EventedEvery
	case c.SincePlay < StartTime:
		return StartEvery
	}
	return PlayEvery
}

// resting reports whether the renderer is polled rarely: it does not play our stream,
// or is just being started.
func (c Conditions) resting() bool {
	return c.Phase.Silent() || c.Phase == transport.PhaseStartFailed || c.Phase == transport.PhasePreparing
}

// ending is short until the end is certain, but not for ever: a device may change to a
// vendor-specific state.
func (c Conditions) ending() time.Duration {
	if c.InPhase < transport.StartGrace {
		return transport.EndGrace
	}
	return PlayEvery
}

func (c Conditions) position() time.Duration {
	switch c.Phase {
	case transport.PhaseEnding:
		return c.ending()
	case transport.PhaseStarting, transport.PhaseBuffering, transport.PhasePlaying:
		// It may sound.
	default:
		return Never
	}
	switch {
	case !c.Moving && c.SincePlay < StartTime:
		return FirstSoundEvery
	case !c.Counts && c.Evented[AskState]:
		return EventedEvery // events report the URI, and there is nothing else to see
	}
	return PositionEvery
}

func (c Conditions) level(q Question) time.Duration {
	switch {
	case !c.HasVolume:
		return Never
	case c.Confirming[q]:
		return ConfirmEvery
	case c.Evented[q]:
		return EventedLevelEvery
	case c.resting():
		return IdleEvery
	case q == AskVolume:
		return VolumeEvery
	}
	return MuteEvery
}

// FromPhaseStart reports whether the interval of q counts from the start of the phase,
// even if q was last polled long before.
func (c Conditions) FromPhaseStart(q Question) bool {
	switch c.Phase {
	case transport.PhaseEnding:
		return q == AskState || q == AskPosition
	case transport.PhaseStopping:
		return q == AskState
	case transport.PhaseStarting:
		return q == AskState && c.Evented[AskState]
	}
	return false
}
