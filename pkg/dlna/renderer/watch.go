package renderer

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/poll"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/volume"
)

// lostAfter is how many failures in a row mean that the device is lost.
const lostAfter = 3

// Run watches the device and calls OnEvent until ctx ends.
func (r *Renderer) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range r.subscriptions {
		group.Go(func() error { return r.subscribe(ctx, s) })
	}
	group.Go(func() error { return r.watch(ctx) })
	return group.Wait()
}

// A pollTimes is when each question was last polled.
type pollTimes [poll.Questions]time.Time

// watch polls the device when it is due and handles its events.
func (r *Renderer) watch(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var asked pollTimes
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case n := <-r.noticeC:
			r.observeEvent(ctx, n)
		case <-r.wakeC:
			if r.justStarted() {
				asked[poll.AskState] = time.Time{}
			}
		}
		r.pollDue(ctx, &asked)
		r.reportLost()
		timer.Reset(r.untilNext(asked))
	}
}

// pollDue polls the questions that are due.
func (r *Renderer) pollDue(ctx context.Context, asked *pollTimes) {
	failures, _ := r.conn.Failing()
	ask := [poll.Questions]func(context.Context) error{
		poll.AskPosition: r.pollPosition,
		poll.AskState:    r.pollState,
		poll.AskVolume:   r.pollLevel(r.volume.PollLevel),
		poll.AskMute:     r.pollLevel(r.volume.PollMute),
	}
	for q := range poll.Questions {
		if now := time.Now(); r.due(q, asked[q]).After(now) {
			continue
		}
		asked[q] = time.Now()
		qctx, cancel := context.WithTimeout(ctx, pollTimeout)
		err := ask[q](qctx)
		cancel()
		if err != nil && conn.Unreachable(err) {
			return // the others would wait for a timeout as well
		}
		if failures > 0 {
			r.resubscribe() // it may have restarted and forgotten the subscriptions
			failures = 0
		}
	}
}

// untilNext is the time until the next question is due.
func (r *Renderer) untilNext(asked pollTimes) time.Duration {
	next := poll.Never
	for q := range poll.Questions {
		next = min(next, time.Until(r.due(q, asked[q])))
	}
	return max(next, 0)
}

// due is when q is to be polled again.
func (r *Renderer) due(q poll.Question, asked time.Time) time.Time {
	failures, _ := r.conn.Failing()
	var confirmations [poll.Questions]volume.Confirmation
	confirmations[poll.AskVolume], confirmations[poll.AskMute] = r.volume.Confirmations()
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	c := r.conditionsLocked(now)
	c.Failing = failures > 0
	for of, confirmation := range confirmations {
		c.Confirming[of] = confirmation.Pending
	}
	if _, since := r.playback.Phase(); c.FromPhaseStart(q) && asked.Before(since) {
		asked = since
	}
	if own := confirmations[q]; own.Pending && asked.Before(own.Sent) {
		asked = own.Sent
	}
	at, planned := r.position.Planned(asked)
	if q == poll.AskPosition && planned && failures == 0 && c.Phase == transport.PhasePlaying {
		return at
	}
	interval := c.Interval(q)
	if interval == poll.Never { // also if it was never polled
		return now.Add(poll.Never)
	}
	return asked.Add(interval)
}

func (r *Renderer) conditionsLocked(now time.Time) poll.Conditions {
	phase, since := r.playback.Phase()
	return poll.Conditions{
		Phase:       phase,
		InPhase:     now.Sub(since),
		SincePlay:   now.Sub(r.playback.Accepted()),
		Unreachable: r.lost,
		Evented:     r.events.Evented(),
		Doubt:       r.events.Doubt(),
		Moving:      r.position.Moving(),
		Counts:      r.position.Reports(),
		HasVolume:   r.volume.Present(),
		Requested:   now.Sub(r.pollRequested) < poll.RequestTime,
		MayResume:   r.playback.MayResume(now),
	}
}

// justStarted reports whether the device was just started and must be polled at once.
func (r *Renderer) justStarted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	phase, _ := r.playback.Phase()
	return phase == transport.PhaseStarting && !r.events.Evented()[poll.AskState]
}

func (r *Renderer) pollPosition(ctx context.Context) error {
	commands := r.commands()
	p, err := r.transport.Position(ctx)
	if err != nil {
		return err
	}
	r.observeURI(commands, p.URI, transport.PolledTrackURI)
	r.observePosition(commands, p)
	return nil
}

func (r *Renderer) pollState(ctx context.Context) error {
	commands := r.commands()
	state, err := r.transport.State(ctx)
	if err != nil {
		return err
	}
	r.checkEvents(state)
	r.observeState(ctx, commands, state, "")
	return nil
}

// pollLevel is a poll of volume or mute.
func (r *Renderer) pollLevel(ask func(context.Context) (volume.Changes, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		changes, err := ask(ctx)
		r.observeVolume(changes)
		return err
	}
}

// checkEvents compares the polled state with what the events reported, and subscribes
// again if they missed a change.
func (r *Renderer) checkEvents(polled State) {
	r.mu.Lock()
	missed := r.events.Polled(polled, time.Now())
	reliable := r.events.Reliable()
	r.mu.Unlock()
	if !missed {
		return
	}
	if !reliable {
		r.log.Info().Msg("the speaker's events are not reliable; it is polled instead")
	}
	r.resubscribe()
}

// reportLost reports when the device stopped and began to answer.
func (r *Renderer) reportLost() {
	failures, reason := r.conn.Failing()
	lost := failures >= lostAfter
	r.mu.Lock()
	changed := lost != r.lost
	r.lost = lost
	r.mu.Unlock()
	switch {
	case !changed: // Nothing new
	case lost:
		r.log.Info().Str("reason", reason).Msg("speaker does not answer")
		r.onEvent(Lost{Reason: reason})
	default:
		r.log.Info().Msg("speaker answers again")
		r.onEvent(Back{})
	}
}
