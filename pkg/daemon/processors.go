package daemon

import (
	"context"
	"runtime"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
)

const (
	// streamsPerProcessor is how many streams share one. A stream takes 2 % of
	// a PC's processor and some 30 % of an old Raspberry Pi's.
	streamsPerProcessor = 2
	processorsEvery     = 2 * time.Second
)

// FitProcessors keeps the number of processors that Go spreads work over in
// step with what plays, until ctx ends. Handing a packet from one processor to
// another costs more than handling it: one stream on one processor takes a
// third less time than on two. The limit that the runtime found, from GOMAXPROCS
// or the container's quota, is never exceeded.
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

// processorsFor is how many processors the streams of a snapshot want.
func processorsFor(s fleet.Snapshot, most int) int {
	streams := 0
	for _, speaker := range s.Speakers {
		if speaker.Playing() {
			streams++
		}
	}
	return min(1+(streams-1)/streamsPerProcessor, most)
}
