package quirk_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

var (
	everyCodec = []audio.Codec{audio.FLAC, audio.WAV, audio.L16, audio.MP3}
	tv         = offers("http-get:*:audio/mpeg:DLNA.ORG_PN=MP3,http-get:*:audio/L16;rate=44100;channels=2:DLNA.ORG_PN=LPCM")
	hifi       = offers("http-get:*:audio/x-flac:*,http-get:*:audio/wav:*,http-get:*:audio/mpeg:*")
)

func offers(sink string) []quirk.Offer { return quirk.Offers(media.ParseProtocols(sink)) }

func TestFirstFormat(t *testing.T) {
	sonos := quirk.Subject{Manufacturer: "Sonos, Inc.", ModelNumber: "S12"}
	tests := []struct {
		name   string
		traits quirk.Traits
		sink   []quirk.Offer
		forced quirk.Forced
		want   string
	}{
		{"nothing known", quirk.Traits{}, nil, quirk.Forced{}, "wav audio/wav, length none, audioBroadcast"},
		{"FLAC listed", quirk.Traits{}, hifi, quirk.Forced{}, "flac audio/x-flac, length none, audioBroadcast"},
		{"television", quirk.Traits{}, tv, quirk.Forced{}, "l16 audio/L16;rate=44100;channels=2, length none, audioBroadcast"},
		{"Samsung television", quirk.For(quirk.Subject{Manufacturer: "Samsung Electronics"}), tv, quirk.Forced{},
			"mp3 audio/mpeg, length none, audioBroadcast"},
		{"Sonos", quirk.For(sonos), hifi, quirk.Forced{}, "wav audio/wav, length chunked, musicTrack"},
		{"Sonos, MP3 forced", quirk.For(sonos), hifi, quirk.Forced{Codecs: []audio.Codec{audio.MP3}},
			"mp3 audio/mpeg, length chunked, musicTrack, x-rincon-mp3radio"},
		{"length forced", quirk.For(sonos), hifi, quirk.Forced{Lengths: []settings.Length{settings.LengthFake}},
			"wav audio/wav, length fake, musicTrack"},
		{"what is refused can be forced", quirk.For(sonos), nil, quirk.Forced{Codecs: []audio.Codec{audio.L16}},
			"l16 audio/L16;rate=44100;channels=2, length chunked, musicTrack"},
		{"all refused is not believed", quirk.Traits{Refuses: everyCodec}, nil, quirk.Forced{}, "wav audio/wav, length none, audioBroadcast"},
		{"a codec that is none is no wish", quirk.Traits{}, hifi, quirk.Forced{Codecs: []audio.Codec{audio.CodecUnknown, 99}},
			"flac audio/x-flac, length none, audioBroadcast"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := quirk.NewFormatFallback(tt.traits, tt.sink, tt.forced).Current().String(); got != tt.want {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}

func TestNextFormatFollowsTheEvidence(t *testing.T) {
	tests := []struct {
		name     string
		sink     []quirk.Offer
		evidence []quirk.Evidence
		want     []string // the formats after each
	}{
		{"hangs up: lengths, then the codec", hifi, []quirk.Evidence{quirk.ClosedEarly, quirk.ClosedEarly, quirk.ClosedEarly}, []string{
			"flac audio/x-flac, length chunked, audioBroadcast",
			"flac audio/x-flac, length fake, audioBroadcast",
			"wav audio/wav, length none, audioBroadcast",
		}},
		{"RelTime stands still: likewise", hifi, []quirk.Evidence{quirk.NoProgress}, []string{
			"flac audio/x-flac, length chunked, audioBroadcast",
		}},
		{"714 to a listed type: the class, then the codec", hifi, []quirk.Evidence{quirk.RefusedMIME, quirk.RefusedMIME}, []string{
			"flac audio/x-flac, length none, musicTrack",
			"wav audio/wav, length none, musicTrack",
		}},
		{"714 to a guessed type: its spelling, its flags, the class", nil,
			[]quirk.Evidence{quirk.RefusedMIME, quirk.RefusedMIME, quirk.RefusedMIME}, []string{
				"wav audio/x-wav, length none, audioBroadcast",
				"wav audio/wav, length none, audioBroadcast", // without DLNA's flags
				"wav audio/wav, length none, musicTrack",
			}},
		{"never fetched: the class, then the codec", hifi, []quirk.Evidence{quirk.NeverFetched, quirk.NeverFetched}, []string{
			"flac audio/x-flac, length none, musicTrack",
			"wav audio/wav, length none, musicTrack",
		}},
		{"716: it looked, so the length", hifi, []quirk.Evidence{quirk.NotFound}, []string{
			"flac audio/x-flac, length chunked, audioBroadcast",
		}},
		{"704: the codec at once, the unlisted one last", hifi,
			[]quirk.Evidence{quirk.BadFormat, quirk.BadFormat, quirk.BadFormat}, []string{
				"wav audio/wav, length none, audioBroadcast",
				"mp3 audio/mpeg, length none, audioBroadcast",
				"l16 audio/L16;rate=44100;channels=2, length none, audioBroadcast",
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := quirk.NewFormatFallback(quirk.Traits{}, tt.sink, quirk.Forced{})
			for i, e := range tt.evidence {
				format, again := l.Fail(e)
				if got := format.String(); got != tt.want[i] || !again {
					t.Errorf("after %d failures: want %q, got %q, again %v", i+1, tt.want[i], got, again)
				}
				if format != l.Current() {
					t.Errorf("want Current to agree with Fail, got %v and %v", l.Current(), format)
				}
			}
		})
	}
}

// failAll fails every format of a round and returns them all.
func failAll(l *quirk.FormatFallback, evidence func() quirk.Evidence) []quirk.StreamFormat {
	formats := []quirk.StreamFormat{l.Current()}
	for {
		format, again := l.Fail(evidence())
		if !again {
			return formats
		}
		formats = append(formats, format)
	}
}

func TestRoundIsBoundedAndRepeatsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		subject := quirk.Subject{Manufacturer: rapid.SampledFrom([]string{"", "Sonos, Inc.", "Denon", "Huawei"}).Draw(t, "manufacturer")}
		sink := rapid.SampledFrom([][]quirk.Offer{nil, tv, hifi, offers("http-get:*:*:*")}).Draw(t, "sink")
		forced := quirk.Forced{Codecs: rapid.SliceOfN(rapid.SampledFrom(everyCodec), 0, 3).Draw(t, "codecs")}
		l := quirk.NewFormatFallback(quirk.For(subject), sink, forced)
		evidence := rapid.SampledFrom([]quirk.Evidence{quirk.RefusedOther, quirk.RefusedMIME, quirk.NotFound, quirk.BadFormat,
			quirk.NeverFetched, quirk.ClosedEarly, quirk.NotPlaying, quirk.NoProgress})
		for round := range 2 {
			formats := failAll(l, func() quirk.Evidence { return evidence.Draw(t, "evidence") })
			if len(formats) > 12 || len(formats) < 3 {
				t.Fatalf("round %d: want 3 to 12 formats, got %d", round, len(formats))
			}
			for i, w := range formats {
				if slices.Contains(formats[:i], w) {
					t.Fatalf("round %d: %v was tried twice", round, w)
				}
			}
			if !slices.Contains(formats, l.Current()) {
				t.Fatalf("round %d: want it to end at a format it tried, got %v", round, l.Current())
			}
		}
	})
}

