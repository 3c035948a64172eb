package rule_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// Each setting of a rule takes the place of what holds for all, and no other.
func TestSettingsOfARule(t *testing.T) {
	all := settings.Default()
	all.Codec, all.Latency, all.Volume = audio.WAV, time.Second, settings.Volume{Min: 20, Max: 80}
	all.Preroll, all.Password, all.Sync, all.Restore = time.Second, "open", true, true
	cases := map[string]func(s *settings.Speaker){
		"codec=mp3":              func(s *settings.Speaker) { s.Codec = audio.MP3 },
		"codec=auto":             func(s *settings.Speaker) { s.Codec = audio.CodecUnknown },
		"length=chunked":         func(s *settings.Speaker) { s.Length = settings.LengthChunked },
		"length=auto":            func(s *settings.Speaker) { s.Length = settings.LengthAuto },
		"flac-block=576":         func(s *settings.Speaker) { s.FLACBlock = 576 },
		"mp3-bitrate=192":        func(s *settings.Speaker) { s.MP3Bitrate = 192 },
		"preroll=2s":             func(s *settings.Speaker) { s.Preroll = 2 * time.Second },
		"preroll=0s":             func(s *settings.Speaker) { s.Preroll = 0 },
		"password=":              func(s *settings.Speaker) { s.Password = "" },
		"sync=off":               func(s *settings.Speaker) { s.Sync = false },
		"restore=off":            func(s *settings.Speaker) { s.Restore = false },
		"volume-min=0":           func(s *settings.Speaker) { s.Volume.Min = 0 },
		"delay-ms=30":            func(s *settings.Speaker) { s.Delay = 30 * time.Millisecond },
		"pause=silence":          func(s *settings.Speaker) { s.Pause = settings.PauseSilence },
		"drift=off":              func(s *settings.Speaker) { s.Drift = false },
		"artwork=off":            func(s *settings.Speaker) { s.Artwork = false },
		"latency=3s":             func(s *settings.Speaker) { s.Latency = 3 * time.Second },
		"password=sesame":        func(s *settings.Speaker) { s.Password = "sesame" },
		"takeover=always":        func(s *settings.Speaker) { s.Takeover = settings.TakeoverAlways },
		"takeover=never":         func(s *settings.Speaker) { s.Takeover = settings.TakeoverNever },
		"skip-native=off":        func(s *settings.Speaker) { s.SkipNative = false },
		"volume-max=60":          func(s *settings.Speaker) { s.Volume.Max = 60 },
		"volume-max=10":          func(s *settings.Speaker) { s.Volume.Min, s.Volume.Max = 10, 10 }, // below the least of all speakers
		"volume-min=10":          func(s *settings.Speaker) { s.Volume.Min = 10 },
		"volume-start=50":        func(s *settings.Speaker) { s.Volume.Start = settings.StartVolume{Percent: 50, Set: true} },
		"volume-curve=db":        func(s *settings.Speaker) { s.Volume.Curve = settings.CurveDB },
		"volume-fixed=on":        func(s *settings.Speaker) { s.Volume.Fixed = true },
		`rename="Bar"`:           func(s *settings.Speaker) { s.Rename = "Bar" },
		"skip":                   func(s *settings.Speaker) { s.Offer = settings.OfferNever },
		"include":                func(s *settings.Speaker) { s.Offer = settings.OfferAlways },
		"latency=2s, drift=auto": func(s *settings.Speaker) { s.Latency = 2 * time.Second },
	}
	for text, change := range cases {
		t.Run(text, func(t *testing.T) {
			rules, err := rule.Parse("Kitchen: " + text)
			if err != nil {
				t.Fatal(err)
			}
			want := all
			change(&want)
			if got := rules.For(rule.Subject{Name: "Kitchen"}).Over(all); want != got {
				t.Errorf("want %+v, got %+v", want, got)
			}
			if got := rules.For(rule.Subject{Name: "Bath"}).Over(all); all != got {
				t.Errorf("want another speaker left alone, got %+v", got)
			}
		})
	}
}
