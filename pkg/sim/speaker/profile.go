package speaker

import (
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// A Profile is a kind of renderer by name.
type Profile struct {
	Name   string
	About  string   // what is odd about it, and who was seen to be so
	Sinks  []string // nil: DefaultSinks
	Quirks Quirks
	// Plays reports whether a control point can make it play. With the others a good
	// control point pauses the sender and says why.
	Plays bool
}

// On is o with the quirks and sinks of p.
func (p Profile) On(o Options) Options {
	o.Quirks = p.Quirks
	if p.Sinks != nil {
		o.Sinks = p.Sinks
	}
	return o
}

// FindProfile gives the profile of a name.
func FindProfile(name string) (Profile, bool) {
	i := slices.IndexFunc(profiles, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return profiles[i], true
}

// Profiles are all that are known.
func Profiles() []Profile { return slices.Clone(profiles) }

// Sinks of renderers that play one kind only.
var (
	sinkFLAC = []string{"http-get:*:audio/x-flac:*"}
	sinkWAV  = []string{"http-get:*:audio/x-wav:*"}
	sinkL16  = []string{"http-get:*:audio/L16;rate=44100;channels=2:DLNA.ORG_PN=LPCM"}
	sinkMP3  = []string{"http-get:*:audio/mpeg:DLNA.ORG_PN=MP3"}
)

// hangsOnAll answers no call.
var hangsOnAll = map[string]Answer{"*": AnswerNever}

// optionalCalls answers in one way the calls that a control point can do without.
func optionalCalls(a Answer) map[string]Answer {
	return map[string]Answer{"GetProtocolInfo": a, "GetVolume": a, "GetMute": a, "GetMediaInfo": a}
}

var profiles = []Profile{
	{Name: "plain", About: "nothing is odd", Plays: true},

	// Codecs and lengths
	{Name: "flac-only", About: "plays FLAC alone", Sinks: sinkFLAC, Plays: true},
	{Name: "wav-only", About: "plays WAV alone", Sinks: sinkWAV, Plays: true},
	{Name: "l16-only", About: "plays L16 alone, as DLNA demands of televisions", Sinks: sinkL16, Plays: true},
	{Name: "mp3-only", About: "plays MP3 alone: Play-Fi, Huawei Sound", Sinks: sinkMP3, Plays: true,
		Quirks: Quirks{Refuses: []audio.Codec{audio.FLAC, audio.WAV, audio.L16}}},
	{Name: "l16-refuser", About: "lists L16 and hangs up on it: Sonos", Plays: true,
		Quirks: Quirks{Refuses: []audio.Codec{audio.L16}}},
	{Name: "flac-refuser", About: "lists FLAC and hangs up on it", Plays: true,
		Quirks: Quirks{Refuses: []audio.Codec{audio.FLAC}}},
	{Name: "flac-framed", About: "FLAC wants chunks or a length: Sonos 15.2", Plays: true,
		Quirks: Quirks{Lengths: map[audio.Codec]Length{audio.FLAC: LengthFramed}}},
	{Name: "flac-length", About: "FLAC wants Content-Length", Sinks: sinkFLAC, Plays: true,
		Quirks: Quirks{Lengths: map[audio.Codec]Length{audio.FLAC: LengthContent}}},
	{Name: "length-always", About: "nothing without Content-Length: old televisions", Plays: true,
		Quirks: Quirks{Lengths: map[audio.Codec]Length{
			audio.FLAC: LengthContent, audio.WAV: LengthContent, audio.L16: LengthContent, audio.MP3: LengthContent}}},
	{Name: "no-sink", About: "an empty Sink, though it plays all", Plays: true, Quirks: Quirks{NoSink: true}},
	{Name: "no-sink-wav", About: "an empty Sink, and WAV alone is played", Plays: true,
		Quirks: Quirks{NoSink: true, Refuses: []audio.Codec{audio.FLAC, audio.L16, audio.MP3}}},
	{Name: "no-protocol-info", About: "GetProtocolInfo is refused", Plays: true, Quirks: Quirks{NoSinkCall: true}},

	// How it fetches
	{Name: "head-first", About: "HEAD before GET: Philips, Samsung, LG", Plays: true, Quirks: Quirks{HEADFirst: true}},
	{Name: "head-at-uri", About: "HEAD at SetAVTransportURI, and 714 by its Content-Type: Rygel", Plays: true,
		Quirks: Quirks{HEADAtURI: true}},
	{Name: "two-gets", About: "opens the stream twice at once", Plays: true, Quirks: Quirks{TwoGETs: true}},
	{Name: "range-prober", About: "bytes=0-1 and the tail first", Plays: true, Quirks: Quirks{ProbesRanges: true}},
	{Name: "wants-206", About: "bytes=0- must be answered with 206: Linn", Plays: true, Quirks: Quirks{Wants206: true}},
	{Name: "icy", About: "asks for titles inside the stream: internet radios", Sinks: sinkMP3, Plays: true, Quirks: Quirks{AsksICY: true}},
	{Name: "reconnector", About: "hangs up and comes again every second", Plays: true,
		Quirks: Quirks{ReconnectAfter: time.Second}},
	{Name: "stops-reading", About: "after a second it reads no more and says that it plays",
		Quirks: Quirks{StopReadingAfter: time.Second}},

	// How it plays
	{Name: "small-buffer", About: "16 KiB in its system, then it fetches as it plays: embedded speakers", Plays: true,
		Quirks: Quirks{ReceiveBufferBytes: 16 << 10}},
	{Name: "byte-buffer", About: "256 KiB before the first sound: Sonos", Plays: true, Quirks: Quirks{BufferBytes: 256 << 10}},
	{Name: "fast-clock", About: "its clock runs 200 ppm faster", Plays: true, Quirks: Quirks{SkewPPM: 200, ReceiveBufferBytes: 32 << 10}},
	{Name: "slow-clock", About: "its clock runs 200 ppm slower", Plays: true, Quirks: Quirks{SkewPPM: -200, ReceiveBufferBytes: 32 << 10}},
	{Name: "fast-reader", About: "takes ten times as much as there is", Plays: true, Quirks: Quirks{SkewPPM: 9e6}},
	{Name: "slow-reader", About: "takes nine tenths of what there is", Plays: true, Quirks: Quirks{SkewPPM: -1e5}},
	{Name: "rebooter", About: "dies after 2 s, is back under another port", Plays: true, Quirks: Quirks{RebootAfter: 2 * time.Second}},

	// What it takes at SetAVTransportURI
	{Name: "locked", About: "705 until it gets a Stop: Panasonic", Plays: true, Quirks: Quirks{LockedUntilStop: true}},
	{Name: "slow-stop", About: "loses a URI that comes before it has stopped: HEOS", Plays: true,
		Quirks: Quirks{SlowStop: time.Second}},
	{Name: "not-found-first", About: "716 to the first URI", Plays: true, Quirks: Quirks{NotFoundFirst: true}},
	{Name: "tracks-only", About: "714 to class audioBroadcast", Plays: true, Quirks: Quirks{RefusesBroadcast: true}},
	{Name: "tracks-only-silent", About: "never fetches what is of class audioBroadcast", Plays: true,
		Quirks: Quirks{IgnoresBroadcast: true}},

	// What it tells
	{Name: "early-stopped", About: "STOPPED between Play and the sound: Sony HT-A9", Plays: true,
		Quirks: Quirks{EarlyStopped: true, BufferBytes: 32 << 10}},
	{Name: "no-reltime", About: "RelTime is NOT_IMPLEMENTED", Plays: true, Quirks: Quirks{NoRelTime: true}},
	{Name: "no-events", About: "takes subscriptions, sends nothing", Plays: true, Quirks: Quirks{Events: EventsNone}},
	{Name: "events-refused", About: "takes no subscription", Plays: true, Quirks: Quirks{Events: EventsRefused}},
	{Name: "events-frozen", About: "every event says STOPPED", Plays: true, Quirks: Quirks{Events: EventsFrozen}},
	{Name: "events-misplaced", About: "events tell values under each other's names: WiiM", Plays: true,
		Quirks: Quirks{Events: EventsMisplaced}},
	{Name: "latin1", About: "XML in ISO-8859-1: Denon", Plays: true, Quirks: Quirks{Latin1: true}},
	{Name: "bare-ampersand", About: "& without its escape", Plays: true, Quirks: Quirks{BareAmpersands: true}},
	{Name: "media-renderer-3", About: "MediaRenderer:3 with AVTransport:2, deaf to searches for :1: televisions", Plays: true,
		Quirks: Quirks{DeviceVersion: 3, ServiceVersion: 2}},
	{Name: "openhome", About: "OpenHome alone: Linn, moOde", Plays: true, Quirks: Quirks{OpenHome: true}},

	// Volume
	{Name: "volume-30", About: "its volume goes to 30", Plays: true, Quirks: Quirks{VolumeMax: 30}},
	{Name: "no-mute", About: "cannot be muted", Plays: true, Quirks: Quirks{NoMute: true}},
	{Name: "fixed-volume", About: "its volume cannot be set: line outputs", Plays: true, Quirks: Quirks{FixedVolume: true}},

	// Answers
	{Name: "late", About: "each answer takes 500 ms", Plays: true,
		Quirks: Quirks{Answers: map[string]Answer{"*": AnswerLate}, AnswerDelay: 500 * time.Millisecond}},
	{Name: "broken-aside", About: "broken XML where it matters little: Bose", Plays: true, Quirks: Quirks{Answers: optionalCalls(AnswerBroken)}},
	{Name: "endless-aside", About: "megabytes where it matters little", Plays: true, Quirks: Quirks{Answers: optionalCalls(AnswerEndless)}},
	{Name: "broken", About: "broken XML to everything", Quirks: Quirks{Answers: map[string]Answer{"*": AnswerBroken}}},
	{Name: "endless", About: "megabytes to everything", Quirks: Quirks{Answers: map[string]Answer{"*": AnswerEndless}}},
	{Name: "hung", About: "no answer to anything", Quirks: Quirks{Answers: hangsOnAll}},
	{Name: "deaf-to-play", About: "plays, and never answers Play", Plays: true, Quirks: Quirks{Answers: map[string]Answer{"Play": AnswerNever}}},
}