func TestReturnsToWhereItCameFurthest(t *testing.T) {
	l := quirk.NewFormatFallback(quirk.Traits{}, hifi, quirk.Forced{})
	failAll(l, func() quirk.Evidence {
		if l.Current().Codec == audio.MP3 {
			return quirk.NoProgress
		}
		return quirk.BadFormat
	})
	if got := l.Current().Codec; got != audio.MP3 {
		t.Errorf("want rest at MP3, which played without progress, got %v", got)
	}
}

func TestNextRoundBeginsWhereItSucceeded(t *testing.T) {
	l := quirk.NewFormatFallback(quirk.Traits{}, hifi, quirk.Forced{})
	l.Fail(quirk.BadFormat)
	if l.Verified() || l.Attempts() != 2 {
		t.Errorf("want the second format, not verified, got verified %v and %d", l.Verified(), l.Attempts())
	}
	l.Succeed()
	if !l.Verified() || l.Attempts() != 1 {
		t.Errorf("want it verified and a new round, got verified %v and %d", l.Verified(), l.Attempts())
	}
	good := l.Current()
	if good.Codec != audio.WAV {
		t.Fatalf("want WAV after FLAC, got %v", good)
	}
	formats := failAll(l, func() quirk.Evidence { return quirk.NoProgress })
	if formats[0] != good || l.Current() != good {
		t.Errorf("want the round to begin and end at %v, got %v and %v", good, formats[0], l.Current())
	}
	if !slices.ContainsFunc(formats, func(w quirk.StreamFormat) bool { return w.Codec == audio.FLAC }) {
		t.Error("want FLAC tried again in the new round")
	}
}

func TestResume(t *testing.T) {
	l := quirk.NewFormatFallback(quirk.Traits{}, hifi, quirk.Forced{})
	l.Fail(quirk.ClosedEarly)
	worked := l.Current()

	again := quirk.NewFormatFallback(quirk.Traits{Preroll: time.Second}, hifi, quirk.Forced{})
	if !again.Resume(worked) {
		t.Fatal("want the format resumed")
	}
	worked.Preroll = time.Second // it is not remembered: it follows from the traits
	if got := again.Current(); got != worked {
		t.Errorf("want %v, got %v", worked, got)
	}
	other := quirk.NewFormatFallback(quirk.Traits{}, hifi, quirk.Forced{Codecs: []audio.Codec{audio.MP3}})
	before := other.Current()
	if other.Resume(worked) || other.Current() != before {
		t.Errorf("want a format of another codec than the forced one left alone, got %v", other.Current())
	}
}

func TestPreroll(t *testing.T) {
	traits := quirk.Traits{Preroll: time.Second}
	if got := quirk.NewFormatFallback(traits, nil, quirk.Forced{}).Current().Preroll; got != time.Second {
		t.Errorf("want the traits' 1s, got %v", got)
	}
	if got := quirk.NewFormatFallback(traits, nil, quirk.Forced{Preroll: 3 * time.Second}).Current().Preroll; got != 3*time.Second {
		t.Errorf("want the forced 3s, got %v", got)
	}
}
