package volume

import (
	"context"
	"errors"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// Changes are what the user changed at the renderer, or the first values reported.
type Changes struct {
	Level    float64
	Mute     bool
	HasLevel bool // Level is new
	HasMute  bool // Mute is new
}

// Known says which values an event reported.
type Known struct{ Level, Mute bool }

// Confirmations are those of the last Set and the last SetMute.
func (v *Volume) Confirmations() (volume, mute Confirmation) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.volume.confirmation(), v.mute.confirmation()
}

// PollLevel requests the volume and returns it if it is new. It does nothing for a device
// without a volume.
func (v *Volume) PollLevel(ctx context.Context) (Changes, error) {
	s, err := v.deviceScale(ctx)
	if err != nil {
		return Changes{}, ignoreUnsupported(err)
	}
	raw, err := v.control.volume(ctx)
	if err != nil {
		return Changes{}, err
	}
	return v.noteLevel(s, raw), nil
}

// PollMute requests the mute and returns it if it is new. It does nothing for a device
// that cannot be muted.
func (v *Volume) PollMute(ctx context.Context) (Changes, error) {
	s, err := v.deviceScale(ctx)
	if err != nil || !s.mutes {
		return Changes{}, ignoreUnsupported(err)
	}
	on, err := v.control.mute(ctx)
	if err != nil {
		return Changes{}, err
	}
	return v.noteMute(on), nil
}

func ignoreUnsupported(err error) error {
	if errors.Is(err, conn.ErrUnsupported) {
		return nil
	}
	return err
}

// Note handles the values of an event and returns those that are new. known is which of
// the two were reported in a valid form. It may have to request the scale from the
// device.
func (v *Volume) Note(ctx context.Context, e ParsedEvent) (changes Changes, known Known) {
	if e == (ParsedEvent{}) {
		return Changes{}, Known{}
	}
	s, err := v.deviceScale(ctx)
	if err != nil {
		return Changes{}, Known{}
	}
	if raw, err := parseVolume(e.Volume); err == nil {
		known.Level = true
		changes = v.noteLevel(s, raw)
	}
	if e.Mute != "" && s.mutes {
		known.Mute = true
		mute := v.noteMute(upnp.ParseBool(e.Mute))
		changes.Mute, changes.HasMute = mute.Mute, mute.HasMute
	}
	return changes, known
}

func (v *Volume) noteLevel(s scale, raw int) Changes {
	v.mu.Lock()
	defer v.mu.Unlock()
	return Changes{Level: s.level(raw), HasLevel: v.volume.reported(raw, s.Step, time.Now())}
}

func (v *Volume) noteMute(on bool) Changes {
	v.mu.Lock()
	defer v.mu.Unlock()
	return Changes{Mute: on, HasMute: v.mute.reported(bit(on), 0, time.Now())}
}
