package renderer

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// Arguments of RenderingControl:1 section 2.4. Channel is always Master, the
// only one that all devices know.
type (
	channelIn   struct{ InstanceID, Channel string }
	setVolumeIn struct{ InstanceID, Channel, DesiredVolume string }
	setMuteIn   struct{ InstanceID, Channel, DesiredMute string }

	volumeOut struct{ CurrentVolume string }
	muteOut   struct{ CurrentMute string }
)

var master = channelIn{InstanceID: "0", Channel: "Master"}

// A scale is what a device's numbers for volume mean.
type scale struct {
	upnp.Range
	mutes bool // it has SetMute and GetMute
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

// volumeScale is the device's scale, from its SCPD. One that answers nonsense
// has the usual scale; one that does not answer is asked again next time,
// since a wrong scale could be loud.
func (r *Renderer) volumeScale(ctx context.Context) (scale, error) {
	if r.rendering == nil {
		return scale{}, fmt.Errorf("renderer: RenderingControl: %w", ErrUnsupported)
	}
	r.mu.Lock()
	known := r.scale
	r.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	var doc *upnp.SCPD
	err := r.request(ctx, func() (err error) {
		doc, err = r.client.SCPD(ctx, *r.rendering)
		return err
	})
	if err != nil && unreachable(err) {
		return scale{}, fmt.Errorf("renderer: %w", err)
	}
	s := usualScale
	if err == nil {
		s.mutes = doc.HasAction("SetMute") && doc.HasAction("GetMute")
		if allowed, ok := doc.Range("Volume"); ok {
			s.Range = allowed
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scale = &s
	return s, nil
}

// SetVolume turns the volume to level, 0 to 1 of the device's own scale.
func (r *Renderer) SetVolume(ctx context.Context, level float64) error {
	s, err := r.volumeScale(ctx)
	if err != nil {
		return err
	}
	raw := s.raw(level)
	in := setVolumeIn{InstanceID: "0", Channel: "Master", DesiredVolume: strconv.Itoa(raw)}
	if err := r.call(ctx, *r.rendering, "SetVolume", in, nil); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.volume.set(raw, time.Now())
	return nil
}

// Volume asks for the volume, 0 to 1.
func (r *Renderer) Volume(ctx context.Context) (float64, error) {
	s, err := r.volumeScale(ctx)
	if err != nil {
		return 0, err
	}
	raw, err := r.rawVolume(ctx)
	return s.level(raw), err
}

func (r *Renderer) rawVolume(ctx context.Context) (int, error) {
	var out volumeOut
	if err := r.call(ctx, *r.rendering, "GetVolume", master, &out); err != nil {
		return 0, err
	}
	whole, _, _ := strings.Cut(strings.TrimSpace(out.CurrentVolume), ".") // "20.0" has been seen
	raw, err := strconv.ParseInt(whole, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("renderer: GetVolume: %w: %w", upnp.ErrMalformed, err)
	}
	return int(raw), nil
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
	in := setMuteIn{InstanceID: "0", Channel: "Master", DesiredMute: strconv.Itoa(bit(on))}
	if err := r.call(ctx, *r.rendering, "SetMute", in, nil); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mute.set(bit(on), time.Now())
	return nil
}

func (r *Renderer) rawMute(ctx context.Context) (int, error) {
	var out muteOut
	if err := r.call(ctx, *r.rendering, "GetMute", master, &out); err != nil {
		return 0, err
	}
	switch strings.ToLower(strings.TrimSpace(out.CurrentMute)) {
	case "1", "true", "yes":
		return 1, nil
	}
	return 0, nil
}

func bit(on bool) int {
	if on {
		return 1
	}
	return 0
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

// heard takes what the device says and reports whether that is news. slack is
// by how much it may round what it was given.
func (w *watch) heard(raw, slack int, now time.Time) bool {
	if w.known && !w.settled {
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
