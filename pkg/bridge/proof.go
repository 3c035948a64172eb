package bridge

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
)

const (
	// proofEvery is how often a start that is not yet proven is looked at.
	proofEvery = 500 * time.Millisecond
	// noGETFirst is how long a renderer may take to ask for the stream after it
	// accepted Play. Some never fetch what they do not like; others leave standby
	// meanwhile: so each further way gets noGETMore, and one that has played
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
	// aliveEvery is how often it is looked at for that.
	aliveEvery = time.Second
	// transientTries is how many refusals that say nothing about the sound are
	// put down to the renderer's mood before another way is tried.
	transientTries = 2
)

// A proof is what has been seen of one start: the evidence that the renderer
// plays, or does not.
type proof struct {
	noGET    time.Duration // how long it may take to ask for the stream
	done     bool          // it plays, by all that is known
	accepted time.Time
	playing  time.Time // it said PLAYING
	sounding bool      // its count of what it played moves
	read     int64     // bytes, at the last look
	moved    time.Time // when read last grew, or there was nothing to read
	left     time.Time // since when nobody reads what was begun
}

// newProof is that of a start in a way that has played before, or in the nth
// that is tried, from 1.
func newProof(known bool, nth int) proof {
	if known {
		return proof{noGET: noGETKnown}
	}
	return proof{noGET: min(noGETFirst+time.Duration(nth-1)*noGETMore, noGETKnown)}
}

// look notes what the stream shows.
func (p *proof) look(s stream.Stats, now time.Time) {
	if s.BytesRead != p.read || p.read > 0 && s.Behind == 0 {
		p.read, p.moved = s.BytesRead, now
	}
	switch {
	case s.Readers > 0 || s.FirstByte.IsZero():
		p.left = time.Time{}
	case p.left.IsZero():
		p.left = now
	}
}

// judge says whether the start is proven, or by what evidence it has failed;
// neither while it is too early to say.
func (p *proof) judge(now time.Time) (plays bool, failed quirk.Evidence) {
	past := func(since time.Time, d time.Duration) bool { return past(since, d, now) }
	switch {
	case past(p.left, closedAfter):
		return false, quirk.ClosedEarly
	case p.sounding && !p.moved.IsZero():
		return true, quirk.EvidenceNone
	case past(p.playing, readsFor) && now.Sub(p.moved) < readsFor:
		return true, quirk.EvidenceNone
	case p.moved.IsZero() && past(p.accepted, p.noGET):
		return false, quirk.NeverFetched
	case past(p.playing, noPlayingAfter) && past(p.moved, stalledAfter):
		return false, quirk.NoProgress
	case p.playing.IsZero() && past(p.accepted, noPlayingAfter) && past(p.moved, stalledAfter):
		return false, quirk.NotPlaying
	case past(p.accepted, fetchesFor) && !p.moved.IsZero():
		return true, quirk.EvidenceNone
	}
	return false, quirk.EvidenceNone
}

// past reports whether d has gone by since a time that is set.
func past(since time.Time, d time.Duration, now time.Time) bool {
	return !since.IsZero() && now.Sub(since) >= d
}

// ended says what speaks against a renderer that has played and never said that
// it stopped; empty while nothing does.
func (p *proof) ended(now time.Time) (why string) {
	switch {
	case past(p.left, leftAfter, now):
		return "the speaker fetches its stream no more"
	case p.left.IsZero() && past(p.moved, stuckAfter, now):
		return "the speaker takes nothing of its stream any more"
	}
	return ""
}

// stopped is the evidence of a renderer that ended its start by itself.
func (p *proof) stopped() quirk.Evidence {
	if p.moved.IsZero() {
		return quirk.NeverFetched
	}
	return quirk.ClosedEarly
}

// refusals are the outcomes of a Play that speak against the way it was given.
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
