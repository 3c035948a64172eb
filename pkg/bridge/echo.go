package bridge

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/dacp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
)

const (
	// sliderStepDB is a step of a sender's slider, of which phones have 16.
	sliderStepDB = -quietestDB / 16
	// echoWithin is how long after a volume was sent to a sender it may send that
	// back: the port of its remote control has to be looked up at first.
	echoWithin = 2 * time.Second
	// mostSent bounds what is remembered of it; a device reports 20 events a second.
	mostSent = 64
)

// A Remote steers the sender of one session; *dacp.Remote is one.
type Remote interface {
	Run(ctx context.Context) error
	Send(c dacp.Command) error
	SetVolume(volumeDB float64, mute bool)
}

// A remoteControl is the remote control of a session's sender. It remembers which
// volumes were sent to it: phones send them back, rounded to a step of their slider,
// and would so undo what somebody did at the speaker.
type remoteControl struct {
	Remote

	mu   sync.Mutex   // guards below
	sent []sentVolume // the oldest first
}

// A sentVolume is a volume that was sent to the sender.
type sentVolume struct {
	db   float64 // -30 to 0
	mute bool
	at   time.Time
}

// sendVolume shows the sender how loud its speaker is.
func (c *remoteControl) sendVolume(is player.Loudness, now time.Time) {
	db := levelDB(is.Level)
	c.mu.Lock()
	c.sent = append(c.sent, sentVolume{db, is.Mute, now})
	c.sent = c.sent[max(0, len(c.sent)-mostSent):]
	c.mu.Unlock()
	c.SetVolume(db, is.Mute)
}

// isEcho reports whether a volume of the sender is only one that was sent to it. What
// was sent before that one, it has sent back already or never will.
func (c *remoteControl) isEcho(e raop.Volume, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = slices.DeleteFunc(c.sent, func(t sentVolume) bool { return now.Sub(t.at) >= echoWithin })
	i := slices.IndexFunc(c.sent, func(t sentVolume) bool { return t.mayReturnAs(e) })
	if i < 0 {
		return false
	}
	c.sent = c.sent[i:]
	return true
}

// mayReturnAs reports whether a sender to which v was sent may send e back. The lowest
// place of a slider is a mute to some.
func (v sentVolume) mayReturnAs(e raop.Volume) bool {
	if v.mute {
		return e.Mute
	}
	return math.Abs(e.DB-v.db) <= sliderStepDB
}
