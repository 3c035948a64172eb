// Package clock measures the clock of a renderer by the play position that it
// reports (RelTime of GetPositionInfo, AVTransport:1 section 2.4.8, or Seconds
// of OpenHome's Time). Most renderers report whole seconds; the PositionClock
// finds the moments at which the second changes by asking near them.
//
// Nothing here sends a request or reads the system's clock.
package clock

import "time"

const (
	// maxSkewPPM is the largest expected difference of two clocks, in parts per
	// million: what the resampler can correct. With a smaller value a renderer that
	// updates its position infrequently would be detected sooner, but one whose clock
	// is further off would never be measured again.
	maxSkewPPM = 500
	// minTolerance is how late or early a renderer may report its seconds at first,
	// before it is found to be less exact; maxTolerance is the upper limit.
	minTolerance = 5 * time.Millisecond
	maxTolerance = 2 * time.Second
	// coarseTolerance is the tolerance from which on the change of the second is not
	// measured. Such a renderer updates its position infrequently, at an interval that
	// is not quite a fraction of a second: gmediarender 0.1 every 500.3 ms. The changes
	// of its second show a drift that does not exist, and then jump back; samples at
	// arbitrary times average that out.
	coarseTolerance = 100 * time.Millisecond
	// infrequentTolerance is the tolerance for one that was detected by that drift.
	infrequentTolerance = 500 * time.Millisecond
	// minCalmReadings in a row without a contradiction reduce the tolerance by an
	// eighth; up to maxCalmReadings are needed if the reduced tolerance was contradicted
	// repeatedly.
	minCalmReadings = 20
	maxCalmReadings = 16 * minCalmReadings
	// trustedReadings in a row without a contradiction show that a renderer
	// reports its seconds on time.
	trustedReadings = 20
	// edgeWidth is how exactly the edge is searched, in addition to the unavoidable
	// error: as much as the clocks may drift apart between two readings.
	edgeWidth = 8 * time.Millisecond
	// beyondEdge is how far beyond an end of the interval the request is sent that
	// confirms it: timers are late, and clocks drift meanwhile.
	beyondEdge = 2 * time.Millisecond
	// stallTime is how long a position may stay the same before the renderer counts as
	// stalled.
	stallTime = 3 * time.Second
	// maxSamples is the most samples for one reading.
	maxSamples = 12
	// MinInterval is the least time between two samples.
	MinInterval = 250 * time.Millisecond
)

// A Sample is a position that a renderer reported.
type Sample struct {
	Asked    time.Time     // when the request was sent
	Answered time.Time     // when its answer arrived
	Done     time.Time     // when all requests of the same poll were answered; zero: there was no other
	Rel      time.Duration // the reported position
}

func (s Sample) roundTrip() time.Duration { return s.Answered.Sub(s.Asked) }

// Mid is the middle between request and answer.
func (s Sample) Mid() time.Time { return s.Asked.Add(s.roundTrip() / 2) }

// A Reading is the position of a renderer at a moment.
type Reading struct {
	At           time.Time     // the moment of the reading
	Rel          time.Duration // played until then, plus or minus half of Uncertainty
	Uncertainty  time.Duration // width of the interval in which all values are equally likely
	EdgeDetected bool          // measured by the change of the second, not by single samples
}

// A measurement is the result of a reading, and its time.
type measurement struct {
	at     time.Time // zero: no result yet
	offset interval
}

// A PositionClock reads the clock of a renderer from its position.
//
// It searches for the offset, which is the position minus the time of our clock: a
// constant, apart from the drift between the clocks. A position R in an answer means
// that the offset is at least R-answered and less than R+1s-asked. The next request is
// sent at the moment at which the second would change if the offset were in the middle
// of that interval: its answer halves the interval. A reading is complete when the
// interval is narrow and recent samples have confirmed both of its ends: the renderer
// may have stopped for a moment.
//
// A renderer reports its seconds late or early by a bounded time, the tolerance.
// It doubles when samples contradict each other, and is reduced slowly.
//
// It is not safe for concurrent use.
type PositionClock struct {
	start      time.Time // when the renderer began to play, or resumed
	lastSample time.Time // when its answer arrived
	due        time.Time // when to request the next sample

	rel           time.Duration // the position as last reported
	relSince      time.Time     // when that was reported first; zero: never
	stalled       bool          // relSince is longer than stallTime ago
	baseTolerance time.Duration // the tolerance to return to after a stop or a jump

	resolution time.Duration // of the reported position
	tolerance  time.Duration
	roundTrip  time.Duration // average from request to answer

	recent  interval // the offset by the samples since the last reading
	offset  interval // the offset by all samples
	samples int      // since the last reading

	calm       int // readings since the last contradiction
	calmNeeded int // calm readings that reduce the tolerance

	reference measurement // the first reading by an edge since the last jump

	consistent       int           // readings by edges in a row without a contradiction
	contradicted     bool          // samples contradicted each other after the last reading
	offsetBefore     time.Duration // the likely offset until then
	consistentBefore int           // consistent until then
}

