package renderer

import (
	"context"
	"time"
)

const (
	// stopTime is how long a device that we stopped may tell that it plays, in
	// events that are late or cross each other. It counts, as retryTime does, from
	// the last move into Resting: from what was seen of it, not from our Stop.
	stopTime = 2 * time.Second
	// retryTime is how long one that stopped or went on by itself, or is back after
	// a silence, may try to get its stream back.
	retryTime = 10 * time.Second
)

// RequestPoll has the device looked at now and a few times in the next seconds: who
// calls saw it do something, as fetch a stream that has ended. Meanwhile another
// call does nothing.
func (r *Renderer) RequestPoll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.poked) < pokeTime {
		return
	}
	r.poked = time.Now()
	r.wakeLocked()
}

// restLocked sets the rest that the device has to take, after s. That it plays
// counts in each phase: before our Stop, which comes after it, that is of no matter,
// and where it stops without one, or plays on in spite of it, it acts by itself.
func (r *Renderer) restLocked(s signal) {
	switch s {
	case signalEnded:
		r.rest = stopTime
	case sawEnded, sawTransitioning, sawPlaying, sawPressed, sawSilent:
		r.rest = retryTime
	}
}

// pressed reports whether s means that somebody pressed play: the device was at
// rest, it is not we who started it, and what it plays is our last stream. That
// is asked for where the device has not told it: to wake a sender that somebody
// has paused, because others play something here, is worse than to miss a press.
func (r *Renderer) pressed(ctx context.Context, s signal, uri string) bool {
	if s != sawPlaying && s != sawTransitioning {
		return false
	}
	ours, rested := r.rested()
	if !rested {
		return false
	}
	if uri == "" {
		ctx, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		var err error
		if uri, err = r.deck.loaded(ctx); err != nil {
			r.log.Debug().Err(err).Msg("renderer: it plays something, and does not say what")
			return false
		}
	}
	return uri == ours
}

// disturb ends the rest of a device that was not seen all the time: it may have
// been switched off, and go on by itself with what it played last.
func (r *Renderer) disturb() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moveLocked(sawSilent)
}

// rested gives the URI of our last stream, and reports whether the device has
// been at rest since.
func (r *Renderer) rested() (uri string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.uri, r.uri != "" && r.phase == phaseResting && time.Since(r.since) >= r.rest
}
