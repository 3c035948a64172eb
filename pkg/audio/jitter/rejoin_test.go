package jitter_test

import (
	"testing"
	"time"
)

// The network holds everything back for 3 s, then delivers it at once: the
// old packets are dropped and the stream goes on where it would be.
func TestStalledNetworkRejoinsTheTimeline(t *testing.T) {
	w := network{count: 1000, deliver: func(n int, sent time.Duration) []delivery {
		if sent > time.Second && sent < 4*time.Second {
			return []delivery{{n: n, at: 4*time.Second + 2*time.Millisecond}}
		}
		return onTime(n, sent)
	}}
	w.run()
	frames := 0
	for _, p := range w.output {
		if p.n >= 0 && p.n*frameLength != frames {
			t.Fatalf("packet %d: want at frame %d, got it at %d", p.n, p.n*frameLength, frames)
		}
		frames += p.frames
	}
	if w.stats.Late == 0 || w.stats.StarvedFrames == 0 {
		t.Errorf("want late packets and starvation, got %+v", w.stats)
	}
	if last := w.output[len(w.output)-1]; last.n != w.count-1 {
		t.Errorf("want the last packet played, got %+v", last)
	}
}

// The sender stops for 3 s without a FLUSH and goes on with the next
// timestamp: nothing of it is lost, the pause is silence.
func TestPausedSenderLosesNothing(t *testing.T) {
	const count, pausesAt = 1000, 300
	for name, length := range map[string]time.Duration{
		"much longer than the delay": delay + 2500*time.Millisecond,
		"a little longer":            delay + 520*time.Millisecond,
	} {
		t.Run(name, func(t *testing.T) {
			w := network{count: count, deliver: onTime, pause: func(n int) time.Duration {
				if n >= pausesAt {
					return length
				}
				return 0
			}}
			w.run()
			wantAllInOrder(t, w.output, count)
		})
	}
}

// A pause that ends just as its silence began leaves little silence: it must
// not be taken for lateness when the sound after it becomes due.
func TestPauseAsLongAsTheDelay(t *testing.T) {
	const count, pausesAt, long = 400, 200, 1020 * time.Millisecond
	w := network{count: count, delay: time.Second, deliver: onTime, pause: func(n int) time.Duration {
		if n >= pausesAt {
			return long
		}
		return 0
	}}
	w.run()
	wantAllInOrder(t, w.output, count)
}

// wantAllInOrder fails unless packets 0 to count-1 were played in order,
// wherever there was silence between them.
func wantAllInOrder(t *testing.T, output []played, count int) {
	t.Helper()
	next := 0
	for _, p := range output {
		if p.n < 0 {
			continue
		}
		if p.n != next {
			t.Fatalf("want packet %d, got %d", next, p.n)
		}
		next++
	}
	if next < count-1 {
		t.Errorf("want all %d packets, got %d", count, next)
	}
}

// The sender's machine stalls for less than a pause and does not catch up:
// what is lost is bounded, then the new timeline is followed without a hole.
func TestSenderThatFellBehindIsFollowed(t *testing.T) {
	w := network{count: 1000, deliver: onTime, pause: func(n int) time.Duration {
		if n >= 300 {
			return 700 * time.Millisecond
		}
		return 0
	}}
	w.run()
	if lost := int(w.stats.Late); lost > 80 {
		t.Errorf("want at most 80 packets (640 ms) lost, got %d", lost)
	}
	next := w.output[len(w.output)-1].n
	for i := len(w.output) - 1; i >= len(w.output)-500; i-- {
		if w.output[i].n != next {
			t.Fatalf("want packet %d in the steady end, got %+v", next, w.output[i])
		}
		next--
	}
}
