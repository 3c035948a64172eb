// Package clock measures the clock of a renderer by the play position that it
// reports (RelTime of GetPositionInfo, AVTransport:1 section 2.4.8, or Seconds
// of OpenHome's Time). Most renderers report whole seconds; the PositionClock
// finds the moments at which the second changes by asking near them.
//
// Nothing here sends a request or reads the system's clock.
package clock

import "time"

const (
	// maxSkewPPM is by how much, in a million, two clocks are apart at most: as
	// much as the resampler corrects. With less, a renderer that updates its
	// position infrequently is detected sooner, but one whose clock is further
	// off would never be measured again.
	maxSkewPPM = 500
	// minTolerance is by how much a renderer may report its seconds late or
	// early until it is seen to do worse; maxTolerance is the worst.
	minTolerance = 5 * time.Millisecond
	maxTolerance = 2 * time.Second
	// coarseTolerance is the tolerance from which on the change of the second is
	// not looked for. Such a renderer updates its position only now and then, at
	// an interval that is not quite even with the seconds: gmediarender 0.1 every
	// 500.3 ms. The changes of its second show a drift that does not exist, and
	// jump back; samples at any time average it out.
	coarseTolerance = 100 * time.Millisecond
	// infrequentTolerance is the tolerance for one that was detected by that drift.
	infrequentTolerance = 500 * time.Millisecond
	// minCalmReadings in a row without a contradiction reduce the tolerance by
	// an eighth; up to maxCalmReadings are needed where the reduced tolerance was
	// contradicted again and again.
	minCalmReadings = 20
	maxCalmReadings = 16 * minCalmReadings
	// trustedReadings in a row without a contradiction show that a renderer
	// reports its seconds on time.
	trustedReadings = 20
	// edgeWidth is how narrow the edge is searched, besides what cannot be known:
	// as much as the clocks may come apart between two readings.
	edgeWidth = 8 * time.Millisecond
	// beyondEdge is by how much a question is asked beyond the end that it
	// confirms: timers are late, and clocks drift meanwhile.
	beyondEdge = 2 * time.Millisecond
	// stallTime is how long a position may stand still before the renderer
	// counts as stopped, not as slow.
	stallTime = 3 * time.Second
	// maxSamples are taken for one reading.
	maxSamples = 12
	// MinInterval is the least time between two samples.
	MinInterval = 250 * time.Millisecond
)

// A Sample is a position that a renderer reported.
type Sample struct {
	Asked    time.Time     // when the question was sent
	Answered time.Time     // when its answer was there
	Done     time.Time     // when everything that was asked with it was answered; zero: nothing else was
	Rel      time.Duration // the reported position
}

func (s Sample) roundTrip() time.Duration { return s.Answered.Sub(s.Asked) }

// Mid is the middle between question and answer.
func (s Sample) Mid() time.Time { return s.Asked.Add(s.roundTrip() / 2) }

// A Reading is the position of a renderer at a moment.
type Reading struct {
	At           time.Time     // when it was so
	Rel          time.Duration // it had played this much, or half of Uncertainty more or less
	Uncertainty  time.Duration // the width in which all values are equally likely
	EdgeDetected bool          // measured by the change of the second, not by single samples
}

// A measurement is what a reading found, and when.
type measurement struct {
	at     time.Time // zero: nothing was found yet
	offset interval
}

// A PositionClock reads the clock of a renderer from its position.
//
// It looks for the offset, which is the position less the time by our clock: a
// constant, but for the difference of the clocks. A position R between asked
// and answered says that the offset is at least R-answered and less than
// R+1s-asked. A question at the moment at which the second would change for the
// middle of that interval halves it. A reading is made when the interval is
// narrow, and when recent samples have confirmed both of its ends: the renderer
// may have stopped for a moment.
//
// A renderer reports its seconds late or early by a bounded time, the tolerance.
// That doubles when samples contradict each other, and goes back slowly.
//
// It is not safe for concurrent use.
type PositionClock struct {
	start      time.Time // when the renderer began to sound, or went on
	lastSample time.Time // when it was answered
	due        time.Time // when to ask next, by the samples so far

	rel           time.Duration // the position as last reported
	relSince      time.Time     // when that was reported first; zero: never
	stalled       bool          // that is long ago
	baseTolerance time.Duration // the tolerance to return to after a stop or a jump

	resolution time.Duration // of the reported position
	tolerance  time.Duration
	roundTrip  time.Duration // average of question and answer together

	recent  interval // the offset by the samples since the last reading
	offset  interval // the same, and by those before
	samples int      // since the last reading

	calm       int // readings since the last contradiction
	calmNeeded int // calm readings that reduce the tolerance

	reference measurement // the first reading by an edge since the last jump

	consistent       int           // readings by edges in a row without a contradiction
	contradicted     bool          // samples contradicted each other after the last reading
	offsetBefore     time.Duration // the likely offset until then
	consistentBefore int           // consistent until then
}

