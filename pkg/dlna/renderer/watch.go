package renderer

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// lookTime bounds one answer.
	lookTime = 4 * time.Second
	// lostAfter failures in a row the device counts as gone.
	lostAfter = 3
)

// Run watches the device and calls OnEvent until ctx ends.
func (r *Renderer) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, f := range r.feeds {
		group.Go(func() error { return r.follow(ctx, f) })
	}
	group.Go(func() error { return r.watch(ctx) })
	return group.Wait()
}

// watch looks at the device in due time and hears what it tells by itself.
func (r *Renderer) watch(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var asked [looks]time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case n := <-r.noticeC:
			r.hear(ctx, n)
		case <-r.pollC:
			if r.fresh() {
				asked[lookTransport] = time.Time{}
			}
		}
		r.lookAround(ctx, &asked)
		r.reportPresence()
		timer.Reset(r.untilNext(asked))
	}
}

// lookAround asks what is due.
func (r *Renderer) lookAround(ctx context.Context, asked *[looks]time.Time) {
	failing, _ := r.line.failing()
	ask := [looks]func(context.Context) error{
		lookPosition:  r.watchPosition,
		lookTransport: r.watchTransport,
		lookVolume:    r.watchVolume,
		lookMute:      r.watchMute,
	}
	for l := range looks {
		if now := time.Now(); r.due(l, asked[l]).After(now) {
			continue
		}
		asked[l] = time.Now()
		lctx, cancel := context.WithTimeout(ctx, lookTime)
		err := ask[l](lctx)
		cancel()
		if err != nil && unreachable(err) {
			return // the rest would only take its time too
		}
		if failing > 0 {
			r.resubscribe() // it may have restarted and know us no more
			failing = 0
		}
	}
}

// untilNext is the time until the next look is due.
func (r *Renderer) untilNext(asked [looks]time.Time) time.Duration {
	next := never
	for l := range looks {
		next = min(next, time.Until(r.due(l, asked[l])))
	}
	return max(next, 0)
}

// due is when l is to be asked again.
func (r *Renderer) due(l look, asked time.Time) time.Time {
	failures, _ := r.line.failing()
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.paceLocked(failures > 0)
	if p.waits(l) && asked.Before(r.since) {
		asked = r.since
	}
	if p.settling[l] {
		asked = later(asked, r.setAtLocked(l))
	}
	if l == lookPosition && failures == 0 && r.seeksLocked() && !asked.After(r.hand.last) {
		return r.hand.due
	}
	wait := p.every(l)
	if wait == never { // also where it was never asked
		return time.Now().Add(never)
	}
	return asked.Add(wait)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (r *Renderer) setAtLocked(l look) time.Time {
	if l == lookVolume {
		return r.volume.setAt
	}
	return r.mute.setAt
}

func (r *Renderer) paceLocked(failing bool) pace {
	return pace{
		phase:    r.phase,
		inPhase:  time.Since(r.since),
		started:  time.Since(r.started),
		failing:  failing,
		lost:     r.lost,
		told:     r.told,
		doubt:    !r.doubtAt.IsZero(),
		sounding: r.sounding,
		counts:   r.counts,
		mixes:    r.mixer != nil,
		settling: [looks]bool{lookVolume: r.volume.settling(), lookMute: r.mute.settling()},
		poked:    time.Since(r.poked) < pokeTime,
		restless: r.phase == phaseResting && r.rest == retryTime && time.Since(r.since) < retryTime,
	}
}

// fresh reports whether the device was just started and has to be looked at.
func (r *Renderer) fresh() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.phase == phaseStarting && !r.told[lookTransport]
}

func (r *Renderer) watchTransport(ctx context.Context) error {
	serial := r.snapshot()
	state, err := r.transportState(ctx)
	if err != nil {
		return err
	}
	r.compare(state)
	r.hearState(ctx, serial, state, "")
	return nil
}

// hearState takes the state, asked for or told by itself, perhaps with the URI
// that was last handed over. Where that is empty and decides, the device is asked
// for it, for up to lookTime.
func (r *Renderer) hearState(ctx context.Context, serial int, state State, uri string) {
	if r.line.wasSilent() {
		r.disturb()
	}
	s := seen(state)
	if r.pressed(ctx, s, uri) {
		s = sawPressed
	}
	switch r.see(serial, s) {
	case actionReport:
		r.onEvent(Transport{State: state})
	case actionPressed:
		r.onEvent(PlayPressed{})
	}
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
	if r.phase == phaseEnding && s == sawStopped && time.Since(r.since) >= endGrace {
		s = sawEnded
	}
	return r.moveLocked(s)
}

func (r *Renderer) watchVolume(ctx context.Context) error {
	s, err := r.volumeScale(ctx)
	if err != nil {
		return ignoreUnsupported(err)
	}
	raw, err := r.mixer.volume(ctx)
	if err != nil {
		return err
	}
	r.hearVolume(s, raw)
	return nil
}

func (r *Renderer) watchMute(ctx context.Context) error {
	s, err := r.volumeScale(ctx)
	if err != nil || !s.mutes {
		return ignoreUnsupported(err)
	}
	raw, err := r.mixer.mute(ctx)
	if err != nil {
		return err
	}
	r.hearMute(raw)
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
	failures, reason := r.line.failing()
	gone := failures >= lostAfter
	r.mu.Lock()
	changed := gone != r.lost
	r.lost = gone
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
