package player

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	// DefaultLevel is shown to a sender as long as the renderer's own volume is not
	// known.
	DefaultLevel = 0.3
	// levelFresh is how long a volume that was set or reported is not asked for
	// again.
	levelFresh = 3 * time.Second
	// levelEcho is how long after a sender set the volume what the renderer reports
	// may be from before.
	levelEcho = time.Second
	// levelRounding is how far a renderer may be from what it was set to, in its
	// steps; somebody at the speaker moves it further.
	levelRounding = 0.5 + 1e-6
)

// A Volume is what is known of a renderer's volume, on the sender's scale of 0 to 1,
// and sets it. Any goroutine may use it.
type Volume struct {
	driver *driver

	mu       sync.Mutex // guards below
	options  settings.Volume
	level    float64 // once known
	share    float64 // of the group's level, as it was when that was above 0; 0: not known
	muted    bool
	known    time.Time // when level was reported or set; zero: never
	set      time.Time // when a sender set it last; zero: never
	awaiting bool      // the session has not sounded, and nobody has set its volume
}

func newVolume(d *driver) *Volume {
	return &Volume{driver: d, options: settings.Volume{Max: 100}, awaiting: true}
}

// setOptions sets how the renderer may be turned. They stay while it is away, since
// it is turned when it comes back.
func (v *Volume) setOptions(o settings.Volume) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.options = o
}

// awaitSender notes that a session begins.
func (v *Volume) awaitSender() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.awaiting = true
}

// Fixed reports whether senders may not set the volume.
func (v *Volume) Fixed() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.options.Fixed
}

// Set turns the renderer to what a sender wants. A mute leaves the level as it was; a
// fixed volume stays what it is.
func (v *Volume) Set(want Loudness, now time.Time) {
	v.mu.Lock()
	options := v.options
	if options.Fixed {
		v.mu.Unlock()
		return
	}
	v.muted, v.set, v.awaiting = want.Mute, now, false
	if !want.Mute {
		v.level, v.known = want.Level, now
	}
	v.mu.Unlock()
	v.driver.setLoudness(Loudness{Level: rendererLevel(options, want.Level), Mute: want.Mute})
}

// reported takes the level that the renderer reports, 0 to 1 on its own scale, and
// reports whether somebody else than a sender has changed it.
func (v *Volume) reported(level float64, now time.Time) (changed bool) {
	return v.take(level, v.driver.volumeStep(), now)
}

// take is reported for a renderer whose scale has these steps. What a sender set stays
// as exact as it was, where it is the renderer's nearest step.
func (v *Volume) take(reported, step float64, now time.Time) (changed bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now.Sub(v.set) < levelEcho {
		return false
	}
	level, first := senderLevel(v.options, reported), v.known.IsZero()
	v.known = now
	if !first && (level == v.level || math.Abs(reported-rendererLevel(v.options, v.level)) <= levelRounding*step) {
		return false
	}
	v.level, v.share = level, 0
	return !first
}

// reportedMute notes whether the renderer says that it is muted, and reports a
// change that no sender made.
func (v *Volume) reportedMute(on bool, now time.Time) (changed bool) {
	v.driver.muteReported(on)
	v.mu.Lock()
	defer v.mu.Unlock()
	if now.Sub(v.set) < levelEcho || v.muted == on {
		return false
	}
	v.muted = on
	return true
}

// Level is the volume as last known, DefaultLevel before.
func (v *Volume) Level() (level float64, muted bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known.IsZero() {
		return DefaultLevel, v.muted
	}
	return v.level, v.muted
}

// Fresh reports whether the level is known so well that nobody need ask.
func (v *Volume) Fresh(now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return !v.known.IsZero() && now.Sub(v.known) < levelFresh
}

// Ask asks the renderer for its level.
func (v *Volume) Ask(ctx context.Context) {
	if level, err := v.driver.volume(ctx); err == nil {
		v.reported(level, time.Now())
	}
}

// GroupShare is the renderer's share of the level of its group, whose loudest member is
// at loudest. It is kept where all are at 0, or nothing would bring them back.
func (v *Volume) GroupShare(loudest float64) float64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	if loudest > 0 && !v.known.IsZero() {
		v.share = v.level / loudest
	}
	if v.share == 0 && (v.known.IsZero() || loudest == 0) {
		return 1
	}
	return v.share
}

// Start is the level that the first sound of the session has, or of the next session
// while there is none (idle); ok is false where it is the renderer's own.
func (v *Volume) Start(idle bool) (level float64, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	start := v.options.Start
	if v.options.Fixed || !start.Set || !idle && !v.awaiting {
		return 0, false
	}
	return fraction(start.Percent), true
}

// setStartVolume sets the volume that a session's sound begins with.
func (v *Volume) setStartVolume(now time.Time) {
	if level, ok := v.Start(false); ok {
		v.Set(Loudness{Level: level}, now)
	}
}
