package renderer

import (
	"context"
	"fmt"
	"time"
)

// Position is how much of the stream the device has played, by its own count.
// ErrUnsupported where it does not count.
func (r *Renderer) Position(ctx context.Context) (time.Duration, error) {
	p, err := r.deck.position(ctx)
	if err != nil {
		return 0, err
	}
	if !p.counts {
		return 0, fmt.Errorf("renderer: position: %w", ErrUnsupported)
	}
	return p.rel, nil
}

// watchPosition looks how far the device has come, and in what.
func (r *Renderer) watchPosition(ctx context.Context) error {
	serial := r.snapshot()
	p, err := r.deck.position(ctx)
	if err != nil {
		return err
	}
	r.hearURI(serial, p.uri, ofPosition)
	r.hearPosition(serial, p)
	return nil
}

// FollowClock has the device asked for its position when its second turns, so
// that Position tells more than whole seconds: about each second for the first
// two minutes of a Play, a good dozen times a minute later. Without it there is
// a look every few seconds, as at first.
func (r *Renderer) FollowClock(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.follows = on
	r.wakeLocked()
}

// hearPosition takes how far the device has come.
func (r *Renderer) hearPosition(serial int, p progress) {
	for _, e := range r.takePosition(serial, p) {
		r.onEvent(e)
	}
}

// takePosition gives what is to be told of it.
func (r *Renderer) takePosition(serial int, p progress) (events []Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if serial != r.serial {
		return nil
	}
	r.counts = p.counts
	if !p.counts {
		return nil
	}
	if at := p.when.mid(); r.soundsLocked(p, at) {
		r.sounding = true
		r.hand.begin(at)
		passed := at.Sub(r.started)
		events = append(events, AudioStarted{After: max(passed-min(p.rel, passed), 0)})
	}
	if !r.sounding || r.phase != phasePlaying {
		return events
	}
	if reading, ok := r.hand.take(answer{stretch: p.when, rel: p.rel, over: time.Now()}, r.follows); ok {
		events = append(events, reading)
	}
	return events
}

// seeksLocked reports whether the position is asked for when its answer tells
// most.
func (r *Renderer) seeksLocked() bool {
	return r.follows && r.counts && r.sounding && r.phase == phasePlaying
}

// soundsLocked reports whether p is the first proof that the device sounds: it
// counts as much as it can have played since Play, or more than before.
func (r *Renderer) soundsLocked(p progress, at time.Time) bool {
	last := r.lastRel
	r.lastRel = p.rel
	if r.sounding || p.rel <= 0 {
		return false
	}
	return p.rel <= at.Sub(r.started)+time.Second || last > 0 && p.rel > last
}

// A witness is one way by which a device tells what it plays.
type witness uint8

const (
	ofPosition  witness = iota // the URI of the track, asked for
	ofTrack                    // the same, told by an event
	ofTransport                // the URI that was last handed over, likewise
	witnesses
)

// hearURI looks whether it is still our stream that plays. Many devices tell
// another URI than the one they got, or none: only a witness that has told
// ours is believed when it tells another.
func (r *Renderer) hearURI(serial int, uri string, by witness) {
	if uri == "" {
		return
	}
	r.mu.Lock()
	ours := uri == r.uri
	r.tellsURI[by] = r.tellsURI[by] || ours
	foreign := r.tellsURI[by] && !ours
	r.mu.Unlock()
	if foreign && r.see(serial, sawForeign) == actionTakenOver {
		r.onEvent(TakenOver{URI: uri})
	}
}
