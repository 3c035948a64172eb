package transport

import (
	"context"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
)

const (
	// stopTimeout is how long a device may take to stop; then the new URI is set anyway.
	stopTimeout  = 3 * time.Second
	stopInterval = 200 * time.Millisecond
)

// playPauses are the waits before Play is tried again: some devices need a
// moment after SetAVTransportURI, to fetch the first bytes or to wake up.
var playPauses = [...]time.Duration{300 * time.Millisecond, 700 * time.Millisecond, 2 * time.Second}

// Clear stops whatever the device plays and waits until it has stopped: Marantz ignores
// a SetAVTransportURI before that. No Stop is sent to a device without media, which
// would refuse it. If the device refuses to report its state, there is no wait.
func Clear(ctx context.Context, t Transport) error {
	state, err := t.State(ctx)
	if err == nil && state != Stopped && state != NoMedia {
		err = t.Stop(ctx)
	}
	if err == nil && state.active() {
		err = awaitStopped(ctx, t)
	}
	if conn.Answered(err) && state.active() {
		err = t.ClearNext(ctx)
	}
	if conn.Answered(err) {
		return nil
	}
	return err
}

func awaitStopped(ctx context.Context, t Transport) error {
	deadline := time.Now().Add(stopTimeout)
	for {
		state, err := t.State(ctx)
		if err != nil || !state.active() || !time.Now().Before(deadline) {
			return err
		}
		if err := sleep(ctx, stopInterval); err != nil {
			return err
		}
	}
}

// Start sets the URI of m and plays it, after Clear.
func Start(ctx context.Context, t Transport, m media.Media) error {
	if err := load(ctx, t, m); err != nil {
		return err
	}
	return play(ctx, t)
}

// load sets the URI. Panasonic devices stay locked until they get a Stop, whatever state
// they report.
func load(ctx context.Context, t Transport, m media.Media) error {
	err := t.Load(ctx, m)
	if !conn.IsFault(err, FaultLocked, FaultTransition, FaultBusy) {
		return err
	}
	if err := t.Stop(ctx); !conn.Answered(err) {
		return err
	}
	if err := sleep(ctx, stopInterval); err != nil {
		return err
	}
	return t.Load(ctx, m)
}

// play sends Play, repeatedly if the device is not ready yet.
func play(ctx context.Context, t Transport) error {
	for _, pause := range playPauses {
		err := t.Play(ctx)
		notYet := conn.IsFault(err, FaultTransition, FaultLocked, FaultNotFound, FaultInstance)
		if err == nil || (notYet || !conn.IsFault(err)) && playing(ctx, t) {
			return nil
		}
		if !notYet {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
	return t.Play(ctx)
}

// playing reports whether a device plays although Play failed: some play by themselves
// after SetAVTransportURI and then refuse the transition, some answer Play only when the
// stream is over.
func playing(ctx context.Context, t Transport) bool {
	state, err := t.State(ctx)
	return err == nil && state == Playing
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
