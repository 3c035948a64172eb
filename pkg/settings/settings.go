// Package settings defines everything about a speaker that a user can set: the
// types, the bounds, and one table with a row for each setting. A row has the
// environment variable of the setting, its key in BREEZEWAY_RULES, its parser and its
// documentation; package config and package rule are both built on it.
//
// The name of the variable is in the tag of the field as well, for the library
// github.com/caarlos0/env with which package config reads the environment. A test of
// package config compares the tags with the table.
//
// To add a setting, add a field to Speaker and a row to the table, then use the
// field where the sound is played. The effects of settings are not part of this
// package.
package settings

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// A Speaker is how one speaker is offered to senders and played on. It can be
// compared with ==.
type Speaker struct {
	Offer      Offer
	Rename     string        // its AirPlay name; empty: its own name in BREEZEWAY_NAME_FORMAT
	Codec      audio.Codec   `env:"BREEZEWAY_CODEC"`       // CodecUnknown: the best one that the speaker supports
	FLACBlock  int           `env:"BREEZEWAY_FLAC_BLOCK"`  // frames in a block of FLAC
	MP3Bitrate Bitrate       `env:"BREEZEWAY_MP3_BITRATE"` // kbit/s
	Length     Length        `env:"BREEZEWAY_HTTP_LENGTH"`
	Latency    time.Duration `env:"BREEZEWAY_LATENCY"` // how long a lost packet is waited for
	Preroll    time.Duration `env:"BREEZEWAY_PREROLL"` // silence sent ahead of the sound; 0: what the speaker is known to need
	Delay      time.Duration // how much later than the rest of its group it plays
	Sync       bool          `env:"BREEZEWAY_SYNC"`  // play at the time that the sender expects
	Drift      AutoOff       `env:"BREEZEWAY_DRIFT"` // follow the clock of the speaker
	Pause      Pause         `env:"BREEZEWAY_PAUSE"`
	Takeover   Takeover      `env:"BREEZEWAY_TAKEOVER"`
	Volume     Volume
	SkipNative AutoOff `env:"BREEZEWAY_SKIP_NATIVE"` // do not offer the speaker if it supports AirPlay itself
	Password   Secret  `env:"BREEZEWAY_PASSWORD"`    // that senders must send; empty: none
	Artwork    bool    // send the speaker the address of the cover picture
	Restore    bool    // Sonos: return to the television or line input after playing
}

// A Bitrate is in kbit/s.
type Bitrate int

// An AutoOff is true for "auto", and false for "off".
type AutoOff bool

// A Volume is how the sender's volume is converted to the speaker's. Percentages are of the
// speaker's range.
type Volume struct {
	Min   int         `env:"BREEZEWAY_VOLUME_MIN"` // at the sender's lowest step above mute
	Max   int         `env:"BREEZEWAY_VOLUME_MAX"` // at the sender's highest
	Start StartVolume `env:"BREEZEWAY_VOLUME_START"`
	Curve VolumeCurve `env:"BREEZEWAY_VOLUME_CURVE"`
	Fixed bool        `env:"BREEZEWAY_VOLUME_FIXED"` // senders do not change the speaker's volume
}

// A StartVolume is what the speaker is set to when a sender begins to play; the
// zero value leaves it as it is.
type StartVolume struct {
	Percent int // on the sender's scale
	Set     bool
}

// Default is a Speaker for which nothing is set.
func Default() Speaker {
	var s Speaker
	for _, row := range Table {
		if err := row.setDefault(&s); err != nil {
			panic("settings: default of " + row.Variable + row.Key + ": " + err.Error())
		}
	}
	return s
}
