// Package volume sets the volume of one renderer and detects when the user changed it at
// the renderer: by RenderingControl (versions 1 to 3, InstanceID 0, channel Master) or,
// for a device without it, by OpenHome's Volume.
package volume

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A control is the service of a device that sets its volume, in the device's own
// numbers.
type control interface {
	// service is the one whose events report volume and mute.
	service() upnp.Service
	// scale fails only where the device was not reached.
	scale(ctx context.Context) (scale, error)
	volume(ctx context.Context) (raw int, err error)
	setVolume(ctx context.Context, raw int) error
	mute(ctx context.Context) (on bool, err error)
	setMute(ctx context.Context, on bool) error
}

// A Volume is the volume of one renderer. Levels are 0 to 1 of the device's own scale.
// The zero Volume is for a device without one. It may be used by any goroutine.
type Volume struct {
	control control // nil: the device has none

	mu     sync.Mutex // guards all below
	scale  *scale     // nil: not known yet
	volume tracked
	mute   tracked
}

// New makes the Volume of a device. It sends nothing.
func New(c *conn.Conn, device *upnp.Device) *Volume {
	if svc, ok := device.Service(typeRenderingControl); ok {
		return &Volume{control: &renderingControl{Conn: c, svc: svc}}
	}
	if svc, ok := device.Service(typeOpenHomeVolume); ok {
		return &Volume{control: &openHome{Conn: c, svc: svc}}
	}
	return &Volume{}
}

// EventService is the service whose events report volume and mute; ok is false
// for a device without one.
func (v *Volume) EventService() (svc upnp.Service, ok bool) {
	if v.control == nil {
		return upnp.Service{}, false
	}
	return v.control.service(), true
}

// Present reports whether the device has a volume.
func (v *Volume) Present() bool { return v.control != nil }

// deviceScale is the device's scale, requested once. If the device does not answer, it is
// requested again next time rather than guessed: with a wrong scale it could be loud.
func (v *Volume) deviceScale(ctx context.Context) (scale, error) {
	if v.control == nil {
		return scale{}, fmt.Errorf("renderer: volume: %w", conn.ErrUnsupported)
	}
	v.mu.Lock()
	known := v.scale
	v.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	s, err := v.control.scale(ctx)
	if err != nil {
		return scale{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.scale = &s
	return s, nil
}

// Step is the smallest change of the level; as long as the device's own is unknown, that
// of nearly all devices.
func (v *Volume) Step() float64 {
	s := usualScale
	v.mu.Lock()
	if v.scale != nil {
		s = *v.scale
	}
	v.mu.Unlock()
	return s.step()
}

// Set sets the volume to level.
func (v *Volume) Set(ctx context.Context, level float64) error {
	s, err := v.deviceScale(ctx)
	if err != nil {
		return err
	}
	raw := s.raw(level)
	if err := v.control.setVolume(ctx, raw); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.volume.set(raw, time.Now())
	return nil
}

// Level requests the volume.
func (v *Volume) Level(ctx context.Context) (float64, error) {
	s, err := v.deviceScale(ctx)
	if err != nil {
		return 0, err
	}
	raw, err := v.control.volume(ctx)
	return s.level(raw), err
}

// SetMute mutes or unmutes; ErrUnsupported if the device cannot.
func (v *Volume) SetMute(ctx context.Context, on bool) error {
	s, err := v.deviceScale(ctx)
	if err != nil {
		return err
	}
	if !s.mutes {
		return fmt.Errorf("renderer: SetMute: %w", conn.ErrUnsupported)
	}
	if err := v.control.setMute(ctx, on); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mute.set(bit(on), time.Now())
	return nil
}
