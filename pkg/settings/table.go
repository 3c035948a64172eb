package settings

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	// FLAC allows blocks from 16 frames, but below 192 headers outweigh sound.
	// 4608 is the most that its streamable subset allows up to 48 kHz.
	minFLACBlockFrames, maxFLACBlockFrames = 192, 4608
	// Less than 100 ms leaves no time to ask for a lost packet again; senders
	// keep about 8 s of packets to answer with.
	minLatency, maxLatency = 100 * time.Millisecond, 8 * time.Second
	// More than any speaker is known to buffer before it starts.
	maxPreroll = 10 * time.Second
	maxDelayMS = 10000
)

// Table has a row for every setting of a speaker, in the order in which they
// are documented.
var Table = []Row{
	{
		Doc:   "skip: do not offer the speaker. include: offer it, even if it would be left out by itself",
		field: flags(func(s *Speaker) *Offer { return &s.Offer }, OfferNever, OfferAlways),
	}, {
		Key:   "rename",
		Doc:   "Name of the speaker on AirPlay",
		field: name(func(s *Speaker) *string { return &s.Rename }),
	}, {
		Variable: "BREEZEWAY_CODEC", Key: "codec", Default: "auto",
		Doc:   "Format of the sound that is sent to speakers. auto: the best that the speaker says it plays",
		field: codec(func(s *Speaker) *audio.Codec { return &s.Codec }),
	}, {
		Variable: "BREEZEWAY_FLAC_BLOCK", Key: "flac-block", Default: "1152",
		Doc:   "Frames in a block of FLAC. With fewer, sound starts sooner; with more, the stream is smaller",
		field: number(func(s *Speaker) *int { return &s.FLACBlock }, minFLACBlockFrames, maxFLACBlockFrames, "frames"),
	}, {
		Variable: "BREEZEWAY_MP3_BITRATE", Key: "mp3-bitrate", Default: "320",
		Doc:   "Bitrate for speakers that play only MP3",
		field: bitrate(func(s *Speaker) *Bitrate { return &s.MP3Bitrate }, 128, 192, 256, 320),
	}, {
		Variable: "BREEZEWAY_HTTP_LENGTH", Key: "length", Default: "auto",
		Doc: "How the stream, which has no end, states its length. none: no length, the connection ends it. " +
			"chunked: HTTP chunks. fake: a very large Content-Length. auto: what the speaker is known or found to accept",
		field: choice(func(s *Speaker) *Length { return &s.Length }, LengthAuto, LengthNone, LengthChunked, LengthFake),
	}, {
		Variable: "BREEZEWAY_LATENCY", Key: "latency", Default: "500ms",
		Doc:   "How long a lost packet is waited for and asked for again; longer while the speaker has sound in its buffer and the sender still has the packet",
		field: duration(func(s *Speaker) *time.Duration { return &s.Latency }, minLatency, maxLatency),
	}, {
		Variable: "BREEZEWAY_PREROLL", Key: "preroll", Default: "0s", Note: "; 0s for auto",
		Doc:   "Silence sent ahead of the sound, for a speaker that fills a buffer before it starts. auto: what the speaker is known to need",
		field: duration(func(s *Speaker) *time.Duration { return &s.Preroll }, 0, maxPreroll),
	}, {
		Key:   "delay-ms",
		Doc:   "How much later than the rest of its group the speaker plays, in milliseconds",
		field: milliseconds(func(s *Speaker) *time.Duration { return &s.Delay }, maxDelayMS),
	}, {
		Variable: "BREEZEWAY_SYNC", Key: "sync", Default: "false",
		Doc:   "true: play at the time the sender expects (about 2 s after it sent the sound), so that video stays in sync. false: play as soon as possible",
		field: onOff(func(s *Speaker) *bool { return &s.Sync }),
	}, {
		Variable: "BREEZEWAY_DRIFT", Key: "drift", Default: "auto",
		Doc:   "auto: adjust the sound to the speed of the speaker's clock, so that the delay stays the same for hours. off: send every sample unchanged",
		field: autoOff(func(s *Speaker) *AutoOff { return &s.Drift }, "auto"),
	}, {
		Variable: "BREEZEWAY_PAUSE", Key: "pause", Default: "stop",
		Doc:   "What a speaker does while the sender pauses. stop: it is stopped. silence: it keeps playing, without sound, and resumes at once",
		field: choice(func(s *Speaker) *Pause { return &s.Pause }, PauseStop, PauseSilence),
	}, {
		Variable: "BREEZEWAY_TAKEOVER", Key: "takeover", Default: "same",
		Doc:   "Who may take over a speaker that is playing. never: nobody. same: the device that already plays on it. always: any device",
		field: choice(func(s *Speaker) *Takeover { return &s.Takeover }, TakeoverNever, TakeoverSame, TakeoverAlways),
	}, {
		Variable: "BREEZEWAY_VOLUME_MAX", Key: "volume-max", Default: "100",
		Doc:   "Highest volume to which a sender can turn a speaker",
		field: number(func(s *Speaker) *int { return &s.Volume.Max }, 0, 100, "percent"),
	}, {
		Variable: "BREEZEWAY_VOLUME_MIN", Key: "volume-min", Default: "0",
		Doc:   "Volume of a speaker at the sender's lowest step above mute",
		field: number(func(s *Speaker) *int { return &s.Volume.Min }, 0, 100, "percent"),
	}, {
		Variable: "BREEZEWAY_VOLUME_START", Key: "volume-start",
		Doc:   "Volume to which a speaker is set when a sender begins to play. Empty: it is left as it is",
		field: startVolume(func(s *Speaker) *StartVolume { return &s.Volume.Start }),
	}, {
		Variable: "BREEZEWAY_VOLUME_CURVE", Key: "volume-curve", Default: "linear",
		Doc:   "linear: the speaker's volume is that of the sender's slider. db: it follows loudness, and is quieter in the middle of the slider",
		field: choice(func(s *Speaker) *VolumeCurve { return &s.Volume.Curve }, CurveLinear, CurveDB),
	}, {
		Variable: "BREEZEWAY_VOLUME_FIXED", Key: "volume-fixed", Default: "false",
		Doc:   "true: senders do not change the volume of speakers",
		field: onOff(func(s *Speaker) *bool { return &s.Volume.Fixed }),
	}, {
		Variable: "BREEZEWAY_SKIP_NATIVE", Key: "skip-native", Default: "auto",
		Doc:   "auto: leave out speakers that support AirPlay themselves",
		field: autoOff(func(s *Speaker) *AutoOff { return &s.SkipNative }, "on"),
	}, {
		Variable: "BREEZEWAY_PASSWORD", Key: "password",
		Doc:   "Password that AirPlay senders must enter. Empty: none",
		field: password(func(s *Speaker) *Secret { return &s.Password }),
	}, {
		Key: "artwork", Default: "on",
		Doc:   "Give the speaker the address of the cover picture",
		field: onOff(func(s *Speaker) *bool { return &s.Artwork }),
	}, {
		Key: "restore", Default: "off",
		Doc:   "Sonos: return to the television or line input after playing",
		field: onOff(func(s *Speaker) *bool { return &s.Restore }),
	},
}
