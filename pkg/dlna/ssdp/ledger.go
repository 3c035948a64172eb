package ssdp

import "time"

// Bounds of what the network can make us remember. A server may stand for
// many devices, each of which answers every search of a round.
const (
	maxDevices          = 256
	maxEntries          = 4 * maxDevices // (USN, LOCATION) pairs of a round
	maxAnswersPerSource = 512            // of a round
	// maxMissed is after how many silent rounds in a row a device is forgotten.
	maxMissed = 3
	// answerTime is how long a round's answers may take: MX, and the way.
	answerTime = maxWait + 2*time.Second
)

// An entryKind says whether an answer or a notice is passed on.
type entryKind uint8

const (
	// Not seen in this round or window.
	entryNew entryKind = iota // new
	// Seen in it.
	entryKnown // known
	// There is no room.
	entryFull // full
)

type entry struct {
	usn, location string
}

// A ledger remembers who answered: in this round, to pass each answer once and
// to bound how many; over the rounds, to tell whether a device fell silent.
type ledger struct {
	quota             // of this round
	judged  time.Time // when silence was last counted
	entries map[entry]bool
	missed  map[string]int  // rounds in a row without an answer, by UDN
	heard   map[string]bool // UDNs since missed was last counted
}

func newLedger() ledger {
	l := ledger{missed: make(map[string]int), heard: make(map[string]bool)}
	l.beginRound(time.Time{})
	return l
}

// beginRound forgets the round before. Once there was time to answer, those
// who did not have missed it.
func (l *ledger) beginRound(now time.Time) {
	if now.Sub(l.judged) >= answerTime {
		for udn := range l.missed {
			l.judge(udn)
		}
		clear(l.heard)
		l.judged = now
	}
	l.entries = make(map[entry]bool)
	l.quota = newQuota(maxAnswersPerSource)
}

func (l *ledger) judge(udn string) {
	if l.heard[udn] {
		l.missed[udn] = 0
		return
	}
	l.missed[udn]++
	if l.missed[udn] >= maxMissed {
		delete(l.missed, udn)
	}
}

// enter notes an answer.
func (l *ledger) enter(a Answer) entryKind {
	e := entry{a.USN, a.Location}
	_, device := l.missed[a.UDN]
	switch {
	case l.entries[e]:
		return entryKnown
	case len(l.entries) >= maxEntries, !device && len(l.missed) >= maxDevices:
		return entryFull
	}
	l.entries[e] = true
	l.heard[a.UDN] = true
	l.missed[a.UDN] = 0
	return entryNew
}

// settled reports whether devices are known and none of them is silent.
func (l *ledger) settled() bool {
	for _, n := range l.missed {
		if n > 0 {
			return false
		}
	}
	return len(l.missed) > 0
}
