package lab

import (
	"sync"
	"testing"
	"time"
)

// stallGrain is how often a StallWatch looks at the clock.
const stallGrain = 10 * time.Millisecond

// A StallWatch notices when the machine stands still, as a busy one with few
// processors or a paused virtual one does: then a real-time sender is late
// through no fault of what is tested.
type StallWatch struct {
	mu      sync.Mutex // guards below
	longest time.Duration
}

// WatchStalls watches until the test ends.
func WatchStalls(t testing.TB) *StallWatch {
	w := &StallWatch{}
	stopC, endC := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(endC)
		w.run(stopC)
	}()
	t.Cleanup(func() {
		close(stopC)
		<-endC
	})
	return w
}

func (w *StallWatch) run(stopC <-chan struct{}) {
	tick := time.NewTicker(stallGrain)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case <-stopC:
			return
		case <-tick.C:
		}
		now := time.Now()
		w.note(now.Sub(last) - stallGrain)
		last = now
	}
}

func (w *StallWatch) note(late time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.longest = max(w.longest, late)
}

// Longest gives the longest standstill since the last call.
func (w *StallWatch) Longest() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	longest := w.longest
	w.longest = 0
	return longest
}
