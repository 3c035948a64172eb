package daemon

import (
	"context"
	"runtime"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
)

const (
	// streamsPerProcessor is how many streams share one processor. A stream uses 2 %
	// of a PC's processor and some 30 % of an old Raspberry Pi's.
	streamsPerProcessor = 2
	processorsEvery     = 2 * time.Second
)

// FitProcessors adapts GOMAXPROCS to the number of streams that play, until ctx ends.
// Moving a packet from one processor to another costs more than handling it: one
// stream on one processor needs a third less time than on two. The limit at the
// start, from GOMAXPROCS or the container's quota, is never exceeded.
func (d *Daemon) FitProcessors(ctx context.Context) error {
	most := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(most)
	ticker := time.NewTicker(processorsEvery)
	defer ticker.Stop()
	for now := most; ; {
		if want := processorsFor(d.Snapshot(), most); want != now {
			now = want
			runtime.GOMAXPROCS(want)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// processorsFor is how many processors the streams of a snapshot need.
func processorsFor(s fleet.Snapshot, most int) int {
	streams := 0
	for _, speaker := range s.Speakers {
		if speaker.Playing() {
			streams++
		}
	}
	return min(1+(streams-1)/streamsPerProcessor, most)
}
