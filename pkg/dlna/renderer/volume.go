package renderer

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A scale is what a device's numbers for volume mean.
type scale struct {
	upnp.Range
	mutes bool // it can be muted, and tells whether it is
}

// usualScale is that of nearly all devices.
var usualScale = scale{Range: upnp.Range{Min: 0, Max: 100, Step: 1}, mutes: true}

// raw turns a level (0 to 1) into the device's number.
func (s scale) raw(level float64) int {
	level = min(max(level, 0), 1)
	step := min(s.Step, s.Max-s.Min)
	steps := math.Round(level * float64(s.Max-s.Min) / float64(step))
	return min(s.Min+int(steps)*step, s.Max)
}

// level turns the device's number into 0 to 1.
func (s scale) level(raw int) float64 {
	raw = min(max(raw, s.Min), s.Max)
	return float64(raw-s.Min) / float64(s.Max-s.Min)
}

// step is the least change of the level.
func (s scale) step() float64 { return min(1, float64(s.Step)/float64(s.Max-s.Min)) }

// volumeScale is the device's scale. A device that does not answer is asked
// again next time, since a wrong scale could be loud.
func (r *Renderer) volumeScale(ctx context.Context) (scale, error) {
	if r.mixer == nil {
		return scale{}, fmt.Errorf("renderer: volume: %w", ErrUnsupported)
	}
	r.mu.Lock()
	known := r.scale
	r.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	s, err := r.mixer.scale(ctx)
	if err != nil {
		return scale{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scale = &s
	return s, nil
}

// VolumeStep is the least by which the device can be turned, as a part of its whole
// scale: that of nearly all devices, as long as its own is not known.
func (r *Renderer) VolumeStep() float64 {
	s := usualScale
	r.mu.Lock()
	if r.scale != nil {
		s = *r.scale
	}
	r.mu.Unlock()
	return s.step()
}

// SetVolume turns the volume to level, 0 to 1 of the device's own scale.
func (r *Renderer) SetVolume(ctx context.Context, level float64) error {
	s, err := r.volumeScale(ctx)
	if err != nil {
		return err
	}
	raw := s.raw(level)
	if err := r.mixer.setVolume(ctx, raw); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.volume.set(raw, time.Now())
	r.wakeLocked()
	return nil
}

// Volume asks for the volume, 0 to 1.
func (r *Renderer) Volume(ctx context.Context) (float64, error) {
	s, err := r.volumeScale(ctx)
	if err != nil {
		return 0, err
	}
	raw, err := r.mixer.volume(ctx)
	return s.level(raw), err
}

// SetMute mutes or unmutes; ErrUnsupported where the device cannot.
func (r *Renderer) SetMute(ctx context.Context, on bool) error {
	s, err := r.volumeScale(ctx)
	if err != nil {
		return err
	}
	if !s.mutes {
		return fmt.Errorf("renderer: SetMute: %w", ErrUnsupported)
	}
	if err := r.mixer.setMute(ctx, bit(on)); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mute.set(bit(on), time.Now())
	r.wakeLocked()
	return nil
}

func bit(on bool) int {
	if on {
		return 1
	}
	return 0
}

// hearVolume takes the device's number, asked for or told by itself.
func (r *Renderer) hearVolume(s scale, raw int) {
	r.mu.Lock()
	news := r.volume.heard(raw, s.Step, time.Now())
	r.mu.Unlock()
	if news {
		r.onEvent(Volume{Level: s.level(raw)})
	}
}

// hearMute takes whether the device is muted, 1 or 0.
func (r *Renderer) hearMute(raw int) {
	r.mu.Lock()
	news := r.mute.heard(raw, 0, time.Now())
	r.mu.Unlock()
	if news {
		r.onEvent(Mute{On: raw == 1})
	}
}

// echoTime is how long after a command of ours another value is the device on
// its way there, not a hand at the speaker.
const echoTime = time.Second

// A watch tells a number that was turned at the device from the echo of our
// own command. The zero watch knows no number yet.
type watch struct {
	known   bool
	raw     int
	settled bool      // the device was heard since our last command
	setAt   time.Time // of our last command
}

// set notes a command of ours.
func (w *watch) set(raw int, now time.Time) {
	*w = watch{known: true, raw: raw, setAt: now}
}

// settling reports whether our last command was not yet confirmed.
func (w *watch) settling() bool { return w.known && !w.settled }

// heard takes what the device says and reports whether that is news. slack is
// by how much it may round what it was given.
func (w *watch) heard(raw, slack int, now time.Time) bool {
	if w.settling() {
		if now.Sub(w.setAt) < echoTime {
			return false
		}
		w.settled = true
		if raw >= w.raw-slack && raw <= w.raw+slack {
			w.raw = raw
			return false
		}
	}
	news := !w.known || raw != w.raw
	*w = watch{known: true, raw: raw, settled: true}
	return news
}
