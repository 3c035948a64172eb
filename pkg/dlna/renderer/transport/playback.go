package transport

import "time"

const (
	// StartGrace is how long after Play a STOPPED is ignored.
	StartGrace = 5 * time.Second
	// EndGrace is how long a STOPPED is held back: when another control point takes the
	// renderer over, its URI is reported only after the stop.
	EndGrace = 700 * time.Millisecond
	// StopRest is how long a renderer that we stopped may still report that it plays, in
	// events that are late or in the wrong order. Like RetryRest it counts from the last
	// change to PhaseStopped: from what the renderer reported, not from our Stop.
	StopRest = 2 * time.Second
	// RetryRest is how long a renderer that stopped or resumed by itself, or answers
	// again after it did not, may try to get its stream back.
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

// Playback is our stream on one renderer: its phase, and what is needed to interpret
// the reports of the renderer. It is not safe for concurrent use.
type Playback struct {
	onMove func(Move)

	phase    Phase
	since    time.Time // when phase began
	commands int       // number of our commands: reports from before a command are outdated
	accepted time.Time // when Play was accepted
	uri      string    // that we set last
	// reportsOurs is which sources have reported uri: only they are believed when they
	// report another one.
	reportsOurs [uriSources]bool
	// rest is how long the renderer must be at rest until playing again counts as a press
	// of play.
	rest time.Duration
}

// NewPlayback makes a Playback that calls onMove with each change of its phase.
func NewPlayback(onMove func(Move)) Playback { return Playback{onMove: onMove} }

// Phase is the current phase, and since when.
func (p *Playback) Phase() (Phase, time.Time) { return p.phase, p.since }

// Accepted is when the renderer accepted the last Play.
func (p *Playback) Accepted() time.Time { return p.accepted }

// Commands is the number of our commands. It must be read before a request is sent to
// the renderer, and passed to Observe with the answer.
func (p *Playback) Commands() int { return p.commands }

// Expect records the URI that the renderer is about to play.
func (p *Playback) Expect(uri string) { p.uri, p.reportsOurs = uri, [uriSources]bool{} }

// Command records a command of ours.
func (p *Playback) Command(in Input, now time.Time) {
	p.commands++
	if in == PlayAccepted {
		p.accepted = now
	}
	p.move(in, now)
}

// Observe handles what the renderer reported after this many commands of ours, unless
// there was another command since then.
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

// MissedAnswer restarts the rest of a renderer that did not answer: it may have been
// switched off, and may resume by itself what it played last.
func (p *Playback) MissedAnswer(now time.Time) { p.move(SawNoAnswer, now) }

// IsForeign reports whether the renderer plays another stream than ours, according to
// one source. Many renderers report another URI than the one that was set, or none:
// only a source that has reported ours is believed when it reports another.
func (p *Playback) IsForeign(uri string, by URISource) bool {
	ours := uri == p.uri
	p.reportsOurs[by] = p.reportsOurs[by] || ours
	return p.reportsOurs[by] && !ours
}

// AwaitsPress returns the URI of our last stream, and reports whether the renderer has
// been at rest since then for so long that playing that stream again would mean that the
// user pressed play.
func (p *Playback) AwaitsPress(now time.Time) (uri string, ok bool) {
	return p.uri, p.uri != "" && p.phase == PhaseStopped && now.Sub(p.since) >= p.rest
}

// MayResume reports whether the renderer, at rest, may still resume by itself.
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

// setRest sets the rest that is needed after in. SawPlaying counts in each phase: before
// our Stop it does not matter, since Stop sets the rest again; otherwise the renderer
// stops without our Stop, or plays on in spite of it, and so acts by itself.
func (p *Playback) setRest(in Input) {
	switch in {
	case StopAccepted:
		p.rest = StopRest
	case StayedStopped, SawTransitioning, SawPlaying, SawPlayPressed, SawNoAnswer:
		p.rest = RetryRest
	}
}
