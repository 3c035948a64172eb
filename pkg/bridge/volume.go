package bridge

import (
	"context"
	"sync"
	"time"
)

const (
	quietestDB = -30.0  // AirPlay's scale above mute is -30 to 0
	muteDB     = -144.0 // and this is mute
	// defaultLevel is told to a sender as long as the renderer's own volume is
	// not known: a sender shows it, and sets nothing by itself.
	defaultLevel = 0.3
	// levelFresh is how long a volume that was set or heard is not asked for
	// again.
	levelFresh = 3 * time.Second
	// levelTimeout bounds the question: a sender waits for the answer.
	levelTimeout = 500 * time.Millisecond
	// levelEcho is how long after a sender turned the volume what the renderer
	// says may be from before.
	levelEcho = time.Second
)

// levelDB turns a level of 0 to 1 into AirPlay's decibels, which iOS and the
// others lay out linearly along their slider.
func levelDB(level float64) float64 {
	return min(max(level, 0), 1)*-quietestDB + quietestDB
}

// dbLevel is the inverse of levelDB.
func dbLevel(db float64) float64 {
	return (min(max(db, quietestDB), 0) - quietestDB) / -quietestDB
}

// A volume is what is known of a renderer's volume.
type volume struct {
	mu    sync.Mutex // guards below
	level float64    // 0 to 1, once known
	mute  bool
	known time.Time // when level was heard or set; zero: never
	set   time.Time // when a sender set it last; zero: never
}

// turned notes what a sender wants. A mute leaves the level as it was.
func (v *volume) turned(want loudness, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mute, v.set = want.mute, now
	if !want.mute {
		v.level, v.known = want.level, now
	}
}

// heard notes the level that the renderer tells.
func (v *volume) heard(level float64, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now.Sub(v.set) >= levelEcho {
		v.level, v.known = level, now
	}
}

// heardMute notes whether the renderer says that it is muted.
func (v *volume) heardMute(on bool, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now.Sub(v.set) >= levelEcho {
		v.mute = on
	}
}

// now is what is known: fresh says that there is no need to ask.
func (v *volume) now(at time.Time) (is loudness, fresh bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	level := v.level
	if v.known.IsZero() {
		level = defaultLevel
	}
	return loudness{level: level, mute: v.mute}, !v.known.IsZero() && at.Sub(v.known) < levelFresh
}

// volumeDB is the answer to a sender that asks for the volume: the renderer's
// own, so that the sender's slider begins where the sound is.
func (b *Bridge) volumeDB() float64 {
	is, fresh := b.volume.now(time.Now())
	if !fresh {
		ctx, cancel := context.WithTimeout(context.Background(), levelTimeout)
		defer cancel()
		level, err := b.driver.volume(ctx)
		if err == nil {
			b.volume.heard(level, time.Now())
		}
		is, _ = b.volume.now(time.Now())
	}
	if is.mute {
		return muteDB
	}
	return levelDB(is.level)
}
