package renderer

import "time"

const (
	// mostSkew is by how much, in a million, two clocks are apart at most: as much
	// as a correction makes good. With less, a device that looks at its own count
	// now and then is found out sooner, but a clock beyond it is never sought again.
	mostSkew = 500
	// leastAllowance is by how much a device may tell its seconds late or
	// early until it is seen to do worse, mostAllowance is the worst.
	leastAllowance = 5 * time.Millisecond
	mostAllowance  = 2 * time.Second
	// coarse is the allowance from which on a device's seconds are not worth
	// seeking. Such a device looks at its own count only now and then, at a pace
	// that is not quite even with the seconds: seen from gmediarender 0.1, each
	// 500.3 ms. The moments of its turns show a drift that is none, and leap
	// back; looks at any time average it out.
	coarse = 100 * time.Millisecond
	// rareLooks is the allowance for one that was found out by that drift.
	rareLooks = 500 * time.Millisecond
	// calmReadings in a row without a contradiction make the allowance less by
	// an eighth; so many at most, where that turned out wrong again and again.
	calmReadings     = 20
	mostCalmReadings = 16 * calmReadings
	// provenReadings without a contradiction show that a device tells its seconds
	// well.
	provenReadings = 20
	// narrow is how narrow a turn is sought, besides what cannot be known: as
	// much as the clocks may come apart between two readings.
	narrow = 8 * time.Millisecond
	// surely is by how much a question is asked beyond the end that it proves:
	// timers are late, and clocks drift meanwhile.
	surely = 2 * time.Millisecond
	// standing so long, a device does not count slowly but has stopped.
	standing = 3 * time.Second
	// mostQuestions are asked for one reading.
	mostQuestions = 12
	// leastApart is the time between two looks at least.
	leastApart = 250 * time.Millisecond
)

// Times between readings: often at first, when there is most to learn.
const (
	earlyTime  = 2 * time.Minute
	middleTime = 10 * time.Minute

	// The two questions of a reading are a second apart.
	middleRest = 3500 * time.Millisecond
	lateRest   = 8500 * time.Millisecond

	// Where nothing is sought, no whole number of seconds.
	earlyEvery = 918 * time.Millisecond
	lateEvery  = 9618 * time.Millisecond
)

// An answer is a position that a device told.
type answer struct {
	stretch
	rel  time.Duration
	over time.Time // when all that is asked with it was answered; zero: nothing else is
}

// A measure is what a reading found, and when.
type measure struct {
	at     time.Time // zero: nothing
	offset span
}

// A secondHand reads the clock of a device that tells how much it has played,
// which most do in whole seconds: it finds the moments in which the second
// turns, by asking near them.
//
// What it looks for is the offset, played less the time by our clock: a
// constant, but for the difference of the clocks. A position R told between
// asked and answered says that the offset is at least R-answered and less than
// R+1s-asked. The question that is asked when the middle of what is left would
// turn halves it. A reading is made when it is narrow, and when fresh answers
// have shown both ends to be true: the device may have stopped for a moment.
//
// A device tells its seconds late or early by a bounded time, the allowance.
// That doubles when answers contradict each other, and goes back slowly.
//
// It reads no clock. It is not safe for concurrent use.
type secondHand struct {
	begun time.Time // when the device began to sound, or went on
	last  time.Time // of the answers
	due   time.Time // when to ask next, by what was answered so far

	rel     time.Duration // as told last
	moved   time.Time     // when it was told first; zero: never
	stopped bool          // that was long ago
	steady  time.Duration // the allowance to return to after a stop or a leap

	grain     time.Duration // of what the device tells
	allowance time.Duration
	trip      time.Duration // that a question and its answer take together

	fresh    span // the offset by the answers since the last reading
	likely   span // the same, and by those before
	asked    int  // questions since the last reading
	calm     int  // readings since the last contradiction
	patience int  // calm readings that make the allowance less

	anchor measure // the first turn that was found since the device leapt

	agreed       int           // narrow readings in a row without a contradiction
	strayed      bool          // answers contradicted each other after the last reading
	offsetBefore time.Duration // what was likely until then
	agreedBefore int           // agreed until then
}

