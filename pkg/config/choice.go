package config

import (
	"errors"
	"strconv"
	"strings"
)

// A Codec is what is sent to speakers.
type Codec uint8

const (
	CodecAuto Codec = iota // the best that the speaker says it takes
	CodecFLAC
	CodecWAV
	CodecL16
	CodecMP3
)

var codecNames = []string{"auto", "flac", "wav", "l16", "mp3"}

// String gives the name that the variable takes.
func (c Codec) String() string { return nameOf(codecNames, c) }

// UnmarshalText reads a name in any case.
func (c *Codec) UnmarshalText(text []byte) error { return choose(c, codecNames, text) }

// MP3Bitrate is the bitrate of an MP3 stream.
type MP3Bitrate uint8

const (
	MP3Bitrate320 MP3Bitrate = iota
	MP3Bitrate256
	MP3Bitrate192
	MP3Bitrate128
)

var mp3BitrateNames = []string{"320", "256", "192", "128"}

// Kbps is the bitrate in kbit/s.
func (b MP3Bitrate) Kbps() int { return 320 - 64*int(b) }

// String gives the number that the variable takes.
func (b MP3Bitrate) String() string { return nameOf(mp3BitrateNames, b) }

// UnmarshalText reads a number.
func (b *MP3Bitrate) UnmarshalText(text []byte) error { return choose(b, mp3BitrateNames, text) }

// HTTPLength is how the endless stream states its length.
type HTTPLength uint8

const (
	HTTPLengthAuto HTTPLength = iota
	HTTPLengthNone            // no Content-Length, ended by close
	HTTPLengthChunked
	HTTPLengthFake // a very large Content-Length
)

var httpLengthNames = []string{"auto", "none", "chunked", "fake"}

// String gives the name that the variable takes.
func (l HTTPLength) String() string { return nameOf(httpLengthNames, l) }

// UnmarshalText reads a name in any case.
func (l *HTTPLength) UnmarshalText(text []byte) error { return choose(l, httpLengthNames, text) }

// SSDPListen is how announcements of speakers are listened for on 1900/UDP.
type SSDPListen uint8

const (
	SSDPListenOff  SSDPListen = iota // the port stays free for others
	SSDPListenAuto                   // share the port, else a raw socket, else off
	SSDPListenRaw                    // a raw socket, else off
)

var ssdpListenNames = []string{"off", "auto", "raw"}

// String gives the name that the variable takes.
func (l SSDPListen) String() string { return nameOf(ssdpListenNames, l) }

// UnmarshalText reads a name in any case.
func (l *SSDPListen) UnmarshalText(text []byte) error { return choose(l, ssdpListenNames, text) }

// Takeover says who may take a speaker that plays.
type Takeover uint8

const (
	TakeoverSame   Takeover = iota // the device that has it
	TakeoverNever                  // nobody
	TakeoverAlways                 // anybody
)

var takeoverNames = []string{"same", "never", "always"}

// String gives the name that the variable takes.
func (t Takeover) String() string { return nameOf(takeoverNames, t) }

// UnmarshalText reads a name in any case.
func (t *Takeover) UnmarshalText(text []byte) error { return choose(t, takeoverNames, text) }

// Drift says whether the speaker's clock is followed.
type Drift uint8

const (
	DriftAuto Drift = iota // where it is measured to be off
	DriftOff
)

var driftNames = []string{"auto", "off"}

// String gives the name that the variable takes.
func (d Drift) String() string { return nameOf(driftNames, d) }

// UnmarshalText reads a name in any case.
func (d *Drift) UnmarshalText(text []byte) error { return choose(d, driftNames, text) }

// Pause is what a speaker does while the sender pauses.
type Pause uint8

const (
	PauseStop Pause = iota
	PauseSilence
)

var pauseNames = []string{"stop", "silence"}

// String gives the name that the variable takes.
func (p Pause) String() string { return nameOf(pauseNames, p) }

// UnmarshalText reads a name in any case.
func (p *Pause) UnmarshalText(text []byte) error { return choose(p, pauseNames, text) }

// SkipNative says whether speakers that speak AirPlay themselves are left out.
type SkipNative uint8

const (
	SkipNativeAuto SkipNative = iota // where they are seen to
	SkipNativeOff
)

var skipNativeNames = []string{"auto", "off"}

// String gives the name that the variable takes.
func (s SkipNative) String() string { return nameOf(skipNativeNames, s) }

// UnmarshalText reads a name in any case.
func (s *SkipNative) UnmarshalText(text []byte) error { return choose(s, skipNativeNames, text) }

// A LogLevel is the least important level that is logged.
type LogLevel uint8

const (
	LogTrace LogLevel = iota
	LogDebug
	LogInfo
	LogWarn
	LogError
)

var logLevelNames = []string{"trace", "debug", "info", "warn", "error"}

// String gives the name that the variable takes, which is zerolog's too.
func (l LogLevel) String() string { return nameOf(logLevelNames, l) }

// UnmarshalText reads a name in any case.
func (l *LogLevel) UnmarshalText(text []byte) error { return choose(l, logLevelNames, text) }

// A LogFormat is the form of a log line.
type LogFormat uint8

const (
	LogFormatAuto LogFormat = iota // text on a terminal, else JSON
	LogFormatText
	LogFormatJSON
)

var logFormatNames = []string{"auto", "text", "json"}

// String gives the name that the variable takes.
func (f LogFormat) String() string { return nameOf(logFormatNames, f) }

// UnmarshalText reads a name in any case.
func (f *LogFormat) UnmarshalText(text []byte) error { return choose(f, logFormatNames, text) }

// choose sets v to the place of text among names.
func choose[T ~uint8](v *T, names []string, text []byte) error {
	for i, name := range names {
		if strings.EqualFold(name, strings.TrimSpace(string(text))) {
			*v = T(i)
			return nil
		}
	}
	return errors.New("not known")
}

// nameOf gives the name at place v, or the number of a value without a name.
func nameOf[T ~uint8](names []string, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return strconv.Itoa(int(v))
}
