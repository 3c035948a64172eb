package quirk

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// Abbreviations for the table.
const (
	none    = settings.LengthNone
	chunked = settings.LengthChunked
	fake    = settings.LengthFake
)

type (
	formats = []audio.Codec
	lengths = []settings.Length
	classes = []string
	texts   = map[audio.Codec]string
)

// mp3Profile is what modules that play MP3 alone want to read.
var mp3Profile = texts{audio.MP3: "audio/mpeg"}

// table is everything that is known beforehand, general rows before special ones. No
// row was measured by us on the vendor's device: each has its source.
var table = []Row{
	// Sonos
	{
		Manufacturer: "Sonos*",
		Traits: Traits{
			Codecs: formats{audio.WAV, audio.FLAC, audio.MP3}, Refuses: formats{audio.L16},
			Lengths: lengths{chunked, none, fake}, Classes: classes{ClassTrack, ClassBroadcast},
			Schemes: texts{audio.MP3: SchemeRadio}, Preroll: time.Second,
			Note: "gathers a fixed number of bytes before it sounds: WAV starts 2 to 3 times sooner than FLAC",
		},
		Source: "AirConnect pull request 583, CHANGELOG 1.11.0 (class) and README (latency); RoomRelay issue 32 (L16); SoCo (scheme)",
	},
	{
		Manufacturer: "Sonos*", Generation: "1",
		Traits: Traits{
			Codecs: formats{audio.MP3, audio.FLAC, audio.WAV},
			Note:   "S1 players loop on endless WAV",
		},
		Source: "music-assistant/support issue 5257",
	},
	{
		Manufacturer: "Sonos*", Firmware: "15.2*",
		Traits: Traits{
			Codecs: formats{audio.WAV, audio.MP3, audio.FLAC}, Lengths: lengths{fake, chunked, none},
			Note: "this firmware refuses FLAC without a length",
		},
		Source: "AirConnect issues 458 and 460; swyh-rs issue 92",
	},
	{
		Manufacturer: "Sonos*", Model: "S5|ZP80|ZP90|ZP100|ZP120",
		Traits: Traits{Note: "may play a burst of old sound after a pause"},
		Source: "AirConnect issue 211",
	},

	// Receivers and their modules
	{
		Manufacturer: "Denon*|Marantz*|D&M*",
		Traits: Traits{
			Codecs: formats{audio.WAV, audio.FLAC, audio.MP3}, Lengths: lengths{none, chunked, fake},
			Preroll: 1500 * time.Millisecond, ASCIITitles: true,
			Note: "HEOS drops a URI that comes before it has stopped",
		},
		Source: "jellyfin-plugin-dlna issue 245; swyh-rs README (WAV, no length); music-assistant/support issue 4666 (titles)",
	},
	{
		Manufacturer: "Yamaha*",
		Traits: Traits{
			Codecs: formats{audio.FLAC, audio.WAV, audio.MP3}, Preroll: 2 * time.Second,
			Note: "buffers 4 to 10 s; refuses streams in standby although it answers",
		},
		Source: "swyh-rs README and issue 89",
	},
	{
		Manufacturer: "Phorus*|DTS*",
		Traits: Traits{
			Codecs: formats{audio.MP3}, MIME: mp3Profile,
			Note: "Play-Fi plays MP3 alone",
		},
		Source: "AirConnect issue 437 and README",
	},
	{
		Model: "*Play-Fi*",
		Traits: Traits{
			Codecs: formats{audio.MP3}, MIME: mp3Profile,
			Note: "Play-Fi plays MP3 alone",
		},
		Source: "AirConnect issue 437 and README (Pioneer and others with this module)",
	},
	{
		Manufacturer: "Frontier*|*Silicon*",
		Traits:       Traits{Note: "says goodbye while it stays"},
		Source:       "SpotConnect issue 69",
	},
	{
		Manufacturer: "Linkplay*|Arylic*", Traits: linkplay,
		Source: "xbmc pull request 29132",
	},
	{
		Model: "*WiiM*", Traits: linkplay,
		Source: "xbmc issue 29130 and pull request 29132",
	},
	{
		Manufacturer: "Linn*",
		Traits: Traits{
			Codecs: formats{audio.FLAC, audio.WAV}, Lengths: lengths{fake, none, chunked},
			Note: "asks for bytes=0- and wants 206; better driven by OpenHome",
		},
		Source: "swyh-rs README",
	},
	{
		Manufacturer: "Roon*",
		Traits:       Traits{Codecs: formats{audio.FLAC, audio.WAV}, Lengths: lengths{chunked, fake, none}},
		Source:       "swyh-rs README",
	},
	{
		Manufacturer: "Bose*",
		Traits: Traits{
			DistrustEvents: true,
			Note:           "sends broken XML in metadata after an hour; takes http only",
		},
		Source: "Bose-SoundTouch-Hybrid issue 161; gesellix/Bose-SoundTouch issue 532",
	},
	{
		Manufacturer: "Huawei*",
		Traits:       Traits{Codecs: formats{audio.MP3}, MIME: mp3Profile, Note: "Sound X plays MP3 alone"},
		Source:       "AirConnect issues 377 and 459; AirConnect-Synology issue 44",
	},
	{
		Manufacturer: "Cambridge*", Model: "*SM6*",
		Traits: Traits{Codecs: formats{audio.MP3}, MIME: mp3Profile},
		Source: "AirConnect issue 470",
	},

	// Televisions and soundbars
	{
		Manufacturer: "Samsung*",
		Traits: Traits{
			Codecs: formats{audio.MP3, audio.L16, audio.WAV},
			Note:   "wants transferMode and contentFeatures in each answer",
		},
		Source: "oeuillot/upnpserver issue 7",
	},
	{
		Manufacturer: "Samsung*", Model: "*55C6400*",
		Traits: Traits{NoVolume: true},
		Source: "Connect-SDK-Android issue 204: SetVolume is answered with an error",
	},
	{
		Manufacturer: "LG*",
		Traits: Traits{
			Codecs: formats{audio.MP3, audio.WAV, audio.L16}, Lengths: lengths{none, fake, chunked},
			Note: "answers 714 to empty metadata; HEAD before GET",
		},
		Source: "CocoaUPnP issue 56; AirConnect issue 311 (a length where chunks failed)",
	},
	{
		Manufacturer: "Panasonic*",
		Traits:       Traits{Codecs: formats{audio.MP3, audio.L16, audio.WAV}, Note: "locked (705) until it gets a Stop"},
		Source:       "jellyfin-plugin-dlna issue 220",
	},
	{
		Manufacturer: "Sony*",
		Traits: Traits{
			Codecs: formats{audio.MP3, audio.L16, audio.WAV}, DistrustEvents: true,
			Note: "reports STOPPED between the URI and Play",
		},
		Source: "LMS-uPnP issue 63",
	},
	{
		Manufacturer: "*Philips*",
		Traits:       Traits{Lengths: lengths{none, fake, chunked}, Note: "HEAD before GET; old ones speak HTTP/1.0"},
		Source:       "AirConnect issue 222",
	},

	// Programs
	{
		Server: "*upmpdcli*", Traits: mpd,
		Source: "upmpdcli issue 78; swyh-rs README (WAV probed for 5 s; a length for WAV)",
	},
	{
		Model: "*UpMpd*|*moOde*|*Volumio*", Traits: mpd,
		Source: "upmpdcli issue 78; swyh-rs README (WAV probed for 5 s; a length for WAV)",
	},
	{
		Model:  "Kodi*|XBMC*",
		Traits: Traits{Codecs: formats{audio.FLAC, audio.MP3, audio.WAV}, Note: "answers 701 to a Stop without media"},
		Source: "xbmc issue 4232",
	},
	{
		Model: "*gmediarender*|*gmrender*",
		Traits: Traits{
			Codecs: formats{audio.FLAC, audio.WAV}, CoarsePosition: true,
			Note: "its Sink comes from the GStreamer plug-ins installed; updates its position every 500 ms and a little",
		},
		Source: "SWYH issue 42; gmrender-resurrect, upnp_transport.c, thread_update_track_time (count; seen from version 0.1: each 500.3 ms)",
	},
	{
		Model:  "Rygel*",
		Traits: Traits{Codecs: formats{audio.FLAC, audio.WAV, audio.MP3}, Note: "asks HEAD at SetAVTransportURI and answers 714 unless Content-Type is spelled as in its Sink"},
		Source: "Rygel, rygel-av-transport.vala",
	},
	{
		Model:  "Macast*",
		Traits: Traits{Codecs: formats{audio.FLAC, audio.MP3, audio.WAV}, Note: "plays by FFmpeg, which reads 5 s of WAV before it sounds"},
		Source: "swyh-rs README",
	},
}

// linkplay are the traits of a module that many brands build in.
var linkplay = Traits{
	Codecs: formats{audio.FLAC, audio.WAV, audio.MP3}, DistrustEvents: true,
	Note: "events of ConnectionManager come under each other's names",
}

// mpd are the traits of renderers that play through MPD.
var mpd = Traits{
	Codecs: formats{audio.FLAC, audio.WAV, audio.MP3}, Lengths: lengths{none, fake, chunked},
	Note: "wants DIDL that parses; reads 5 s of WAV before it sounds",
}
