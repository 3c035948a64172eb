// Package stall measures whether the machine stalled during a test, as a busy one with
// few processors or a paused virtual one does. A test of something in real time
// may then be repeated: what came late is not the fault of what is tested.
package stall

import (
	"sync"
	"testing"
	"time"
)

// resolution is how often a Meter looks at the clock.
const resolution = 10 * time.Millisecond

// A Meter notes how much later than asked for its goroutine was woken.
type Meter struct {
	mu      sync.Mutex // guards below
	longest time.Duration
}

// Watch measures until the test ends.
func Watch(t testing.TB) *Meter {
	m := &Meter{}
	stopC, endC := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(endC)
		m.run(stopC)
	}()
	t.Cleanup(func() {
		close(stopC)
		<-endC
	})
	return m
}

func (m *Meter) run(stopC <-chan struct{}) {
	tick := time.NewTicker(resolution)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case <-stopC:
			return
		case <-tick.C:
		}
		now := time.Now()
		m.record(now.Sub(last) - resolution)
		last = now
	}
}

func (m *Meter) record(late time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.longest = max(m.longest, late)
}

// Longest is the longest standstill since the last call.
func (m *Meter) Longest() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	longest := m.longest
	m.longest = 0
	return longest
}

// maxTries is how often Retry plays at most.
const maxTries = 3

// Retry plays until there is no fault; a fault fails the test. It plays again, three
// times in all, only where the machine stood still for bound or longer meanwhile.
func Retry(t testing.TB, bound time.Duration, play func() (fault error)) {
	t.Helper()
	retry(t, Watch(t), bound, play)
}

func retry(t testing.TB, m *Meter, bound time.Duration, play func() error) {
	t.Helper()
	for try := 1; ; try++ {
		m.Longest()
		fault := play()
		stalled := m.Longest()
		switch {
		case fault == nil:
			return
		case stalled < bound || try == maxTries:
			t.Fatalf("%v (the machine stood still for %v at most)", fault, stalled)
		}
		t.Logf("again, because the machine stood still for %v: %v", stalled, fault)
	}
}
