package jitter

import "time"

const (
	// askRate is how many packets are asked for in a second when the loss goes
	// on: what a stream sends in a second at 44.1 kHz. So the answers at most
	// double the load of a network that is full already.
	askRate = 125
	// askBurst is how many may be asked for at once: a hole of 4 s.
	askBurst = 512
	// deafRounds and deafAfter are when a sender counts as one that does not
	// answer: so many requests, over so long a time, without an answer. Where
	// every fourth datagram is lost, one that does answer is wronged once in 10^8
	// times, and until the next probe.
	deafRounds = 24
	deafAfter  = 2 * time.Second
	// probeEvery is how often such a sender is asked all the same, for one
	// packet: the way to it may have been blocked.
	probeEvery = 10 * time.Second
)

// asking bounds what is asked of a sender. PipeWire 0.3.65, for one, never
// answers, and a network that drops half of what it gets is not helped by more.
// The times are the caller's.
type asking struct {
	spent  float64   // packets asked for and not yet paid off by the rate
	paid   time.Time // until when that was reckoned
	rounds int       // requests since the last answer
	since  time.Time // the first of these
	last   time.Time // the latest of these
}

// allowance is how many packets may be asked for at now, and whether those may
// be among them that were asked for before: the first time goes first.
func (a *asking) allowance(now time.Time) (packets int, again bool) {
	a.spent = max(0, a.spent-askRate*now.Sub(a.paid).Seconds())
	a.paid = now
	if a.deaf() {
		if now.Sub(a.last) < probeEvery {
			return 0, false
		}
		return 1, true
	}
	return int(askBurst - a.spent), a.spent <= askBurst/2
}

// deaf reports whether the sender is taken for one that does not answer.
func (a *asking) deaf() bool {
	return a.rounds >= deafRounds && a.last.Sub(a.since) >= deafAfter
}

// asked notes a request.
func (a *asking) asked(now time.Time, packets int) {
	if a.rounds == 0 {
		a.since = now
	}
	a.rounds++
	a.last = now
	a.spent += float64(packets)
}

// answered notes that the sender did answer.
func (a *asking) answered() { a.rounds = 0 }