// begin follows the count anew. What is known of the device stays.
func (h *secondHand) begin(now time.Time) {
	*h = secondHand{
		begun: now, last: now, due: now.Add(leastApart),
		grain: h.grain, allowance: max(h.allowance, leastAllowance), trip: h.trip,
		fresh: anywhere, likely: anywhere, calm: h.calm, patience: max(h.patience, calmReadings),
	}
	h.steady = h.allowance
	if h.grain == 0 {
		h.grain = time.Second
	}
}

// seeks reports whether it is worth while to look for the turn of the second.
func (h *secondHand) seeks() bool { return h.grain == time.Second && h.allowance < coarse }

// take takes an answer and gives a reading, if there is one now. Without seek
// each answer is one, as wide as it is.
func (h *secondHand) take(a answer, seek bool) (p Position, ok bool) {
	h.learn(a)
	if h.stands(a) {
		return Position{}, false
	}
	seek = seek && h.seeks()
	own := h.span(a)
	h.drift(a.answered)
	h.asked++
	before := h.likely
	h.fresh, h.likely = h.fresh.and(own), h.likely.and(own)
	contradicted := h.likely.empty()
	if contradicted {
		h.stray(before, own)
	}
	found := own
	switch {
	case !seek, h.asked >= mostQuestions:
		ok = true
	case h.likely.width() <= h.fine() && h.provesHi() && h.provesLo():
		found, ok = h.likely, true
	}
	if ok {
		h.read(found, contradicted)
		at := a.mid()
		p = Position{At: at, Rel: found.mid() + at.Sub(h.begun), Uncertainty: max(found.width(), h.allowance), EdgeDetected: seek}
	}
	h.due = h.plan(a, seek, ok)
	return p, ok
}

// stands reports whether the device has stopped counting, and forgets what
// that looked like: it will go on from another offset.
func (h *secondHand) stands(a answer) bool {
	if h.moved.IsZero() || a.rel != h.rel {
		h.rel, h.moved, h.stopped = a.rel, a.answered, false
		return false
	}
	if a.asked.Sub(h.moved) < standing {
		return false
	}
	if !h.stopped {
		h.stopped = true
		h.forgive()
	}
	h.fresh, h.likely, h.asked = anywhere, anywhere, 0
	h.last, h.due = a.answered, h.plan(a, false, false)
	return true
}

// learn notes how the device answers.
func (h *secondHand) learn(a answer) {
	for h.grain > time.Millisecond && a.rel%h.grain != 0 {
		h.grain /= 10
	}
	if h.trip == 0 {
		h.trip = a.length()
	}
	h.trip += (a.length() - h.trip) / 8
}

// span is the offset by a alone.
func (h *secondHand) span(a answer) span {
	s := span{lo: a.rel - a.answered.Sub(h.begun), hi: a.rel + h.grain - a.asked.Sub(h.begun)}
	return s.wider(h.allowance / 2)
}

// drift lets time pass: the clocks may have come apart.
func (h *secondHand) drift(now time.Time) {
	by := max(now.Sub(h.last), 0) * mostSkew / 1e6
	h.last = now
	h.fresh, h.likely = h.fresh.wider(by), h.likely.wider(by)
}

// stray begins anew after a contradiction of what was likely before.
func (h *secondHand) stray(before, own span) {
	if !h.strayed {
		h.strayed, h.offsetBefore, h.agreedBefore = true, before.mid(), h.agreed
	}
	h.calm, h.agreed, h.asked = 0, 0, 1
	h.allowance = min(2*h.allowance, mostAllowance)
	if h.fresh.empty() {
		h.fresh = own
	}
	h.likely = h.fresh
}

