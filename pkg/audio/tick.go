package audio

import "time"

// Tick is the grain in which packets are moved. All that moves packets wakes
// on one grid: the process wakes 25 times a second for any number of streams,
// where a wake-up for each packet would cost several times the decoding.
const Tick = 40 * time.Millisecond

// grid is where the ticks are counted from.
var grid = time.Now()

// UntilTick is the time from now to the first tick at or after at.
func UntilTick(now, at time.Time) time.Duration {
	at = later(now, at)
	past := at.Sub(grid) % Tick
	if past > 0 {
		at = at.Add(Tick - past)
	}
	return at.Sub(now)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