// Start follows the position anew. What is known of how the renderer reports
// stays.
func (c *PositionClock) Start(now time.Time) {
	*c = PositionClock{
		start: now, lastSample: now, due: now.Add(MinInterval),
		resolution: c.resolution, tolerance: max(c.tolerance, minTolerance), roundTrip: c.roundTrip,
		recent: unbounded, offset: unbounded, calm: c.calm, calmNeeded: max(c.calmNeeded, minCalmReadings),
	}
	c.baseTolerance = c.tolerance
	c.resolution = c.resolutionWith(0)
}

// Next is when to ask for the position next; LastSample is when it was last
// answered.
func (c *PositionClock) Next() (due, lastSample time.Time) { return c.due, c.lastSample }

// edgesUseful reports whether it is worth while to look for the change of the
// second.
func (c *PositionClock) edgesUseful() bool {
	return c.resolution == time.Second && c.tolerance < coarseTolerance
}

// Add takes a sample and returns a reading, if there is one now. Without
// seekEdge each sample is one, as wide as it is.
func (c *PositionClock) Add(s Sample, seekEdge bool) (r Reading, ok bool) {
	c.learn(s)
	if c.stands(s) {
		return Reading{}, false
	}
	seekEdge = seekEdge && c.edgesUseful()
	own := c.offsetOf(s)
	c.age(s.Answered)
	c.samples++
	before := c.offset
	c.recent, c.offset = c.recent.intersect(own), c.offset.intersect(own)
	contradicted := c.offset.empty()
	if contradicted {
		c.contradict(before, own)
	}
	found := own
	switch {
	case !seekEdge, c.samples >= maxSamples:
		ok = true
	case c.offset.width() <= c.targetWidth() && c.highConfirmed() && c.lowConfirmed():
		found, ok = c.offset, true
	}
	if ok {
		c.finish(found, contradicted)
		at := s.Mid()
		r = Reading{At: at, Rel: found.mid() + at.Sub(c.start), Uncertainty: max(found.width(), c.tolerance), EdgeDetected: seekEdge}
	}
	c.due = c.plan(s, seekEdge, ok)
	return r, ok
}

// stands reports whether the renderer has stopped counting. Then the offset is
// unknown again: it will go on from another one.
func (c *PositionClock) stands(s Sample) bool {
	if c.relSince.IsZero() || s.Rel != c.rel {
		c.rel, c.relSince, c.stalled = s.Rel, s.Answered, false
		return false
	}
	if s.Asked.Sub(c.relSince) < stallTime {
		return false
	}
	if !c.stalled {
		c.stalled = true
		c.restoreTolerance()
	}
	c.recent, c.offset, c.samples = unbounded, unbounded, 0
	c.lastSample, c.due = s.Answered, c.plan(s, false, false)
	return true
}

// learn notes the resolution and the time of an answer.
func (c *PositionClock) learn(s Sample) {
	c.resolution = c.resolutionWith(s.Rel)
	if c.roundTrip == 0 {
		c.roundTrip = s.roundTrip()
	}
	c.roundTrip += (s.roundTrip() - c.roundTrip) / 8
}

// resolutionWith is the resolution of the positions so far and of rel.
func (c *PositionClock) resolutionWith(rel time.Duration) time.Duration {
	resolution := c.resolution
	if resolution == 0 {
		resolution = time.Second
	}
	for resolution > time.Millisecond && rel%resolution != 0 {
		resolution /= 10
	}
	return resolution
}

