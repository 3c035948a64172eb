package renderer

import (
	"fmt"
	"time"
)

// A State is what a renderer says that it does (AVTransport:1 section
// 2.2.1, TransportState).
type State uint8

const (
	StateUnknown  State = iota // not asked yet, or a word of the vendor's own
	NoMedia                    // NO_MEDIA_PRESENT
	Stopped                    // STOPPED
	Transitioning              // TRANSITIONING
	Playing                    // PLAYING
	Paused                     // PAUSED_PLAYBACK
)

var stateNames = [...]string{"unknown", "no media", "stopped", "transitioning", "playing", "paused"}

// String gives a word for people.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// active reports whether there is something to stop.
func (s State) active() bool { return s == Transitioning || s == Playing || s == Paused }

var stateWords = map[string]State{
	"NO_MEDIA_PRESENT": NoMedia,
	"STOPPED":          Stopped,
	"TRANSITIONING":    Transitioning,
	"PLAYING":          Playing,
	"PAUSED_PLAYBACK":  Paused,
}

// An Event is something that happened at the renderer and that nobody here
// ordered: Transport, TakenOver, PlayPressed, AudioStarted, Position, Volume, Mute,
// Lost or Back.
type Event interface{ event() }

// Transport tells that our sound plays, waits, was paused or was stopped.
type Transport struct{ State State }

// Stopped reports whether the sound has ended.
func (t Transport) Stopped() bool { return t.State == Stopped || t.State == NoMedia }

// TakenOver tells that another control point plays something else here.
type TakenOver struct {
	URI string // what it plays
}

// PlayPressed tells, once for each press, that somebody pressed play at the device
// after our stream had ended: it wants the last stream that Play handed over,
// which it cannot get any more. A device that does not tell what it plays, or
// is late in telling that it stopped, causes none.
type PlayPressed struct{}

// AudioStarted tells, once for each Play, that the device's count of what it has
// played moves: the proof that it sounds. A device that does not count never
// tells.
type AudioStarted struct {
	After time.Duration // between the accepted Play and the first sound, by that count
}

// Position tells every few seconds how much of our stream the device has
// played by its own count.
type Position struct {
	At           time.Time     // when it was so
	Rel          time.Duration // it had played this much, or half of Uncertainty more or less
	Uncertainty  time.Duration // all of it equally likely: a second for a device that tells whole ones, unless its turn was sought
	EdgeDetected bool          // its turn was sought: not any more where it was found to be no clock
}

// Volume tells the renderer's volume: at first sight and when somebody turned
// it at the speaker.
type Volume struct {
	Level float64 // 0 to 1
}

// Mute tells whether the renderer is muted, as Volume does.
type Mute struct{ On bool }

// Lost tells that the renderer does not answer any more.
type Lost struct{ Reason string }

// Back tells that it answers again after Lost.
type Back struct{}

func (Transport) event()    {}
func (TakenOver) event()    {}
func (PlayPressed) event()  {}
func (AudioStarted) event() {}
func (Position) event()     {}
func (Volume) event()       {}
func (Mute) event()         {}
func (Lost) event()         {}
func (Back) event()         {}
