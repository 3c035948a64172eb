package rule

import "strconv"

// Length is how the endless stream states its length.
type Length uint8

const (
	LengthAuto    Length = iota // what the speaker is known or found to take
	LengthNone                  // no Content-Length, ended by close
	LengthChunked               // chunked transfer
	LengthFake                  // a very large Content-Length
)

var lengthNames = []string{"auto", "none", "chunked", "fake"}

// String gives the word of the rule.
func (l Length) String() string { return nameOf(lengthNames, l) }

// A Curve turns the sender's volume into the speaker's.
type Curve uint8

const (
	CurveLinear Curve = iota // the sender's slider is the speaker's
	CurveDB                  // the sender's decibels are the speaker's
)

var curveNames = []string{"linear", "db"}

// String gives the word of the rule.
func (c Curve) String() string { return nameOf(curveNames, c) }

// Takeover says who may take a speaker that plays.
type Takeover uint8

const (
	TakeoverSame   Takeover = iota // the device that has it
	TakeoverNever                  // nobody
	TakeoverAlways                 // anybody
)

var takeoverNames = []string{"same", "never", "always"}

// String gives the word of the rule.
func (t Takeover) String() string { return nameOf(takeoverNames, t) }

// Pause is what a speaker does while the sender pauses.
type Pause uint8

const (
	PauseStop    Pause = iota // it is stopped, and started again
	PauseSilence              // it plays silence, and goes on at once
)

var pauseNames = []string{"stop", "silence"}

// String gives the word of the rule.
func (p Pause) String() string { return nameOf(pauseNames, p) }

// nameOf gives the name at place v, or the number of a value without a name.
func nameOf[T ~uint8](names []string, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return strconv.Itoa(int(v))
}
