package jitter_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/jitter"
)

// A sender's clock that is off is followed: what remains between a packet's
// arrival and its due time stays the delay.
func TestTimelineFollowsTheSendersClock(t *testing.T) {
	for _, ppm := range []float64{-1500, -1000, -300, 0, 300, 1000, 1500} {
		timeline := jitter.NewTimeline(audio.CD, delay, 0)
		rng := rand.New(rand.NewPCG(3, 4))
		for n := range 30 * 60 * 125 {
			timestamp := uint32(n * frameLength)
			sent := epoch.Add(time.Duration(float64(n*frameLength) / 44100 * (1 + ppm/1e6) * float64(time.Second)))
			at := sent.Add(time.Duration(rng.IntN(int(10 * time.Millisecond))))
			timeline.Observe(timestamp, at)
			if off := timeline.Due(timestamp).Sub(sent) - delay; n > 1000 && off.Abs() > 20*time.Millisecond {
				t.Fatalf("%v ppm: want the delay kept within 20 ms, it is off by %v after %d s", ppm, off, n/125)
			}
		}
	}
}

// A sender that hurries for a moment does not take from the slow packets that
// follow the time that they have.
func TestTimelineKeepsTheDelayAfterAHurry(t *testing.T) {
	timeline := jitter.NewTimeline(audio.CD, delay, 0)
	at := func(n int) time.Time { return epoch.Add(audio.CD.Duration(int64(n * frameLength))) }
	for n := range 1000 {
		timeline.Observe(uint32(n*frameLength), at(n))
	}
	hasty := at(1000).Add(-300 * time.Millisecond)
	if last := at(999); hasty.Before(last) {
		hasty = last
	}
	timeline.Observe(uint32(1040*frameLength), hasty)
	late := timeline.Due(uint32(1041 * frameLength)).Sub(at(1041))
	if late < delay-10*time.Millisecond {
		t.Errorf("want %v for packets on time after a hasty one, got %v", delay, late)
	}
}