// offsetOf is the offset by one sample alone.
func (c *PositionClock) offsetOf(s Sample) interval {
	i := interval{lo: s.Rel - s.Answered.Sub(c.start), hi: s.Rel + c.resolution - s.Asked.Sub(c.start)}
	return i.widen(c.tolerance / 2)
}

// age widens the intervals by what the clocks may have come apart since the
// last sample.
func (c *PositionClock) age(now time.Time) {
	by := max(now.Sub(c.lastSample), 0) * maxSkewPPM / 1e6
	c.lastSample = now
	c.recent, c.offset = c.recent.widen(by), c.offset.widen(by)
}

// contradict begins anew after a sample whose own offset does not fit to the
// one before.
func (c *PositionClock) contradict(before, own interval) {
	if !c.contradicted {
		c.contradicted, c.offsetBefore, c.consistentBefore = true, before.mid(), c.consistent
	}
	c.calm, c.consistent, c.samples = 0, 0, 1
	c.tolerance = min(2*c.tolerance, maxTolerance)
	if c.recent.empty() {
		c.recent = own
	}
	c.offset = c.recent
}

// finish ends the search for a reading.
func (c *PositionClock) finish(found interval, contradicted bool) {
	c.recent, c.samples = unbounded, 0
	if c.contradicted && !contradicted {
		c.explain(found.lo-c.offsetBefore, c.offsetBefore-found.hi)
	}
	c.checkDrift(found)
	c.calm++
	if c.edgesUseful() {
		c.consistent++
	}
	if c.calm >= c.calmNeeded {
		c.calm, c.tolerance = 0, max(c.tolerance-c.tolerance/8, minTolerance)
		c.baseTolerance = c.tolerance
	}
}

// explain decides what a contradiction was, by how far the offset is ahead of
// where it was before, or behind that. Behind: a renderer that had reported its
// seconds on time for long has stood still, as one whose buffer ran empty.
// Ahead by more than a second: it has jumped. Neither says anything of how it
// reports its seconds. Less may come again, and needs the tolerance.
func (c *PositionClock) explain(ahead, behind time.Duration) {
	if ahead > time.Second || behind > c.baseTolerance && c.consistentBefore >= trustedReadings {
		c.restoreTolerance()
		return
	}
	c.contradicted = false
	c.calmNeeded = min(2*c.calmNeeded, maxCalmReadings)
	if c.edgesUseful() {
		c.tolerance = min(max(c.tolerance, ahead, behind), maxTolerance)
	}
	c.baseTolerance = c.tolerance
}

// restoreTolerance takes back what a stop or a jump did to the tolerance; not
// all of it where one follows the other: that is no clock.
func (c *PositionClock) restoreTolerance() {
	c.contradicted, c.reference = false, measurement{}
	c.tolerance, c.baseTolerance = c.baseTolerance, min(2*c.baseTolerance, maxTolerance)
}

// checkDrift detects a renderer that updates its position infrequently by a
// drift that no clock has.
func (c *PositionClock) checkDrift(found interval) {
	if !c.edgesUseful() {
		c.reference = measurement{}
		return
	}
	if c.reference.at.IsZero() {
		c.reference = measurement{at: c.lastSample, offset: found}
	}
	possible := c.lastSample.Sub(c.reference.at)*maxSkewPPM/1e6 + c.tolerance/2
	if c.reference.offset.widen(possible).intersect(found).empty() {
		c.tolerance = infrequentTolerance
		c.calmNeeded = min(2*c.calmNeeded, maxCalmReadings)
	}
}

// targetWidth is how narrow the offset is searched.
func (c *PositionClock) targetWidth() time.Duration { return c.roundTrip + c.tolerance + edgeWidth }

// confirmMargin is how near to an end of the offset a sample confirms it.
func (c *PositionClock) confirmMargin() time.Duration {
	return 2*c.roundTrip + c.tolerance + 2*beyondEdge
}

func (c *PositionClock) highConfirmed() bool { return c.recent.hi <= c.offset.hi+c.confirmMargin() }
func (c *PositionClock) lowConfirmed() bool  { return c.recent.lo >= c.offset.lo-c.confirmMargin() }
