package renderer

import (
	"context"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/clock"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/volume"
)

// pollTimeout bounds one answer.
const pollTimeout = 4 * time.Second

// commands is the number of our commands so far, to be read before the device is
// polled.
func (r *Renderer) commands() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.playback.Commands()
}

// observe records what the device reported after this many commands.
func (r *Renderer) observe(commands int, in transport.Input) transport.Action {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.playback.Observe(commands, in, time.Now())
}

// observeState handles the state, polled or from an event, perhaps with the URI that
// was set last. If the URI is empty but needed, it is requested from the device, which
// takes up to pollTimeout.
func (r *Renderer) observeState(ctx context.Context, commands int, state State, uri string) {
	if r.conn.TakeMissed() {
		r.mu.Lock()
		r.playback.MissedAnswer(time.Now())
		r.mu.Unlock()
	}
	in := transport.InputOf(state)
	if r.isPlayPress(ctx, in, uri) {
		in = transport.SawPlayPressed
	}
	switch r.observe(commands, in) {
	case transport.ActionState:
		r.onEvent(Transport{State: state})
	case transport.ActionPlayPressed:
		r.onEvent(PlayPressed{})
	}
}

// isPlayPress reports whether in means that the user pressed play: the device was at
// rest, we did not start it, and it plays our last stream. If it has not reported what
// it plays, it is asked: to miss a press is better than to resume a paused sender
// because another app plays something here.
func (r *Renderer) isPlayPress(ctx context.Context, in transport.Input, uri string) bool {
	if in != transport.SawPlaying && in != transport.SawTransitioning {
		return false
	}
	r.mu.Lock()
	ours, awaits := r.playback.AwaitsPress(time.Now())
	r.mu.Unlock()
	if !awaits {
		return false
	}
	if uri == "" {
		ctx, cancel := context.WithTimeout(ctx, pollTimeout)
		defer cancel()
		var err error
		if uri, err = r.transport.LoadedURI(ctx); err != nil {
			r.log.Debug().Err(err).Msg("speaker plays something and does not report what")
			return false
		}
	}
	return uri == ours
}

// observeURI checks whether our stream still plays.
func (r *Renderer) observeURI(commands int, uri string, by transport.URISource) {
	if uri == "" {
		return
	}
	r.mu.Lock()
	foreign := r.playback.IsForeign(uri, by)
	r.mu.Unlock()
	if foreign && r.observe(commands, transport.SawForeignURI) == transport.ActionTakenOver {
		r.onEvent(TakenOver{URI: uri})
	}
}

// observePosition handles the position that the device reports.
func (r *Renderer) observePosition(commands int, p transport.Position) {
	for _, e := range r.positionEvents(commands, p) {
		r.onEvent(e)
	}
}

// positionEvents are the events caused by a position.
func (r *Renderer) positionEvents(commands int, p transport.Position) (events []Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if commands != r.playback.Commands() {
		return nil
	}
	if !p.Known {
		r.position.NoPosition()
		return nil
	}
	sample := clock.Sample{Asked: p.Trip.Asked, Answered: p.Trip.Answered, Done: time.Now(), Rel: p.Rel}
	if startup, ok := r.position.Started(sample); ok {
		events = append(events, AudioStarted(startup))
	}
	if phase, _ := r.playback.Phase(); phase != transport.PhasePlaying {
		return events
	}
	if reading, ok := r.position.Read(sample); ok {
		events = append(events, Position(reading))
	}
	return events
}

// observeVolume reports changes of volume and mute.
func (r *Renderer) observeVolume(c volume.Changes) {
	if c.HasLevel {
		r.onEvent(Volume{Level: c.Level})
	}
	if c.HasMute {
		r.onEvent(Mute{On: c.Mute})
	}
}
