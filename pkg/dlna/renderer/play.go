package renderer

import (
	"context"
	"time"
)

const (
	// settleTime is how long a device may take to stop before it gets a new
	// URI anyway.
	settleTime = 3 * time.Second
	settlePoll = 200 * time.Millisecond
)

// playPauses are the waits before Play is tried again: some devices need a
// moment after SetAVTransportURI, to fetch the first bytes or to wake up.
var playPauses = [...]time.Duration{300 * time.Millisecond, 700 * time.Millisecond, 2 * time.Second}

// Play has the device stop what it plays and play m. It returns when the
// device has accepted; that it does play is told by a Transport event. The
// stream must be served before.
func (r *Renderer) Play(ctx context.Context, m Media) error {
	if err := acquire(ctx, r.commandC); err != nil {
		return err
	}
	defer release(r.commandC)
	r.signal(signalPrepare)
	if err := r.replace(ctx, m); err != nil {
		r.signal(signalFailed)
		return err
	}
	r.signal(signalStarted)
	return nil
}

func (r *Renderer) replace(ctx context.Context, m Media) error {
	if err := r.settle(ctx); err != nil {
		return err
	}
	if err := r.load(ctx, m); err != nil {
		return err
	}
	return r.start(ctx)
}

// settle stops the device and waits until it has stopped: Marantz drops a
// SetAVTransportURI that comes before. It spares a device without media the
// Stop, which it would refuse. A device that refuses to tell is taken as it
// is.
func (r *Renderer) settle(ctx context.Context) error {
	state, err := r.transportState(ctx)
	if err == nil && state != Stopped && state != NoMedia {
		err = r.deck.stop(ctx)
	}
	if err == nil && state.active() {
		err = r.awaitStopped(ctx)
	}
	if answered(err) && state.active() {
		err = r.deck.dequeue(ctx)
	}
	if answered(err) {
		return nil
	}
	return err
}

// transportState asks for the state.
func (r *Renderer) transportState(ctx context.Context) (State, error) {
	state, err := r.deck.state(ctx)
	if err != nil {
		return StateUnknown, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state = state
	return state, nil
}

func (r *Renderer) awaitStopped(ctx context.Context) error {
	deadline := time.Now().Add(settleTime)
	for {
		state, err := r.transportState(ctx)
		if err != nil || !state.active() || !time.Now().Before(deadline) {
			return err
		}
		if err := sleep(ctx, settlePoll); err != nil {
			return err
		}
	}
}

// load hands over the URI. A Panasonic stays locked until it got a Stop,
// whatever it says that it does.
func (r *Renderer) load(ctx context.Context, m Media) error {
	r.expect(m.URI())
	err := r.deck.load(ctx, m)
	if !isFault(err, faultLocked, faultTransition, faultBusy) {
		return err
	}
	if err := r.deck.stop(ctx); !answered(err) {
		return err
	}
	if err := sleep(ctx, settlePoll); err != nil {
		return err
	}
	return r.deck.load(ctx, m)
}

// start sends Play, more than once where the device is not yet ready.
func (r *Renderer) start(ctx context.Context) error {
	for _, pause := range playPauses {
		err := r.deck.play(ctx)
		notYet := isFault(err, faultTransition, faultLocked, faultNotFound, faultInstance)
		if err == nil || (notYet || !isFault(err)) && r.playing(ctx) {
			return nil
		}
		if !notYet {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
	return r.deck.play(ctx)
}

// playing reports whether a device plays in spite of what Play came to: some
// play by themselves after SetAVTransportURI and then find no transition left,
// some answer Play when the stream is over.
func (r *Renderer) playing(ctx context.Context) bool {
	state, err := r.transportState(ctx)
	return err == nil && state == Playing
}

// Stop ends our sound. It sends nothing where none plays: what the device
// does then is not ours to stop.
func (r *Renderer) Stop(ctx context.Context) error {
	if err := acquire(ctx, r.commandC); err != nil {
		return err
	}
	defer release(r.commandC)
	switch r.current() {
	case phaseIdle, phaseHalting, phaseResting:
		return nil
	case phaseEnding: // it has stopped, and may soon play another's sound
		r.signal(signalEnded)
		return nil
	}
	if err := r.deck.stop(ctx); err != nil {
		return err
	}
	r.signal(signalEnded)
	return nil
}

// Pause has the device hold. Many cannot hold a live stream and answer with a
// *upnp.Fault.
func (r *Renderer) Pause(ctx context.Context) error {
	if err := acquire(ctx, r.commandC); err != nil {
		return err
	}
	defer release(r.commandC)
	if err := r.deck.pause(ctx); err != nil {
		return err
	}
	r.signal(signalHeld)
	return nil
}

// expect remembers what the device is given to play.
func (r *Renderer) expect(uri string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.uri, r.tellsURI = uri, [witnesses]bool{}
}

// signal moves the machine by a command of ours.
func (r *Renderer) signal(s signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.serial++
	if s == signalStarted {
		r.started, r.sounding, r.counts, r.lastRel = time.Now(), false, false, 0
	}
	r.moveLocked(s)
	r.wakeLocked()
}

// moveLocked moves the machine.
func (r *Renderer) moveLocked(s signal) action {
	from := r.phase
	to, do := next(from, s)
	r.phase = to
	r.restLocked(s)
	if from != to {
		r.since = time.Now()
		if to == phasePlaying {
			r.hand.begin(r.since)
		}
		r.log.Debug().Stringer("from", from).Stringer("to", to).Stringer("because", s).Msg("renderer")
	}
	return do
}

func (r *Renderer) current() phase {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.phase
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
