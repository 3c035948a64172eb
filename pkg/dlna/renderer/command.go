package renderer

import (
	"context"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/poll"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
)

// Play stops what the device plays and plays m. It returns when the device has accepted
// Play; a Transport event reports that it really plays. The stream must be served
// already.
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

// Stop ends our stream. It sends nothing if our stream does not play: then the device
// may play something else.
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
	case transport.PhaseEnding: // it has stopped, and may soon play the stream of another app
		r.commanded(transport.StopAccepted)
		return nil
	}
	if err := r.transport.Stop(ctx); err != nil {
		return err
	}
	r.commanded(transport.StopAccepted)
	return nil
}

// commanded records the outcome of a command of ours.
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

// FollowClock sets whether the device is polled at the moments at which the second of
// its position changes, so that Position is more exact than whole seconds: about every
// second for the first two minutes after Play, some dozen times a minute later. Without
// it, which is the default, the position is polled every few seconds.
func (r *Renderer) FollowClock(on bool) {
	r.mu.Lock()
	r.position.SeekEdge(on)
	r.mu.Unlock()
	r.wake()
}

// RequestPoll makes Run poll the device now and a few times in the next seconds,
// because it did something, such as fetch a stream that has ended. Further calls in
// that time do nothing.
func (r *Renderer) RequestPoll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.pollRequested) < poll.RequestTime {
		return
	}
	r.pollRequested = time.Now()
	r.wake()
}

// SetVolume sets the volume to level, 0 to 1 of the device's own scale.
func (r *Renderer) SetVolume(ctx context.Context, level float64) error {
	if err := r.volume.Set(ctx, level); err != nil {
		return err
	}
	r.wake()
	return nil
}

// Volume requests the volume, 0 to 1.
func (r *Renderer) Volume(ctx context.Context) (float64, error) { return r.volume.Level(ctx) }

// VolumeStep is the smallest change of the volume, on a scale of 0 to 1; as long as the
// device's own is unknown, that of nearly all devices.
func (r *Renderer) VolumeStep() float64 { return r.volume.Step() }

// SetMute mutes or unmutes; ErrUnsupported if the device cannot.
func (r *Renderer) SetMute(ctx context.Context, on bool) error {
	if err := r.volume.SetMute(ctx, on); err != nil {
		return err
	}
	r.wake()
	return nil
}
