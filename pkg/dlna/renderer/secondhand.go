package renderer

import "time"

const (
	// mostSkew is by how much, in a million, two clocks are apart at most.
	mostSkew = 500
	// leastAllowance is by how much a device may tell its seconds late or
	// early until it is seen to do worse, mostAllowance is the worst.
	leastAllowance = 5 * time.Millisecond
	mostAllowance  = 2 * time.Second
	// coarse is the allowance from which on a device's seconds are not worth
	// seeking. Such a device reads its own clock only now and then, which the
	// moment of a turn shows as a drift that is none; looks at any time average
	// it out.
	coarse = 100 * time.Millisecond
	// calmReadings in a row without a contradiction halve the allowance; so
	// many at most, where that turned out wrong again and again.
	calmReadings     = 60
	mostCalmReadings = 16 * calmReadings
	// narrow is how narrow a turn is sought, besides what cannot be known: as
	// much as the clocks may come apart between two readings.
	narrow = 10 * time.Millisecond
	// surely is by how much a question is asked beyond the end that it proves:
	// timers are late, and clocks drift meanwhile.
	surely = 2 * time.Millisecond
	// mostQuestions are asked for one reading.
	mostQuestions = 12
	// leastApart is the time between two questions at least.
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
	rel time.Duration
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

	grain     time.Duration // of what the device tells
	allowance time.Duration
	trip      time.Duration // that a question and its answer take together

	fresh    span // the offset by the answers since the last reading
	likely   span // the same, and by those before
	asked    int  // questions since the last reading
	calm     int  // readings since the last contradiction
	patience int  // calm readings that halve the allowance

	strayed bool          // answers contradicted each other after the last reading
	before  time.Duration // the offset as it was then
	trusted time.Duration // the allowance as it was then
}

// begin follows the count anew. What is known of the device stays.
func (h *secondHand) begin(now time.Time) {
	*h = secondHand{
		begun: now, last: now, due: now.Add(leastApart),
		grain: h.grain, allowance: max(h.allowance, leastAllowance), trip: h.trip,
		fresh: anywhere, likely: anywhere, calm: h.calm, patience: max(h.patience, calmReadings),
	}
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
	seek = seek && h.seeks()
	own := h.span(a)
	h.drift(a.answered)
	h.asked++
	h.fresh, h.likely = h.fresh.and(own), h.likely.and(own)
	contradicted := h.likely.empty()
	if contradicted {
		h.stray(own)
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
		p = Position{At: at, Rel: found.mid() + at.Sub(h.begun), Within: found.width()}
	}
	h.due = h.plan(a, seek, ok)
	return p, ok
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

// stray begins anew after a contradiction.
func (h *secondHand) stray(own span) {
	if !h.strayed {
		h.strayed, h.before, h.trusted = true, h.likely.mid(), h.allowance
	}
	h.calm = 0
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
		h.judge(max(found.lo-h.before, h.before-found.hi, 0))
	}
	h.calm++
	if h.calm >= h.patience {
		h.calm, h.allowance = 0, max(h.allowance/2, leastAllowance)
	}
}

// judge says what a contradiction was, by how far the offset is from where it
// was before. More than a second, and the device has stood still or leapt,
// which says nothing of how it tells its seconds. Less may come again.
func (h *secondHand) judge(off time.Duration) {
	h.strayed = false
	switch {
	case off > time.Second:
		h.allowance = h.trusted
	case h.seeks() && off > h.allowance:
		h.allowance = off
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
	if !seek {
		return a.asked.Add(h.every(age))
	}
	from := a.answered.Add(leastApart)
	switch {
	case !told || age < earlyTime:
		// On with it
	case age < middleTime:
		from = a.answered.Add(middleRest)
	default:
		from = a.answered.Add(lateRest)
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
