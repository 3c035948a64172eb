package renderer

import (
	"context"
	"errors"
	"strings"
	"time"
)

const (
	// startTime after Play the device is looked at often, startGrace after it
	// a STOPPED is believed.
	startTime  = 10 * time.Second
	startGrace = 5 * time.Second

	startPoll = time.Second
	playPoll  = 3 * time.Second
	idlePoll  = 30 * time.Second // only to see that it lives, and its volume
	retryPoll = 2 * time.Second  // after a failure
	lostPoll  = 10 * time.Second

	// levelPoll spaces the questions for volume, mute and URI.
	levelPoll = 3 * time.Second
	// pollTime bounds one answer.
	pollTime = 4 * time.Second
	// lostAfter failures in a row the device counts as gone.
	lostAfter = 3
)

// Run watches the device and calls OnEvent until ctx ends.
func (r *Renderer) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var levelsAt time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-r.pollC:
		}
		levels := time.Since(levelsAt) >= levelPoll
		if levels {
			levelsAt = time.Now()
		}
		r.poll(ctx, levels)
		r.reportPresence()
		timer.Reset(r.pause(time.Now()))
	}
}

// poll asks for the state and, with levels, for all else.
func (r *Renderer) poll(ctx context.Context, levels bool) {
	asks := []func(context.Context) error{r.watchTransport}
	if levels {
		asks = append(asks, r.watchURI, r.watchVolume, r.watchMute)
	}
	for _, ask := range asks {
		actx, cancel := context.WithTimeout(ctx, pollTime)
		err := ask(actx)
		cancel()
		if err != nil && unreachable(err) {
			return // the rest would only take its time too
		}
	}
}

// pause is the wait until the next poll.
func (r *Renderer) pause(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.stats.Lost:
		return lostPoll
	case r.failures > 0:
		return retryPoll
	}
	switch r.phase {
	case phaseIdle, phaseUnsure:
		return idlePoll
	case phasePreparing, phaseStarting:
		return startPoll
	default:
		if now.Sub(r.started) < startTime {
			return startPoll
		}
		return playPoll
	}
}

func (r *Renderer) watchTransport(ctx context.Context) error {
	serial := r.snapshot()
	state, err := r.transportState(ctx)
	if err != nil {
		return err
	}
	if r.see(serial, seen(state)) == actionReport {
		r.onEvent(Transport{State: state})
	}
	return nil
}

// seen is the signal of a state; a word of the vendor's own says nothing.
func seen(s State) signal {
	switch s {
	case Stopped, NoMedia:
		return sawStopped
	case Transitioning:
		return sawTransitioning
	case Playing:
		return sawPlaying
	case Paused:
		return sawPaused
	}
	return signalNone
}

// snapshot is the number of our commands so far.
func (r *Renderer) snapshot() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.serial
}

// see moves the machine by something seen, unless one of our commands came
// between the question and now.
func (r *Renderer) see(serial int, s signal) action {
	r.mu.Lock()
	defer r.mu.Unlock()
	if serial != r.serial {
		return actionNone
	}
	if r.phase == phaseStarting && time.Since(r.started) >= startGrace {
		r.moveLocked(signalGraceOver)
	}
	return r.moveLocked(s)
}

// watchURI looks whether it is still our stream that plays. Many devices tell
// another URI than the one they got, or none: only one that has told ours is
// believed when it tells another.
func (r *Renderer) watchURI(ctx context.Context) error {
	if r.current() != phasePlaying {
		return nil
	}
	serial := r.snapshot()
	out, err := r.position(ctx)
	uri := strings.TrimSpace(out.TrackURI)
	if err != nil || uri == "" {
		return err
	}
	r.mu.Lock()
	ours := uri == r.uri
	r.tellsURI = r.tellsURI || ours
	foreign := r.tellsURI && !ours
	r.mu.Unlock()
	if foreign && r.see(serial, sawForeign) == actionTakenOver {
		r.onEvent(TakenOver{URI: uri})
	}
	return nil
}

func (r *Renderer) watchVolume(ctx context.Context) error {
	s, err := r.volumeScale(ctx)
	if err != nil {
		return ignoreUnsupported(err)
	}
	raw, err := r.rawVolume(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	news := r.volume.heard(raw, s.Step, time.Now())
	r.mu.Unlock()
	if news {
		r.onEvent(Volume{Level: s.level(raw)})
	}
	return nil
}

func (r *Renderer) watchMute(ctx context.Context) error {
	s, err := r.volumeScale(ctx)
	if err != nil || !s.mutes {
		return ignoreUnsupported(err)
	}
	raw, err := r.rawMute(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	news := r.mute.heard(raw, 0, time.Now())
	r.mu.Unlock()
	if news {
		r.onEvent(Mute{On: raw == 1})
	}
	return nil
}

func ignoreUnsupported(err error) error {
	if errors.Is(err, ErrUnsupported) {
		return nil
	}
	return err
}

// reportPresence tells when the device went and came.
func (r *Renderer) reportPresence() {
	r.mu.Lock()
	gone, reason := r.failures >= lostAfter, r.reason
	changed := gone != r.stats.Lost
	if changed {
		r.stats.Lost = gone
	}
	r.mu.Unlock()
	switch {
	case !changed: // Nothing new
	case gone:
		r.log.Info().Str("because", reason).Msg("renderer: does not answer")
		r.onEvent(Lost{Reason: reason})
	default:
		r.log.Info().Msg("renderer: answers again")
		r.onEvent(Back{})
	}
}
