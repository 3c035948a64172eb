package lab

import (
	"testing"
	"time"
)

// pollEvery is how often a condition is looked at that nobody signals.
const pollEvery = 20 * time.Millisecond

// Until waits for a condition and fails the test when it does not come true.
func Until(t testing.TB, within time.Duration, what string, condition func() bool) {
	t.Helper()
	if !ComesTrue(within, condition) {
		t.Fatalf("lab: not within %v: %s", within, what)
	}
}

// ComesTrue waits for a condition and reports whether it came true in time.
func ComesTrue(within time.Duration, condition func() bool) bool {
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline.C:
			return condition()
		case <-tick.C:
		}
	}
	return true
}
