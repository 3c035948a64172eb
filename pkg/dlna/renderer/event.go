package renderer

import "time"

// An Event is something that happened at the renderer and that nobody here
// ordered: Transport, TakenOver, PlayPressed, AudioStarted, Position, Volume,
// Mute, Lost or Back.
type Event interface{ event() }

// Transport reports that our stream plays, waits, was paused or was stopped.
type Transport struct{ State State }

// Stopped reports whether the stream has ended.
func (t Transport) Stopped() bool { return t.State == Stopped || t.State == NoMedia }

// TakenOver reports that another control point plays something else here.
type TakenOver struct {
	URI string // what it plays
}

// PlayPressed reports, once for each press, that somebody pressed play at the
// device after our stream had ended: it wants the last stream that Play handed
// over, which has ended. A device that does not report what it plays, or is late
// in reporting that it stopped, causes none.
type PlayPressed struct{}

// AudioStarted reports that the device's position moves: the proof that it sounds.
// It is reported again within the next minute, a few times at most, where the
// samples that follow show much more exactly when the sound began. There is none of
// a device that reports no position.
type AudioStarted struct {
	After       time.Duration // between the accepted Play and the first sound, or half of Uncertainty more or less
	Uncertainty time.Duration // the width in which all values are equally likely: up to 0.5 s at first, since few looks are near the moment at which the second changes
}

// Position reports every few seconds how much of our stream the device has
// played by its own count.
type Position struct {
	At          time.Time     // when it was so
	Rel         time.Duration // it had played this much, or half of Uncertainty more or less
	Uncertainty time.Duration // the width in which all values are equally likely: a second for a device that reports whole ones
	// EdgeDetected says that this was measured by the moment at which the second
	// changes, and is narrower. FollowClock asks for that; it ends where a device
	// was found to report its seconds too irregularly.
	EdgeDetected bool
}

// Volume reports the renderer's volume: at first sight and when somebody turned
// it at the speaker.
type Volume struct {
	Level float64 // 0 to 1
}

// Mute reports whether the renderer is muted, as Volume does.
type Mute struct{ On bool }

// Lost reports that the renderer does not answer any more.
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
