package mdns

import "time"

//go:generate go tool stringer -linecomment -type=phase,event,action,PortState,groupState -output=enum_string.go

// A phase is where a claim to a name stands (RFC 6762 sections 8 to 10). Every
// service instance has one, and the host has one. What a move sends stands after
// the colon; "-" changes nothing.
//
//	            | tick                      | linked, changed      | rival           | outranked    | withdraw
//	------------+---------------------------+----------------------+-----------------+--------------+-----------------
//	idle        | -                         | waiting (linked)     | -               | -            | gone
//	waiting     | probing: probe            | -                    | -               | -            | gone
//	probing     | probing: probe;           | -                    | waiting: rename | waiting, 1 s | gone
//	            | after 3 announcing:       |                      |                 |              |
//	            | announce                  |                      |                 |              |
//	announcing  | announcing: announce;     | announcing: announce | waiting         | -            | leaving: goodbye
//	            | after 3 established       | anew                 |                 |              |
//	established | established: announce     | announcing: announce | waiting         | -            | leaving: goodbye
//	leaving     | leaving: goodbye;         | -                    | -               | -            | -
//	            | after 3 gone              |                      |                 |              |
//	gone        | -                         | -                    | -               | -            | gone
type phase uint8

const (
	// No interface to work on yet.
	phaseIdle phase = iota // idle
	// A random while before the first probe.
	phaseWaiting // waiting
	// Asking whether the name is taken.
	phaseProbing // probing
	// Ours; telling everybody.
	phaseAnnouncing // announcing
	// Ours; answering.
	phaseEstablished // established
	// Saying goodbye.
	phaseLeaving // leaving
	phaseGone    // gone
)

type event uint8

const (
	// The time that the last move set has passed.
	eventTick event = iota // tick
	// There is an interface, or the interfaces changed.
	eventLinked // linked
	// The records changed.
	eventChanged // changed
	// Another host holds the name with other data.
	eventRival // rival
	// Another host probes for the name and comes first.
	eventOutranked // outranked
	eventWithdraw  // withdraw
)

type action uint8

const (
	actNothing  action = iota // nothing
	actProbe                  // probe
	actAnnounce               // announce
	actRename                 // rename
	actGoodbye                // goodbye
)

const (
	probes        = 3
	announcements = 3
	goodbyes      = 3

	probeSpread     = 250 * time.Millisecond // the first probe comes at random within it
	probeInterval   = 250 * time.Millisecond
	outrankedWait   = time.Second
	announceFirst   = time.Second // between the first two announcements; doubles after each
	goodbyeInterval = 250 * time.Millisecond

	// refreshInterval is the time between announcements of an established name.
	// RFC 6762 asks for none; they keep speakers in the lists of senders whose
	// questions a switch or access point does not let through.
	refreshInterval = 15 * time.Minute

	// manyRivals in a row slow probing down to one name in rivalWait.
	manyRivals = 15
	rivalWait  = 5 * time.Second
)

// A state is a phase with how often it has sent, and how many rivals in a row
// took the names tried.
type state struct {
	phase  phase
	sent   int
	rivals int
}

// A timing says when the next tick comes: after least, and at random up to
// spread later. The zero value leaves an earlier timing as it is.
type timing struct {
	set    bool
	least  time.Duration
	spread time.Duration
}

func after(least, spread time.Duration) timing {
	return timing{set: true, least: least, spread: spread}
}

// next is the one function that moves a claim.
func next(s state, e event) (state, action, timing) {
	if e == eventWithdraw {
		return withdraw(s)
	}
	switch s.phase {
	case phaseIdle:
		return fromIdle(s, e)
	case phaseWaiting:
		return fromWaiting(s, e)
	case phaseProbing:
		return fromProbing(s, e)
	case phaseAnnouncing, phaseEstablished:
		return fromAnnounced(s, e)
	case phaseLeaving:
		return fromLeaving(s, e)
	}
	return s, actNothing, timing{}
}

func withdraw(s state) (state, action, timing) {
	switch s.phase {
	case phaseAnnouncing, phaseEstablished:
		return state{phase: phaseLeaving, sent: 1}, actGoodbye, after(goodbyeInterval, 0)
	case phaseLeaving:
		return s, actNothing, timing{}
	}
	// Nothing to take back: the name may even be a rival's
	return state{phase: phaseGone}, actNothing, timing{}
}

func fromIdle(s state, e event) (state, action, timing) {
	if e == eventLinked {
		return state{phase: phaseWaiting}, actNothing, after(0, probeSpread)
	}
	return s, actNothing, timing{}
}

// fromWaiting asks first: who holds the name will say so to the probes, and what
// is heard before them may be old.
func fromWaiting(s state, e event) (state, action, timing) {
	if e == eventTick {
		return probe(s.rivals, 0)
	}
	return s, actNothing, timing{}
}

func fromProbing(s state, e event) (state, action, timing) {
	switch e {
	case eventTick:
		if s.sent < probes {
			return probe(s.rivals, s.sent)
		}
		return announce(0)
	case eventRival:
		return renamed(s.rivals + 1)
	case eventOutranked:
		return state{phase: phaseWaiting, rivals: s.rivals}, actNothing, after(outrankedWait, 0)
	}
	// The probes to come have the new records and go out of the new interfaces
	return s, actNothing, timing{}
}

func renamed(rivals int) (state, action, timing) {
	if rivals >= manyRivals {
		return state{phase: phaseWaiting, rivals: manyRivals}, actRename, after(rivalWait, 0)
	}
	return state{phase: phaseWaiting, rivals: rivals}, actRename, after(0, probeSpread)
}

// probe sends one more probe after sent ones.
func probe(rivals, sent int) (state, action, timing) {
	return state{phase: phaseProbing, sent: sent + 1, rivals: rivals}, actProbe, after(probeInterval, 0)
}

// announce sends one more announcement after sent ones.
func announce(sent int) (state, action, timing) {
	sent++
	if sent == announcements {
		return state{phase: phaseEstablished}, actAnnounce, after(refreshInterval, 0)
	}
	return state{phase: phaseAnnouncing, sent: sent}, actAnnounce, after(announceFirst<<(sent-1), 0)
}

func fromAnnounced(s state, e event) (state, action, timing) {
	switch e {
	case eventTick:
		if s.phase == phaseEstablished {
			return s, actAnnounce, after(refreshInterval, 0)
		}
		return announce(s.sent)
	case eventLinked, eventChanged:
		return announce(0)
	case eventRival:
		return state{phase: phaseWaiting}, actNothing, after(0, probeSpread)
	}
	// Whoever probes for the name gets an answer, that is all
	return s, actNothing, timing{}
}

func fromLeaving(s state, e event) (state, action, timing) {
	if e != eventTick {
		return s, actNothing, timing{}
	}
	if s.sent == goodbyes {
		return state{phase: phaseGone}, actNothing, timing{}
	}
	return state{phase: phaseLeaving, sent: s.sent + 1}, actGoodbye, after(goodbyeInterval, 0)
}
