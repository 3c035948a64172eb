package jitter

import (
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	// timelineWindow is how long the quickest packet speaks for the network's
	// least delay. Two windows overlap, so it takes 5 to 10 s until a longer
	// way is believed; a clock off by 300 ppm moves 3 ms in that time.
	timelineWindow = 5 * time.Second
	// timelineJump is the step behind the estimate at which the numbering
	// must have begun anew: no network holds a packet for so long.
	timelineJump = 10 * time.Second
	// timelinePause is the silence after which the sender may have moved its
	// timeline. Was it the network, the packets behind the first show it.
	timelinePause = time.Second
	// timelineRecent is how long every packet must be nearly too late to show
	// that the sender fell behind for good, as on a stalled machine. A network
	// that held packets back delivers them in less time than it held them.
	timelineRecent = 250 * time.Millisecond
)

// arrival is a packet that crossed the network quickest in its window.
type arrival struct {
	timestamp uint32
	at        time.Time
}

// Timeline estimates when the sender put each frame on the wire, from the
// arrivals alone: delay only ever adds, so the quickest packets of the last
// seconds show the sender's clock. It needs no cooperation by the sender, whose
// sync packets may be missing, blocked (VPN) or wrong.
type Timeline struct {
	format audio.Format
	delay  time.Duration

	mu       sync.Mutex // guards everything below
	since    time.Time  // start of the current window
	last     time.Time  // of the latest observation
	current  arrival
	previous arrival
	recent   arrival   // quickest packet since recently
	recently time.Time // start of the short window
}

// NewTimeline makes a timeline on which a frame is due delay after the sender
// sent it: the time for late and lost packets to come.
func NewTimeline(format audio.Format, delay time.Duration) *Timeline {
	return &Timeline{format: format, delay: delay}
}

// Reset forgets the past, as after a flush.
func (t *Timeline) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current, t.previous, t.recent = arrival{}, arrival{}, arrival{}
}

// Observe learns from a packet that was not resent.
func (t *Timeline) Observe(timestamp uint32, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := arrival{timestamp: timestamp, at: at}
	paused := at.Sub(t.last) > timelinePause
	t.last = at
	behind, fell := t.fellBehindLocked(a)
	switch {
	case t.current.at.IsZero(), paused, at.Sub(t.sentLocked(timestamp)) > timelineJump:
		t.since, t.current, t.previous = at, a, arrival{}
	case fell:
		t.since, t.current, t.previous = at, behind, arrival{}
	case at.Sub(t.since) > timelineWindow:
		t.since, t.current, t.previous = at, a, t.current
	case at.Before(t.extend(t.current, timestamp)):
		t.current = a
	}
}

// fellBehindLocked reports whether even the quickest packet of the last short
// window came when most of the delay was used up, and which it was.
func (t *Timeline) fellBehindLocked(a arrival) (arrival, bool) {
	if t.recent.at.IsZero() {
		t.recently, t.recent = a.at, a
		return arrival{}, false
	}
	if a.at.Before(t.extend(t.recent, a.timestamp)) {
		t.recent = a
	}
	if a.at.Sub(t.recently) < timelineRecent || t.current.at.IsZero() {
		return arrival{}, false
	}
	quickest := t.recent
	t.recent = arrival{}
	lag := quickest.at.Sub(t.sentLocked(quickest.timestamp))
	return quickest, lag > t.delay*3/4
}

// Due is the local time at which the frame of timestamp is to be played; now
// plus the delay when nothing was observed.
func (t *Timeline) Due(timestamp uint32) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.at.IsZero() {
		return time.Now().Add(t.delay)
	}
	return t.sentLocked(timestamp).Add(t.delay)
}

// sentLocked is the earlier of what the two windows say.
func (t *Timeline) sentLocked(timestamp uint32) time.Time {
	sent := t.extend(t.current, timestamp)
	if t.previous.at.IsZero() {
		return sent
	}
	if p := t.extend(t.previous, timestamp); p.Before(sent) {
		return p
	}
	return sent
}

// extend carries an arrival on to another timestamp at the nominal rate.
func (t *Timeline) extend(a arrival, timestamp uint32) time.Time {
	return a.at.Add(t.format.Duration(audio.TimestampDiff(timestamp, a.timestamp)))
}