// read ends the search for a reading.
func (h *secondHand) read(found span, contradicted bool) {
	h.fresh, h.asked = anywhere, 0
	if h.strayed && !contradicted {
		h.judge(found.lo-h.offsetBefore, h.offsetBefore-found.hi)
	}
	h.doubt(found)
	h.calm++
	if h.seeks() {
		h.agreed++
	}
	if h.calm >= h.patience {
		h.calm, h.allowance = 0, max(h.allowance-h.allowance/8, leastAllowance)
		h.steady = h.allowance
	}
}

// judge says what a contradiction was, by how far the offset is ahead of where it
// was before, or behind that. Behind, a device that had told its seconds well for
// long has stood still, as one that ran dry does; ahead by more than a second it
// has leapt: neither says anything of how it tells its seconds. Less may come again.
func (h *secondHand) judge(ahead, behind time.Duration) {
	if ahead > time.Second || behind > h.steady && h.agreedBefore >= provenReadings {
		h.forgive()
		return
	}
	h.strayed = false
	h.patience = min(2*h.patience, mostCalmReadings)
	if h.seeks() {
		h.allowance = min(max(h.allowance, ahead, behind), mostAllowance)
	}
	h.steady = h.allowance
}

// forgive takes back what a stop or a leap made of the allowance; not all of
// it where one follows the other: that is no clock.
func (h *secondHand) forgive() {
	h.strayed, h.anchor = false, measure{}
	h.allowance, h.steady = h.steady, min(2*h.steady, mostAllowance)
}

// doubt finds out a device by a drift that no clock has.
func (h *secondHand) doubt(found span) {
	if !h.seeks() {
		h.anchor = measure{}
		return
	}
	if h.anchor.at.IsZero() {
		h.anchor = measure{at: h.last, offset: found}
	}
	most := h.last.Sub(h.anchor.at)*mostSkew/1e6 + h.allowance/2
	if h.anchor.offset.wider(most).and(found).empty() {
		h.allowance = rareLooks
		h.patience = min(2*h.patience, mostCalmReadings)
	}
}

// fine is how narrow it gets.
func (h *secondHand) fine() time.Duration { return h.trip + h.allowance + narrow }

// proof is how near to an end of likely an answer proves it.
func (h *secondHand) proof() time.Duration { return 2*h.trip + h.allowance + 2*surely }

func (h *secondHand) provesHi() bool { return h.fresh.hi <= h.likely.hi+h.proof() }
func (h *secondHand) provesLo() bool { return h.fresh.lo >= h.likely.lo-h.proof() }

// plan is when to ask next.
func (h *secondHand) plan(a answer, seek, told bool) time.Time {
	age := a.answered.Sub(h.begun)
	from := later(a.answered, a.over).Add(leastApart)
	if !seek {
		return later(a.asked.Add(h.every(age)), from)
	}
	switch {
	case !told || age < earlyTime:
		// On with it
	case age < middleTime:
		from = later(a.answered.Add(middleRest), from)
	default:
		from = later(a.answered.Add(lateRest), from)
	}
	wait := -(from.Sub(h.begun) + h.trip/2 + h.aim()) % time.Second
	if wait < 0 {
		wait += time.Second
	}
	return from.Add(wait)
}

// every is the time between two questions where each is a reading.
func (h *secondHand) every(age time.Duration) time.Duration {
	switch {
	case age < earlyTime:
		return earlyEvery
	case age < middleTime || h.grain == time.Second:
		return positionEvery
	}
	return lateEvery
}

// aim is the offset with which a second would turn when the next question is
// at the device: the middle of what is left, then beyond the ends of it.
func (h *secondHand) aim() time.Duration {
	beyond := (h.trip+h.allowance)/2 + surely
	switch {
	case h.asked == 0 || h.likely.width() > h.fine():
		return h.likely.mid()
	case !h.provesHi():
		return h.likely.hi + beyond
	case !h.provesLo():
		return h.likely.lo - beyond
	}
	return h.likely.mid()
}
