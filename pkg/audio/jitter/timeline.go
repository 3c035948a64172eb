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
	// timelineSettles is how long after a beginning a quicker packet moves the
	// timeline at once: the first packets often wait for the network to wake.
	timelineSettles = time.Second
	// timelineSlew is how fast it follows the sender's clock afterwards, in
	// parts of the time that passes: twice what the worst clocks of Android are
	// off, so that it also catches up, and slow enough that one quick packet does not make
	// the others late.
	timelineSlew = 500 // one part in
	// timelineJump is the step off the estimate at which the numbering must
	// have restarted: no network holds a packet for so long.
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

// Timeline says when each frame is to be played: a fixed delay after the
// sender put it on the wire. That moment is estimated from the arrivals alone:
// the network only ever adds delay, so the quickest packets of the last seconds
// show the sender's clock. It needs no cooperation by the sender, whose sync
// packets may be missing, blocked (VPN) or wrong.
type Timeline struct {
	format audio.Format
	delay  time.Duration
	latest time.Duration // after the sending, at which a packet is still of use

	mu       sync.Mutex // guards everything below
	anchor   arrival    // a frame and when the sender counts as having sent it
	begun    time.Time  // when the numbering began
	last     time.Time  // of the latest observation
	since    time.Time  // start of the current window
	current  arrival    // quickest packet since then
	previous arrival    // and in the window before
	recently time.Time  // start of the short window
	recent   arrival    // quickest packet since then
}

// NewTimeline makes a timeline on which a frame is due delay after the sender
// sent it. A packet that comes later is of use for retransmitWait more.
func NewTimeline(format audio.Format, delay, retransmitWait time.Duration) *Timeline {
	return &Timeline{format: format, delay: delay, latest: delay + retransmitWait}
}

// Reset forgets the past, as after a flush.
func (t *Timeline) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.anchor = arrival{}
}

// Due is the local time at which the frame of timestamp is to be played; now
// plus the delay when nothing was observed.
func (t *Timeline) Due(timestamp uint32) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.anchor.at.IsZero() {
		return time.Now().Add(t.delay)
	}
	return t.extend(t.anchor, timestamp).Add(t.delay)
}

// Observe learns from a packet that was not resent.
func (t *Timeline) Observe(timestamp uint32, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := arrival{timestamp: timestamp, at: at}
	passed := at.Sub(t.last)
	t.last = at
	if t.anchor.at.IsZero() || passed > timelinePause || t.lag(a).Abs() > timelineJump {
		t.beginLocked(a)
		return
	}
	t.windowLocked(a)
	quickest, fell := t.fellBehindLocked(a)
	switch {
	case fell:
		t.beginLocked(quickest)
	case at.Sub(t.begun) < timelineSettles:
		if t.lag(a) < 0 {
			t.anchor = a
		}
	default:
		t.slewLocked(a, passed/timelineSlew)
	}
}

// beginLocked takes a packet for the quickest there is.
func (t *Timeline) beginLocked(a arrival) {
	t.anchor, t.begun = a, a.at
	t.since, t.current, t.previous = a.at, a, arrival{}
	t.recent = arrival{}
}

// windowLocked keeps the quickest packets of the two windows.
func (t *Timeline) windowLocked(a arrival) {
	switch {
	case a.at.Sub(t.since) > timelineWindow:
		t.since, t.current, t.previous = a.at, a, t.current
	case a.at.Before(t.extend(t.current, a.timestamp)):
		t.current = a
	}
}

// slewLocked moves the anchor on to the latest frame, and towards the quickest
// packets by at most step.
func (t *Timeline) slewLocked(a arrival, step time.Duration) {
	quickest := t.extend(t.current, a.timestamp)
	if !t.previous.at.IsZero() {
		if p := t.extend(t.previous, a.timestamp); p.Before(quickest) {
			quickest = p
		}
	}
	sent := t.extend(t.anchor, a.timestamp)
	off := min(max(quickest.Sub(sent), -step), step)
	t.anchor = arrival{timestamp: a.timestamp, at: sent.Add(off)}
}

// fellBehindLocked reports whether even the quickest packet of the last short
// window came when most of the time was used up, and which it was.
func (t *Timeline) fellBehindLocked(a arrival) (arrival, bool) {
	if t.recent.at.IsZero() {
		t.recently, t.recent = a.at, a
		return arrival{}, false
	}
	if a.at.Before(t.extend(t.recent, a.timestamp)) {
		t.recent = a
	}
	if a.at.Sub(t.recently) < timelineRecent {
		return arrival{}, false
	}
	quickest := t.recent
	t.recent = arrival{}
	return quickest, t.lag(quickest) > t.latest*3/4
}

// lag is how much later a packet came than the quickest would have.
func (t *Timeline) lag(a arrival) time.Duration {
	return a.at.Sub(t.extend(t.anchor, a.timestamp))
}

// extend carries an arrival on to another timestamp at the nominal rate.
func (t *Timeline) extend(a arrival, timestamp uint32) time.Time {
	return a.at.Add(t.format.Duration(audio.TimestampDiff(timestamp, a.timestamp)))
}
