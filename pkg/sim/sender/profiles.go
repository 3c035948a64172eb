package sender

import (
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

// A Profile is one program that sends, as far as a receiver can tell it from
// others.
type Profile struct {
	Name   string
	Source string // where its habits are known from
	// Options are what the program fixes; the address, the password and the
	// like are its user's.
	Options Options
	// SilenceAfterFlush: a pause is a FLUSH and then silence, not nothing.
	SilenceAfterFlush bool
	// RecordAfterFlush: the sound after a FLUSH begins with RECORD. Most senders
	// simply send on.
	RecordAfterFlush bool
	// NoTeardown: it closes the connection without TEARDOWN.
	NoTeardown bool
}

const iTunesAgent = "iTunes/11.0.4 (Windows; N)" // what PulseAudio and PipeWire call themselves

// remoteControl are the headers of a sender that has a remote control service.
func remoteControl(id, token string) rtsp.Header {
	return rtsp.Header{{Name: "DACP-ID", Value: id}, {Name: "Active-Remote", Value: token}}
}

// The senders whose habits are known. Those of PulseAudio, PipeWire, cliraop
// and airtunes2 were recorded from the programs; those of the others are
// reported.
var (
	ProfilePulseAudio = Profile{
		Name:   "PulseAudio",
		Source: "seen from PulseAudio 16.1, module-raop-sink with codec=ALAC and encryption=RSA",
		Options: Options{
			Codec: ALACUncompressed, Encryption: EncryptionRSA, UserAgent: iTunesAgent,
			Habits: Habits{TwoConnections: true, UnaskedTiming: true},
		},
		NoTeardown: true,
	}
	ProfilePipeWire = Profile{
		Name:   "PipeWire",
		Source: "seen from PipeWire 0.3.65, libpipewire-module-raop-sink",
		Options: Options{
			Codec: ALACUncompressed, Encryption: EncryptionRSA, UserAgent: iTunesAgent, Latency: NoLatency, NoResend: true,
			Habits: Habits{ChallengeAgain: true, UnaskedTiming: true, ReuseDigest: true},
		},
	}
	ProfilePipeWireAuthSetup = Profile{
		Name:   "PipeWire, auth-setup",
		Source: "seen from PipeWire 0.3.65 with raop.encryption.type=auth_setup; swapped sync flags by the source of PipeWire 1.x",
		Options: Options{
			Codec: ALACUncompressed, UserAgent: iTunesAgent, Latency: NoLatency, NoResend: true,
			Habits: Habits{ChallengeAgain: true, AuthSetup: true, UnaskedTiming: true, ReuseDigest: true, SyncFlags: 0x0700},
		},
	}
	ProfileCliraop = Profile{
		Name:   "cliraop",
		Source: "seen from cliraop of libraop at 81c2182 with -a -e -u",
		Options: Options{
			Codec: ALAC, Encryption: EncryptionRSA, UserAgent: "iTunes/7.6.2 (Windows; N;)", Latency: 44100,
			Habits: Habits{NoOptions: true, ChallengeAgain: true, UnpaddedKeys: true, ResentAsOne: true},
		},
	}
	ProfileIOS = Profile{
		Name:   "iOS",
		Source: "AirConnect issues 234 and 517, libraop's source: pause and resume, copies of resent packets; flags and latency by shairport-sync's source",
		Options: Options{
			Codec: ALAC, Encryption: EncryptionRSA, UserAgent: "AirPlay/745.83", Latency: 77175,
			Habits: Habits{
				Header:   append(remoteControl("56B29BB6CB904862", "1986535575"), rtsp.Field{Name: "X-Apple-Client-Name", Value: "Somebody's iPhone"}),
				Feedback: true, NoMarkerAfterFlush: true, ResentTwice: true, SyncFlags: rtp.SyncFlagsIOS,
			},
		},
		SilenceAfterFlush: true,
	}
	ProfileAirtunes = Profile{
		Name:   "airtunes2",
		Source: "seen from airtunes2 2.0.0 of npm",
		Options: Options{
			Codec: ALAC, Encryption: EncryptionRSA, UserAgent: "Radioline/1.4.0", NoMarker: true, NoResend: true,
			Habits: Habits{
				Header:     remoteControl("6c376fdbaeed5951", "347171664"),
				DigestUser: "Radioline", UpperCaseDigest: true, UnpaddedKeys: true, EmptyTeardownURI: true,
			},
		},
	}
	ProfileOwnTone = Profile{
		Name:   "OwnTone",
		Source: "by the source of OwnTone, outputs/raop.c",
		Options: Options{
			Codec: ALACUncompressed, Encryption: EncryptionRSA, UserAgent: "iTunes/10.6",
			Habits: Habits{
				Header:         remoteControl("0000000000000A1B", "18446744073709551615"),
				ChallengeAgain: true, NoOptions: true, UpperCaseDigest: true, ResentBare: true, Feedback: true,
			},
		},
		RecordAfterFlush: true,
	}
	ProfilePyatv = Profile{
		Name:   "pyatv",
		Source: "by the source of pyatv, protocols/raop, and shairport-sync issue 1254",
		Options: Options{
			Codec: L16, ALACLine: true, UserAgent: "AirPlay/540.31",
			Habits: Habits{
				Header:     remoteControl("1F3A", "1"),
				DigestUser: "pyatv", EarlyVolume: true, LateRTPInfo: true, Feedback: true,
			},
		},
	}
)

// Profiles are all of them.
func Profiles() []Profile {
	return []Profile{
		ProfilePulseAudio, ProfilePipeWire, ProfilePipeWireAuthSetup, ProfileCliraop,
		ProfileIOS, ProfileAirtunes, ProfileOwnTone, ProfilePyatv,
	}
}
