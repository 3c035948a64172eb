package renderer

import "time"

// A look is one of the questions that Run asks again and again.
type look uint8

const (
	lookPosition  look = iota // also tells whose stream plays, so it comes before the state
	lookTransport             // the state
	lookVolume
	lookMute
	looks // how many there are
)

const (
	// startTime after Play the device is looked at often, startGrace after it
	// a STOPPED is believed.
	startTime  = 10 * time.Second
	startGrace = 5 * time.Second
	// endGrace is how long a STOPPED is kept back: when another control point
	// takes the device over, its URI comes after the stop.
	endGrace = 700 * time.Millisecond

	soundEvery = 500 * time.Millisecond // until the position moves
	// positionEvery is no whole number of seconds: most devices tell whole ones, and
	// who measures their clock by that needs another error each time.
	positionEvery = 4618 * time.Millisecond

	// pokeTime is how long RequestPoll has the device looked at.
	pokeTime = 3 * time.Second

	pokeEvery   = 500 * time.Millisecond
	startEvery  = time.Second
	haltEvery   = time.Second     // until it is seen at rest
	restEvery   = 2 * time.Second // while it may go on by itself
	playEvery   = 4 * time.Second
	idleEvery   = 30 * time.Second // only to see that it lives
	toldEvery   = 30 * time.Second // where events tell
	doubtEvery  = 2 * time.Second  // where events and state differ
	volumeEvery = 5 * time.Second
	muteEvery   = 10 * time.Second
	checkEvery  = 2 * time.Minute            // what events tell of volume and mute
	settleEvery = 3 * echoTime / 2           // after a command of ours
	retryEvery  = 2 * time.Second            // after a failure
	lostEvery   = 10 * time.Second           // after several
	never       = 100 * 365 * 24 * time.Hour // no question for now
)

// A pace is all that decides how often Run asks.
type pace struct {
	phase    phase
	inPhase  time.Duration // since the phase began
	started  time.Duration // since Play was accepted
	failing  bool          // the last request had no answer
	lost     bool          // nor had several before it
	told     [looks]bool   // events tell it
	doubt    bool          // events and state differ
	sounding bool          // AudioStarted was sent
	counts   bool          // the device tells a position
	mixes    bool          // it has a volume
	settling [looks]bool   // our own command is to be confirmed
	poked    bool          // somebody called RequestPoll just now
	restless bool          // at rest, it may go on by itself yet
}

// every is the time between two looks.
func (p pace) every(l look) time.Duration {
	if p.failing || p.lost {
		return p.everyFailing(l)
	}
	switch l {
	case lookPosition:
		return p.everyPosition()
	case lookTransport:
		return p.everyTransport()
	default:
		return p.everyLevel(l)
	}
}

// everyFailing asks one thing alone: the rest would only take its time too.
func (p pace) everyFailing(l look) time.Duration {
	switch {
	case l != lookTransport:
		return never
	case p.lost:
		return lostEvery
	}
	return retryEvery
}

func (p pace) everyTransport() time.Duration {
	switch {
	case p.poked:
		return pokeEvery
	case p.phase == phaseHalting && p.inPhase < startTime:
		return haltEvery
	case p.restless && !p.told[lookTransport]:
		return restEvery
	case p.resting():
		return idleEvery
	case p.phase == phaseEnding:
		return p.everyEnding()
	}
	switch {
	case p.doubt:
		return doubtEvery
	case p.told[lookTransport] && p.phase == phaseStarting:
		return startGrace
	case p.told[lookTransport]:
		return toldEvery
	case p.started < startTime:
		return startEvery
	}
	return playEvery
}

// resting reports whether the device is looked at rarely: it plays nothing of
// ours, or is being ordered to.
func (p pace) resting() bool {
	return p.phase.silent() || p.phase == phaseUnsure || p.phase == phasePreparing
}

// everyEnding waits for the end to be sure, but not at that pace for ever: a
// device may go on to a state of its own invention.
func (p pace) everyEnding() time.Duration {
	if p.inPhase < startGrace {
		return endGrace
	}
	return playEvery
}

func (p pace) everyPosition() time.Duration {
	switch p.phase {
	case phaseEnding:
		return p.everyEnding()
	case phaseStarting, phaseBuffering, phasePlaying:
		// It may sound.
	default:
		return never
	}
	switch {
	case !p.sounding && p.started < startTime:
		return soundEvery
	case !p.counts && p.told[lookTransport]:
		return toldEvery // events tell the URI, and there is nothing else to see
	}
	return positionEvery
}

func (p pace) everyLevel(l look) time.Duration {
	switch {
	case !p.mixes:
		return never
	case p.settling[l]:
		return settleEvery
	case p.told[l]:
		return checkEvery
	case p.resting():
		return idleEvery
	case l == lookVolume:
		return volumeEvery
	}
	return muteEvery
}

// waits reports whether a look has to wait for its time in this phase even if
// the last one of before is long ago.
func (p pace) waits(l look) bool {
	switch p.phase {
	case phaseEnding:
		return l == lookTransport || l == lookPosition
	case phaseHalting:
		return l == lookTransport
	case phaseStarting:
		return l == lookTransport && p.told[lookTransport]
	}
	return false
}
