package clock

import "time"

// A Tracker follows the position of one stream after another: whether the renderer
// reports one, when it began to move, and how its clock runs. The zero Tracker is
// ready for use. It is not safe for concurrent use.
type Tracker struct {
	seekEdge bool      // the change of the second is measured
	accepted time.Time // when the renderer accepted Play

	reports bool          // the renderer reports a position
	moving  bool          // the position has moved since Play
	last    time.Duration // the position as last reported
	startup startupSearch
	clock   PositionClock
}

// SeekEdge sets whether the change of the second is measured.
func (t *Tracker) SeekEdge(on bool) { t.seekEdge = on }

// PlayAccepted begins with another stream.
func (t *Tracker) PlayAccepted(now time.Time) {
	t.accepted, t.reports, t.moving, t.last = now, false, false, 0
	t.startup = newStartupSearch()
}

// Restart restarts the measurement of the clock: the renderer plays, perhaps after a
// pause.
func (t *Tracker) Restart(now time.Time) { t.clock.Start(now) }

// Reports reports whether the renderer reports a position.
func (t *Tracker) Reports() bool { return t.reports }

// Moving reports whether the position has moved since Play.
func (t *Tracker) Moving() bool { return t.moving }

// Planned is when the position should be requested next to measure the clock. ok is
// false if there is no such plan: the edge is not measured, the position does not move,
// or the last request was not answered.
func (t *Tracker) Planned(lastAsked time.Time) (at time.Time, ok bool) {
	due, lastSample := t.clock.Next()
	return due, t.seekEdge && t.reports && t.moving && !lastAsked.After(lastSample)
}

// NoPosition notes that the renderer does not report one.
func (t *Tracker) NoPosition() { t.reports = false }

// Started takes a sample and returns the time between Play and the first sound:
// with the first proof that the renderer sounds, then where it is known much more
// exactly. Otherwise ok is false. The proof is that it has counted as much as it can
// have played since Play, or more than before.
func (t *Tracker) Started(s Sample) (startup Startup, ok bool) {
	t.reports = true
	last := t.last
	t.last = s.Rel
	passed := s.Mid().Sub(t.accepted)
	own := startupBy(s.Asked.Sub(t.accepted), s.Answered.Sub(t.accepted), s.Rel, t.clock.resolutionWith(s.Rel))
	if t.moving {
		ok = t.startup.narrow(own, passed)
	} else {
		ok = t.firstSound(s, own, passed, last)
	}
	if !ok {
		return Startup{}, false
	}
	startup = t.startup.report()
	startup.Uncertainty = max(startup.Uncertainty, t.clock.tolerance)
	return startup, true
}

// firstSound reports whether a sample, taken that long after Play, is the first
// proof that the renderer sounds.
func (t *Tracker) firstSound(s Sample, own interval, passed, last time.Duration) bool {
	countsFromPlay := s.Rel <= passed+time.Second
	if countsFromPlay {
		t.startup.wait(own, s.Rel > 0, passed)
	}
	if s.Rel <= 0 || !countsFromPlay && (last == 0 || s.Rel <= last) {
		return false
	}
	if !countsFromPlay {
		t.startup.giveUp(passed)
	}
	t.moving = true
	t.clock.Start(s.Mid())
	return true
}

// Read adds a sample of a renderer that plays and returns a reading, if one is
// complete.
func (t *Tracker) Read(s Sample) (Reading, bool) {
	if !t.moving {
		return Reading{}, false
	}
	return t.clock.Add(s, t.seekEdge)
}
