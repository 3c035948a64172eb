package volume

import (
	"context"
	"errors"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/conn"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// Changes are what somebody changed at the renderer, or what it is at first
// sight.
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

// PollLevel asks for the volume and returns it if it is new. A device without a
// volume is not asked.
func (v *Volume) PollLevel(ctx context.Context) (Changes, error) {
	s, err := v.knownScale(ctx)
	if err != nil {
		return Changes{}, ignoreUnsupported(err)
	}
	raw, err := v.control.volume(ctx)
	if err != nil {
		return Changes{}, err
	}
	return v.noteLevel(s, raw), nil
}

// PollMute asks for the mute and returns it if it is new. A device that cannot be
// muted is not asked.
func (v *Volume) PollMute(ctx context.Context) (Changes, error) {
	s, err := v.knownScale(ctx)
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

// Note takes what an event reported and returns what of it is new. known says
// which of the two it reported in a form that can be used. It may have to ask
// the device for its scale.
func (v *Volume) Note(ctx context.Context, e ParsedEvent) (changes Changes, known Known) {
	if e == (ParsedEvent{}) {
		return Changes{}, Known{}
	}
	s, err := v.knownScale(ctx)
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