// Start begins to follow the position again. The tolerance and the like, which are
// properties of the renderer, are kept.
func (c *PositionClock) Start(now time.Time) {
	*c = PositionClock{
		start: now, lastSample: now, due: now.Add(MinInterval),
		resolution: c.resolution, tolerance: max(c.tolerance, minTolerance), roundTrip: c.roundTrip,
		recent: unbounded, offset: unbounded, calm: c.calm, calmNeeded: max(c.calmNeeded, minCalmReadings),
	}
	c.baseTolerance = c.tolerance
	c.resolution = c.resolutionWith(0)
}

// Next is when to request the position next; LastSample is when the last answer
// arrived.
func (c *PositionClock) Next() (due, lastSample time.Time) { return c.due, c.lastSample }

// edgesUseful reports whether measuring the change of the second gives better results
// than single samples.
func (c *PositionClock) edgesUseful() bool {
	return c.resolution == time.Second && c.tolerance < coarseTolerance
}

// Add adds a sample and returns a reading, if one is complete. Without seekEdge each
// sample is a reading, with its own uncertainty.
func (c *PositionClock) Add(s Sample, seekEdge bool) (r Reading, ok bool) {
	c.recordAnswer(s)
	if c.isStalled(s) {
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

// isStalled reports whether the position does not move any more. Then the offset is
// unknown again: after a stall it is another one.
func (c *PositionClock) isStalled(s Sample) bool {
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

// recordAnswer updates the resolution of the position and the average round trip.
func (c *PositionClock) recordAnswer(s Sample) {
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

// age widens the intervals by how much the clocks may have drifted apart since the last
// sample.
func (c *PositionClock) age(now time.Time) {
	by := max(now.Sub(c.lastSample), 0) * maxSkewPPM / 1e6
	c.lastSample = now
	c.recent, c.offset = c.recent.widen(by), c.offset.widen(by)
}

// contradict starts again after a sample whose offset contradicts the earlier ones.
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

// explain finds the cause of a contradiction by comparing the offset with the one
// before. If it is behind, and the renderer had long reported its seconds on time, the
// renderer stopped for a moment, for example because its buffer ran empty. If it is
// ahead by more than a second, the position has jumped. Neither shows how exactly the
// renderer reports its seconds. Smaller differences may happen again, and need the
// tolerance.
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

// restoreTolerance undoes the effect of a stop or a jump on the tolerance; not
// completely if they are frequent: then the position does not follow a clock.
func (c *PositionClock) restoreTolerance() {
	c.contradicted, c.reference = false, measurement{}
	c.tolerance, c.baseTolerance = c.baseTolerance, min(2*c.baseTolerance, maxTolerance)
}

// checkDrift detects a renderer that updates its position infrequently: it shows a
// drift that is too large for a clock.
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

// targetWidth is the width of the offset at which the search ends.
func (c *PositionClock) targetWidth() time.Duration { return c.roundTrip + c.tolerance + edgeWidth }

// confirmMargin is how close to an end of the offset a sample must be to confirm it.
func (c *PositionClock) confirmMargin() time.Duration {
	return 2*c.roundTrip + c.tolerance + 2*beyondEdge
}

func (c *PositionClock) highConfirmed() bool { return c.recent.hi <= c.offset.hi+c.confirmMargin() }
func (c *PositionClock) lowConfirmed() bool  { return c.recent.lo >= c.offset.lo-c.confirmMargin() }
