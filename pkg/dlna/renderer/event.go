package renderer

import "time"

// An Event reports something that happened at the renderer without a command of ours:
// Transport, TakenOver, PlayPressed, AudioStarted, Position, Volume, Mute, Lost or
// Back.
type Event interface{ event() }

// Transport reports that our stream plays, is buffering, was paused or was stopped.
type Transport struct{ State State }

// Stopped reports whether the stream has ended.
func (t Transport) Stopped() bool { return t.State == Stopped || t.State == NoMedia }

// TakenOver reports that another control point plays something else here.
type TakenOver struct {
	URI string // what it plays
}

// PlayPressed reports, once for each press, that the user pressed play at the device
// after our stream had ended: the device tries to play our last stream again. There is
// no such event from a device that does not report what it plays, or is late in
// reporting that it stopped.
type PlayPressed struct{}

// AudioStarted reports that the device's position moves, so sound is audible. It is
// reported again within the next minute, a few times at most, if later samples show
// much more exactly when the sound began. There is no such event from a device that
// reports no position.
type AudioStarted struct {
	After       time.Duration // between the accepted Play and the first sound, or half of Uncertainty more or less
	Uncertainty time.Duration // the width in which all values are equally likely: up to 0.5 s at first, since few looks are near the moment at which the second changes
}

// Position reports every few seconds how much of our stream the device has
// played by its own count.
type Position struct {
	At          time.Time     // the moment of the measurement
	Rel         time.Duration // played until then, plus or minus half of Uncertainty
	Uncertainty time.Duration // width of the interval in which all values are equally likely: a second for a device that reports whole seconds
	// EdgeDetected: measured by the moment at which the second changes, and thus more
	// exact. FollowClock enables that; it is not used for a device that was found to
	// report its seconds too irregularly.
	EdgeDetected bool
}

// Volume reports the renderer's volume: once when it is first known, and when the user
// changed it at the speaker.
type Volume struct {
	Level float64 // 0 to 1
}

// Mute reports whether the renderer is muted, as Volume does.
type Mute struct{ On bool }

// Lost reports that the renderer no longer answers.
type Lost struct{ Reason string }

// Back reports that it answers again after Lost.
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
