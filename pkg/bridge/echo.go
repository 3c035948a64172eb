package bridge

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
)

const (
	// sliderDB is a step of a sender's slider, of which phones have 16.
	sliderDB = -quietestDB / 16
	// echoTime is how long after a sender was told a volume it may send that back:
	// the port of its remote control has to be looked up at first.
	echoTime = 2 * time.Second
	// mostTold bounds what is remembered of it; a device tells 20 events a second.
	mostTold = 64
)

// A control is the remote control of a session's sender. It remembers which volumes
// the sender was told: phones send them back, rounded to a step of their slider, and
// would so undo what a hand did at the speaker.
type control struct {
	Remote

	mu   sync.Mutex // guards below
	told []telling  // the oldest first
}

// A telling is a volume that the sender was told.
type telling struct {
	db   float64 // -30 to 0
	mute bool
	at   time.Time
}

// tell tells the sender how loud its speaker is.
func (c *control) tell(is loudness, now time.Time) {
	db := levelDB(is.level)
	c.mu.Lock()
	c.told = append(c.told, telling{db, is.mute, now})
	c.told = c.told[max(0, len(c.told)-mostTold):]
	c.mu.Unlock()
	c.SetVolume(db, is.mute)
}

// echoes reports whether a volume of the sender is only what it was told. What it
// was told before that, it has sent back already or never will.
func (c *control) echoes(e raop.Volume, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = slices.DeleteFunc(c.told, func(t telling) bool { return now.Sub(t.at) >= echoTime })
	i := slices.IndexFunc(c.told, func(t telling) bool { return t.echo(e) })
	if i < 0 {
		return false
	}
	c.told = c.told[i:]
	return true
}

// echo reports whether a sender that was told t may send e back. The lowest place of
// a slider is a mute to some.
func (t telling) echo(e raop.Volume) bool {
	if t.mute {
		return e.Mute
	}
	return math.Abs(e.DB-t.db) <= sliderDB
}
