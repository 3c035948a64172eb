package ssdp

import (
	"math/rand/v2"
	"time"
)

const (
	burstsPerRound = 3 // every search goes out so often: multicast gets lost
	minBurstPause  = 100 * time.Millisecond
	maxBurstPause  = 300 * time.Millisecond

	unsettledPause = 30 * time.Second
	settledPause   = 2 * time.Minute
	// minRoundPause lies between the beginnings of two rounds, whoever asks.
	minRoundPause = time.Second

	// Rounds 2, 12, 22, ... search for ssdp:all as well: some devices answer
	// nothing else.
	allPeriod = 10
	allRound  = 2
)

// startPauses follow the first rounds: they begin after 0, 1 and 4 seconds.
var startPauses = [...]time.Duration{time.Second, 3 * time.Second}

// A schedule says when the bursts of the rounds go out. The zero value stands
// before the first burst of the first round.
type schedule struct {
	round int       // since the start or the last change of interfaces
	burst int       // of the round: the one that comes next
	began time.Time // when the last round began
	asked bool      // somebody wants a round after this one
}

// searchesAll reports whether the coming burst includes ssdp:all.
func (s *schedule) searchesAll() bool {
	return s.round%allPeriod == allRound
}

// next moves on after a burst that went out at now, and returns the pause
// before the one that follows. settled says that all known devices answered.
func (s *schedule) next(now time.Time, settled bool) time.Duration {
	if s.burst == 0 {
		s.began = now
	}
	s.burst++
	if s.burst < burstsPerRound {
		return minBurstPause + rand.N(maxBurstPause-minBurstPause)
	}
	pause := roundPause(s.round, settled)
	if s.asked {
		pause = minRoundPause
	}
	*s = schedule{round: s.round + 1, began: s.began}
	return max(s.began.Add(pause).Sub(now), 0)
}

// roundPause is the time from the beginning of a round to that of the next.
func roundPause(round int, settled bool) time.Duration {
	switch {
	case round < len(startPauses):
		return startPauses[round]
	case settled:
		return settledPause
	}
	return unsettledPause
}

// hurry returns the pause before a round that somebody asked for at now. While
// a round is on its way it reports false, and next sees to the one asked for.
func (s *schedule) hurry(now time.Time) (time.Duration, bool) {
	if s.burst > 0 {
		s.asked = true
		return 0, false
	}
	return max(s.began.Add(minRoundPause).Sub(now), 0), true
}

// restart goes back to the first round and returns the pause before it.
func (s *schedule) restart(now time.Time) time.Duration {
	*s = schedule{began: s.began}
	wait, _ := s.hurry(now)
	return wait
}
