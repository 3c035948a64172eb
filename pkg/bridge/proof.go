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
	// noGETAfter is how long a renderer may take to ask for the stream after it
	// accepted Play.
	noGETAfter = 4 * time.Second
	// closedAfter is how long a renderer may leave a stream that it has begun to
	// read: many probe, hang up and come again.
	closedAfter = 1500 * time.Millisecond
	// noPlayingAfter is how long it may buffer before it says PLAYING, and, when
	// it says so, before it has fetched or counted anything.
	noPlayingAfter = 8 * time.Second
	// stalledAfter is how long nothing may be fetched by one that plays.
	stalledAfter = 4 * time.Second
	// readsFor is how long a renderer that does not count what it plays must
	// fetch in order to count as playing.
	readsFor = 3 * time.Second
	// transientTries is how many refusals that say nothing about the sound are
	// put down to the renderer's mood before another way is tried.
	transientTries = 2
)

// A proof is what has been seen of one start: the evidence that the renderer
// plays, or does not.
type proof struct {
	done     bool // it plays, by all that is known
	accepted time.Time
	playing  time.Time // it said PLAYING
	sounding bool      // its count of what it played moves
	read     int64     // bytes, at the last look
	moved    time.Time // when read last grew
	left     time.Time // since when nobody reads what was begun
}

// look notes what the stream shows.
func (p *proof) look(s stream.Stats, now time.Time) {
	if s.BytesRead != p.read {
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
	past := func(since time.Time, d time.Duration) bool { return !since.IsZero() && now.Sub(since) >= d }
	switch {
	case past(p.left, closedAfter):
		return false, quirk.EarlyClose
	case p.sounding && !p.moved.IsZero():
		return true, quirk.EvidenceNone
	case past(p.playing, readsFor) && now.Sub(p.moved) < readsFor:
		return true, quirk.EvidenceNone
	case p.moved.IsZero() && past(p.accepted, noGETAfter):
		return false, quirk.NoGET
	case past(p.playing, noPlayingAfter) && past(p.moved, stalledAfter):
		return false, quirk.NoProgress
	case p.playing.IsZero() && past(p.accepted, noPlayingAfter):
		return false, quirk.NoPlaying
	}
	return false, quirk.EvidenceNone
}

// stopped is the evidence of a renderer that ended its start by itself.
func (p *proof) stopped() quirk.Evidence {
	if p.moved.IsZero() {
		return quirk.NoGET
	}
	return quirk.EarlyClose
}

// refusals are the outcomes of a Play that speak against the way it was given.
var refusals = map[renderer.Evidence]quirk.Evidence{
	renderer.EvidenceRefusedMIME: quirk.RefusedMIME,
	renderer.EvidenceFormat:      quirk.Format,
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
