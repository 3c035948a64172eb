package player

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

const (
	// checkStartEvery is how often a start that is not yet verified is looked at.
	checkStartEvery = 500 * time.Millisecond
	// noGETFirst is how long a renderer may take to ask for the stream after it
	// accepted Play. Some never fetch what they do not like; others leave standby
	// meanwhile: so each further format gets noGETMore, and one that has played
	// before noGETKnown.
	noGETFirst = 3 * time.Second
	noGETMore  = 1500 * time.Millisecond
	noGETKnown = 10 * time.Second
	// closedAfter is how long a renderer may leave a stream that it has begun to
	// read: many probe, hang up and come again.
	closedAfter = 1500 * time.Millisecond
	// noPlayingAfter is how long it may buffer before it says PLAYING, and, when
	// it says so, before it has fetched or counted anything. One that goes on
	// fetching is left to it: some Yamahas buffer for 10 s, and to start them anew
	// would never get them going. For as long as fetchesFor only one can that
	// plays and does not say so.
	noPlayingAfter = 8 * time.Second
	fetchesFor     = 20 * time.Second
	// stalledAfter is how long nothing may be fetched by one that plays.
	stalledAfter = 4 * time.Second
	// readsFor is how long a renderer that does not count what it plays must
	// fetch in order to count as playing.
	readsFor = 3 * time.Second
	// leftAfter and stuckAfter are how long one that has played may leave the
	// stream, or take nothing of it: some fetch in bursts.
	leftAfter  = 8 * time.Second
	stuckAfter = 15 * time.Second
	// checkPlayingEvery is how often it is looked at for that.
	checkPlayingEvery = time.Second
	// transientTries is how many refusals that say nothing about the sound are
	// taken for transient before another format is tried.
	transientTries = 2
)

// A startCheck is what has been seen of one start: the evidence that the renderer
// plays, or does not.
type startCheck struct {
	noGET    time.Duration // how long it may take to ask for the stream
	done     bool          // the start is verified: it plays, by all that is known
	accepted time.Time
	playing  time.Time // it said PLAYING
	sounding bool      // its position moves
	read     int64     // bytes, at the last look
	fetched  time.Time // when read last grew, or there was nothing to fetch
	left     time.Time // since when nobody reads what was begun
}

// newStartCheck is that of a start in a format that has played before (known), or in
// the nth that is tried, from 1.
func newStartCheck(known bool, nth int) startCheck {
	if known {
		return startCheck{noGET: noGETKnown}
	}
	return startCheck{noGET: min(noGETFirst+time.Duration(nth-1)*noGETMore, noGETKnown)}
}

// observe notes what the stream shows.
func (c *startCheck) observe(s stream.Stats, now time.Time) {
	if s.BytesRead != c.read || c.read > 0 && s.Behind == 0 {
		c.read, c.fetched = s.BytesRead, now
	}
	switch {
	case s.Readers > 0 || s.FirstByte.IsZero():
		c.left = time.Time{}
	case c.left.IsZero():
		c.left = now
	}
}

// judge says whether the start is verified, or by what evidence it has failed;
// neither while it is too early to say.
func (c *startCheck) judge(now time.Time) (plays bool, failed quirk.Evidence) {
	past := func(since time.Time, d time.Duration) bool { return past(since, d, now) }
	switch {
	case past(c.left, closedAfter):
		return false, quirk.ClosedEarly
	case c.sounding && !c.fetched.IsZero():
		return true, quirk.EvidenceNone
	case past(c.playing, readsFor) && now.Sub(c.fetched) < readsFor:
		return true, quirk.EvidenceNone
	case c.fetched.IsZero() && past(c.accepted, c.noGET):
		return false, quirk.NeverFetched
	case past(c.playing, noPlayingAfter) && past(c.fetched, stalledAfter):
		return false, quirk.NoProgress
	case c.playing.IsZero() && past(c.accepted, noPlayingAfter) && past(c.fetched, stalledAfter):
		return false, quirk.NotPlaying
	case past(c.accepted, fetchesFor) && !c.fetched.IsZero():
		return true, quirk.EvidenceNone
	}
	return false, quirk.EvidenceNone
}

// past reports whether d has gone by since a time that is set.
func past(since time.Time, d time.Duration, now time.Time) bool {
	return !since.IsZero() && now.Sub(since) >= d
}

// ended says why a renderer that has played, and never reported that it stopped,
// plays no more; empty while it seems to play.
func (c *startCheck) ended(now time.Time) (reason string) {
	switch {
	case past(c.left, leftAfter, now):
		return "the speaker fetches its stream no more"
	case c.left.IsZero() && past(c.fetched, stuckAfter, now):
		return "the speaker takes nothing of its stream any more"
	}
	return ""
}

// stopped is the evidence of a renderer that ended its start by itself.
func (c *startCheck) stopped() quirk.Evidence {
	if c.fetched.IsZero() {
		return quirk.NeverFetched
	}
	return quirk.ClosedEarly
}

// refusals are the outcomes of a Play that speak against the stream's format.
var refusals = map[renderer.Evidence]quirk.Evidence{
	renderer.EvidenceRefusedMIME: quirk.RefusedMIME,
	renderer.EvidenceFormat:      quirk.BadFormat,
	renderer.EvidenceNotFound:    quirk.NotFound,
	renderer.EvidenceArguments:   quirk.RefusedOther,
}

// refusal sorts the outcome of a Play after so many failures in a row. What may
// pass by itself, none, is tried again as it was.
func refusal(err error, failures int) quirk.Evidence {
	e := renderer.EvidenceOf(err)
	if e == renderer.EvidenceRefused && failures >= transientTries {
		return quirk.RefusedOther
	}
	return refusals[e]
}
