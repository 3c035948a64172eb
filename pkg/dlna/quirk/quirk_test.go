package quirk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/quirk"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/media"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

func TestFor(t *testing.T) {
	tests := []struct {
		name    string
		subject quirk.Subject
		check   func(quirk.Traits) bool
	}{
		{"a stranger", quirk.Subject{Manufacturer: "Acme", ModelName: "Box"}, func(t quirk.Traits) bool {
			return t.Codecs == nil && t.Note == "" && t.Preroll == 0 && !t.CoarsePosition
		}},
		{"nothing known at all", quirk.Subject{}, func(t quirk.Traits) bool { return t.Codecs == nil && t.Note == "" }},
		{"Sonos S2", quirk.Subject{Manufacturer: "Sonos, Inc.", ModelName: "Sonos One", SoftwareGeneration: "2"}, func(t quirk.Traits) bool {
			return t.Codecs[0] == audio.WAV && slices.Contains(t.Refuses, audio.L16) && t.Schemes[audio.MP3] == quirk.SchemeRadio
		}},
		{"Sonos S1: the later row wins, the rest stays", quirk.Subject{Manufacturer: "SONOS, INC.", SoftwareGeneration: "1"}, func(t quirk.Traits) bool {
			return t.Codecs[0] == audio.MP3 && t.Preroll == time.Second && strings.Contains(t.Note, "; ")
		}},
		{"Sonos of March 2023", quirk.Subject{Manufacturer: "Sonos, Inc.", SoftwareGeneration: "2", Firmware: "15.2.1"}, func(t quirk.Traits) bool {
			return t.Lengths[0] == settings.LengthFake && t.Codecs[0] == audio.WAV
		}},
		{"a model number counts as a model", quirk.Subject{Manufacturer: "Sonos, Inc.", ModelNumber: "ZP90"}, func(t quirk.Traits) bool {
			return strings.Contains(t.Note, "burst")
		}},
		{"HEOS", quirk.Subject{Manufacturer: "Marantz", ModelName: "NR1609"}, func(t quirk.Traits) bool {
			return t.Preroll == 1500*time.Millisecond && t.ASCIITitles
		}},
		{"a module under another brand", quirk.Subject{Manufacturer: "Audio Pro AB", ModelName: "AudioPro C10 WiiM edition"}, func(t quirk.Traits) bool {
			return t.DistrustEvents
		}},
		{"known by its SERVER", quirk.Subject{Server: "Linux/6.1 UPnP/1.0 upmpdcli/1.8"}, func(t quirk.Traits) bool {
			return t.Codecs[0] == audio.FLAC
		}},
		{"a television that refuses volume", quirk.Subject{Manufacturer: "Samsung Electronics", ModelName: "UN55C6400"}, func(t quirk.Traits) bool {
			return t.NoVolume && t.Codecs[0] == audio.MP3
		}},
		{"one that looks at its count now and then", quirk.Subject{Manufacturer: "Ivo Clarysse, Henner Zeller", ModelName: "gmediarender", ModelNumber: "0.1"}, func(t quirk.Traits) bool {
			return t.CoarsePosition && t.Codecs[0] == audio.FLAC
		}},
		{"Kodi", quirk.Subject{Manufacturer: "XBMC Foundation", ModelName: "Kodi"}, func(t quirk.Traits) bool { return t.Codecs[0] == audio.FLAC }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := quirk.For(tt.subject); !tt.check(got) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestForLeavesTheTableAlone: rows share their maps and slices.
func TestForLeavesTheTableAlone(t *testing.T) {
	subject := quirk.Subject{Manufacturer: "Sonos, Inc.", SoftwareGeneration: "1", Firmware: "15.2"}
	first := quirk.For(subject)
	for range 3 {
		quirk.For(subject)
	}
	if again := quirk.For(subject); again.Note != first.Note || len(again.Schemes) != len(first.Schemes) {
		t.Errorf("want the same each time, got %+v and %+v", first, again)
	}
}

func TestOffers(t *testing.T) {
	tests := []struct {
		name string
		sink string
		want []string // codec and MIME type
	}{
		{"empty", "", nil},
		{"other protocols", "rtsp-rtp-udp:*:audio/mpeg:*,internal:*:audio/flac:*", nil},
		{"spelled its own format", "http-get:*:audio/x-flac:*,http-get:*:AUDIO/MP3:*", []string{"flac audio/x-flac", "mp3 AUDIO/MP3"}},
		{"twice the same", "http-get:*:audio/mpeg:DLNA.ORG_PN=MP3,http-get:*:audio/mpeg:DLNA.ORG_PN=MP3X", []string{"mp3 audio/mpeg"}},
		{"L16 without a rate", "http-get:*:audio/L16:*", []string{"l16 audio/L16;rate=44100;channels=2"}},
		{"L16 of other rates", "http-get:*:audio/L16;rate=48000;channels=2:*,http-get:*:audio/L16;rate=44100;channels=1:*", nil},
		{"pictures and films", "http-get:*:image/jpeg:*,http-get:*:video/mp4:*", nil},
		{"anything", "http-get:*:*:*", []string{"flac audio/flac", "wav audio/wav", "l16 audio/L16;rate=44100;channels=2", "mp3 audio/mpeg"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, o := range quirk.Offers(media.ParseProtocols(tt.sink)) {
				got = append(got, o.Codec.String()+" "+o.MIME)
			}
			if !slices.Equal(tt.want, got) {
				t.Errorf("want %q, got %q", tt.want, got)
			}
		})
	}
}

func TestEvidenceNames(t *testing.T) {
	seen := map[string]bool{}
	for e := quirk.EvidenceNone; e <= quirk.NoProgress; e++ {
		if name := e.String(); name == "" || seen[name] {
			t.Errorf("evidence %d: want a name of its own, got %q", e, name)
		} else {
			seen[name] = true
		}
	}
}
