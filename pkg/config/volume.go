package config

import (
	"errors"
	"strconv"
)

// StartVolume is what a speaker is set to when a sender's sound begins; its zero
// value leaves the speaker as it is.
type StartVolume struct {
	Percent int
	Set     bool
}

// UnmarshalText reads a number.
func (v *StartVolume) UnmarshalText(text []byte) error {
	percent, err := strconv.Atoi(string(text))
	if err != nil {
		return errors.New("not a whole number")
	}
	*v = StartVolume{Percent: percent, Set: true}
	return nil
}

// A VolumeCurve turns the sender's volume into the speaker's.
type VolumeCurve uint8

const (
	VolumeLinear VolumeCurve = iota // slider for slider
	VolumeDB                        // decibel for decibel
)

var volumeCurveNames = []string{"linear", "db"}

// String gives the name that the variable takes.
func (c VolumeCurve) String() string { return nameOf(volumeCurveNames, c) }

// UnmarshalText reads a name in any case.
func (c *VolumeCurve) UnmarshalText(text []byte) error { return choose(c, volumeCurveNames, text) }
