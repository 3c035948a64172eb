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
	serial, asked := r.snapshot(), time.Now()
	p, err := r.deck.position(ctx)
	if err != nil {
		return err
	}
	r.hearURI(serial, p.uri, ofPosition)
	r.hearPosition(serial, p, asked.Add(time.Since(asked)/2))
	return nil
}

// hearPosition takes how far the device had come at a time.
func (r *Renderer) hearPosition(serial int, p progress, at time.Time) {
	r.mu.Lock()
	stale := serial != r.serial
	begins := false
	if !stale {
		r.counts = p.counts
		begins = r.soundsLocked(p, at)
		r.sounding = r.sounding || begins
	}
	playing, started := r.phase == phasePlaying, r.started
	r.mu.Unlock()
	if stale || !p.counts {
		return
	}
	if begins {
		r.onEvent(Sounding{After: max(at.Sub(started)-min(p.rel, at.Sub(started)), 0)})
	}
	if playing {
		r.onEvent(Position{At: at, Rel: p.rel})
	}
}

// soundsLocked reports whether p is the first proof that the device sounds: it
// counts as much as it can have played since Play, or more than before.
func (r *Renderer) soundsLocked(p progress, at time.Time) bool {
	last := r.lastRel
	r.lastRel = p.rel
	if r.sounding || !p.counts || p.rel <= 0 {
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
