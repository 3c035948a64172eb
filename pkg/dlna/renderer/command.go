package renderer

import (
	"context"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/poll"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
)

// Play stops what the device plays and plays m. It returns when the device has
// accepted; that it does play is reported by a Transport event. The stream must
// be served before.
func (r *Renderer) Play(ctx context.Context, m Media) error {
	if err := r.command.Take(ctx); err != nil {
		return err
	}
	defer r.command.Release()
	r.commanded(transport.PlayRequested)
	if err := r.start(ctx, m); err != nil {
		r.commanded(transport.PlayFailed)
		return err
	}
	r.commanded(transport.PlayAccepted)
	return nil
}

func (r *Renderer) start(ctx context.Context, m Media) error {
	if err := transport.Clear(ctx, r.transport); err != nil {
		return err
	}
	r.mu.Lock()
	r.playback.Expect(m.URI())
	r.mu.Unlock()
	return transport.Start(ctx, r.transport, m)
}

// Stop ends our stream. It sends nothing where none plays: what the device does
// then is not ours to stop.
func (r *Renderer) Stop(ctx context.Context) error {
	if err := r.command.Take(ctx); err != nil {
		return err
	}
	defer r.command.Release()
	r.mu.Lock()
	phase, _ := r.playback.Phase()
	r.mu.Unlock()
	switch phase {
	case transport.PhaseIdle, transport.PhaseStopping, transport.PhaseStopped:
		return nil
	case transport.PhaseEnding: // it has stopped, and may soon play another's stream
		r.commanded(transport.StopAccepted)
		return nil
	}
	if err := r.transport.Stop(ctx); err != nil {
		return err
	}
	r.commanded(transport.StopAccepted)
	return nil
}

// commanded notes what became of a command of ours.
func (r *Renderer) commanded(in transport.Input) {
	now := time.Now()
	r.mu.Lock()
	if in == transport.PlayAccepted {
		r.position.PlayAccepted(now)
	}
	r.playback.Command(in, now)
	r.mu.Unlock()
	r.wake()
}

// FollowClock has the device asked for its position when its second changes, so
// that Position is more exact than whole seconds: about every second for the
// first two minutes of a Play, some dozen times a minute later. Without it the
// device is asked every few seconds, as at first.
func (r *Renderer) FollowClock(on bool) {
	r.mu.Lock()
	r.position.SeekEdge(on)
	r.mu.Unlock()
	r.wake()
}

// RequestPoll has the device polled now and a few times in the next seconds,
// since it did something: as fetch a stream that has ended. Meanwhile another
// call does nothing.
func (r *Renderer) RequestPoll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.pollRequested) < poll.RequestTime {
		return
	}
	r.pollRequested = time.Now()
	r.wake()
}

// SetVolume turns the volume to level, 0 to 1 of the device's own scale.
func (r *Renderer) SetVolume(ctx context.Context, level float64) error {
	if err := r.volume.Set(ctx, level); err != nil {
		return err
	}
	r.wake()
	return nil
}

// Volume asks for the volume, 0 to 1.
func (r *Renderer) Volume(ctx context.Context) (float64, error) { return r.volume.Level(ctx) }

// VolumeStep is the least by which the volume can be turned, of 0 to 1: that of
// nearly all devices, as long as the device's own is not known.
func (r *Renderer) VolumeStep() float64 { return r.volume.Step() }

// SetMute mutes or unmutes; ErrUnsupported where the device cannot.
func (r *Renderer) SetMute(ctx context.Context, on bool) error {
	if err := r.volume.SetMute(ctx, on); err != nil {
		return err
	}
	r.wake()
	return nil
}
