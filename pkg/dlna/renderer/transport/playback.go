package transport

import "time"

const (
	// StartGrace after Play a STOPPED is believed.
	StartGrace = 5 * time.Second
	// EndGrace is how long a STOPPED is not reported: when another control point
	// takes the renderer over, its URI comes after the stop.
	EndGrace = 700 * time.Millisecond
	// StopRest is how long a renderer that we stopped may report that it plays, in
	// events that are late or in the wrong order. It counts, as RetryRest does, from
	// the last move into PhaseStopped: from what was seen of it, not from our Stop.
	StopRest = 2 * time.Second
	// RetryRest is how long one that stopped or went on by itself, or answers again
	// after a silence, may try to get its stream back.
	RetryRest = 10 * time.Second
)

// A URISource is one way in which a renderer reports what it plays.
type URISource uint8

const (
	PolledTrackURI  URISource = iota // TrackURI of GetPositionInfo
	EventedTrackURI                  // CurrentTrackURI in an event
	EventedMediaURI                  // AVTransportURI in an event: the one that was set last
	uriSources
)

// A Move is one of Playback's from a phase to another.
type Move struct {
	From, To Phase
	On       Input
	At       time.Time
}

// Playback is our stream on one renderer: the phase that it is in, and what is
// needed to judge what the renderer reports. It is not safe for concurrent use.
type Playback struct {
	onMove func(Move)

	phase    Phase
	since    time.Time // when phase began
	commands int       // counts ours: what was seen before one is outdated
	accepted time.Time // when Play was accepted
	uri      string    // that was last handed over
	// reportsOurs says which sources have reported uri, so that they are believed
	// when they report another.
	reportsOurs [uriSources]bool
	// rest is how long the renderer has to be at rest before its playing again
	// counts as a press of play.
	rest time.Duration
}

// NewPlayback makes a Playback that calls onMove with each change of its phase.
func NewPlayback(onMove func(Move)) Playback { return Playback{onMove: onMove} }

// Phase is the present one, and since when it is.
func (p *Playback) Phase() (Phase, time.Time) { return p.phase, p.since }

// Accepted is when the renderer accepted the last Play.
func (p *Playback) Accepted() time.Time { return p.accepted }

// Commands counts our commands. Whoever asks the renderer something notes it
// before, for Observe.
func (p *Playback) Commands() int { return p.commands }

// Expect notes what the renderer is given to play.
func (p *Playback) Expect(uri string) { p.uri, p.reportsOurs = uri, [uriSources]bool{} }

// Command notes a command of ours.
func (p *Playback) Command(in Input, now time.Time) {
	p.commands++
	if in == PlayAccepted {
		p.accepted = now
	}
	p.move(in, now)
}

// Observe notes what the renderer was seen doing after so many commands of ours,
// unless there was another since then.
func (p *Playback) Observe(commands int, in Input, now time.Time) Action {
	if commands != p.commands {
		return ActionNone
	}
	if p.phase == PhaseStarting && now.Sub(p.accepted) >= StartGrace {
		p.move(GraceOver, now)
	}
	if p.phase == PhaseEnding && in == SawStopped && now.Sub(p.since) >= EndGrace {
		in = StayedStopped
	}
	return p.move(in, now)
}

// MissedAnswer ends the rest of a renderer that was not seen all the time: it
// may have been switched off, and go on by itself with what it played last.
func (p *Playback) MissedAnswer(now time.Time) { p.move(SawNoAnswer, now) }

// IsForeign reports whether the renderer plays another stream than ours, by one
// source. Many renderers report another URI than the one that they got, or none:
// only a source that has reported ours is believed when it reports another.
func (p *Playback) IsForeign(uri string, by URISource) bool {
	ours := uri == p.uri
	p.reportsOurs[by] = p.reportsOurs[by] || ours
	return p.reportsOurs[by] && !ours
}

// AwaitsPress returns the URI of our last stream, and reports whether the
// renderer has been at rest long enough since, so that its playing that stream
// would mean that somebody pressed play.
func (p *Playback) AwaitsPress(now time.Time) (uri string, ok bool) {
	return p.uri, p.uri != "" && p.phase == PhaseStopped && now.Sub(p.since) >= p.rest
}

// MayResume reports whether the renderer, at rest, may still go on by itself.
func (p *Playback) MayResume(now time.Time) bool {
	return p.phase == PhaseStopped && p.rest == RetryRest && now.Sub(p.since) < RetryRest
}

// move moves the machine.
func (p *Playback) move(in Input, now time.Time) Action {
	from := p.phase
	to, do := next(from, in)
	p.phase = to
	p.setRest(in)
	if from != to {
		p.since = now
		p.onMove(Move{From: from, To: to, On: in, At: now})
	}
	return do
}

// setRest sets the rest that is needed after in. Playing counts in each phase:
// before our Stop, which comes after it, that does not matter, and where it stops
// without one, or plays on in spite of it, it acts by itself.
func (p *Playback) setRest(in Input) {
	switch in {
	case StopAccepted:
		p.rest = StopRest
	case StayedStopped, SawTransitioning, SawPlaying, SawPlayPressed, SawNoAnswer:
		p.rest = RetryRest
	}
}
