package bridge

import (
	"reflect"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/dlna/stream"
	"github.com/breezeway-audio/breezeway/pkg/rule"
)

// Each setting of a rule takes the place of what holds for all, and no other.
func TestSettingsOfARule(t *testing.T) {
	all := Settings{
		Play:       PlayOptions{Codecs: []audio.Codec{audio.WAV}, BlockFrames: 1152, BitrateKbps: 320, Drift: true, Artwork: true},
		Volume:     VolumeOptions{Min: 0.2, Max: 0.8},
		Latency:    time.Second,
		SkipNative: true,
	}
	half := 0.5
	cases := map[string]func(s *Settings){
		"codec=mp3":              func(s *Settings) { s.Play.Codecs = []audio.Codec{audio.MP3} },
		"codec=auto":             func(s *Settings) { s.Play.Codecs = nil },
		"length=chunked":         func(s *Settings) { s.Play.Lengths = []stream.LengthMode{stream.LengthChunked} },
		"length=auto":            func(s *Settings) { s.Play.Lengths = nil },
		"flac-block=576":         func(s *Settings) { s.Play.BlockFrames = 576 },
		"mp3-bitrate=192":        func(s *Settings) { s.Play.BitrateKbps = 192 },
		"preroll=2s":             func(s *Settings) { s.Play.Preroll = 2 * time.Second },
		"delay-ms=30":            func(s *Settings) { s.Play.Behind = 30 * time.Millisecond },
		"pause=silence":          func(s *Settings) { s.Play.PauseSilent = true },
		"drift=off":              func(s *Settings) { s.Play.Drift = false },
		"artwork=off":            func(s *Settings) { s.Play.Artwork = false },
		"latency=3s":             func(s *Settings) { s.Latency = 3 * time.Second },
		"password=sesame":        func(s *Settings) { s.Password = "sesame" },
		"takeover=always":        func(s *Settings) { s.Takeover = raop.TakeoverAlways },
		"takeover=never":         func(s *Settings) { s.Takeover = raop.TakeoverNever },
		"skip-native=off":        func(s *Settings) { s.SkipNative = false },
		"volume-max=60":          func(s *Settings) { s.Volume.Max = 0.6 },
		"volume-max=10":          func(s *Settings) { s.Volume.Min, s.Volume.Max = 0.1, 0.1 }, // below the least of all speakers
		"volume-min=10":          func(s *Settings) { s.Volume.Min = 0.1 },
		"volume-start=50":        func(s *Settings) { s.Volume.Start = &half },
		"volume-curve=db":        func(s *Settings) { s.Volume.Curve = CurveDB },
		"volume-fixed=on":        func(s *Settings) { s.Volume.Fixed = true },
		`rename="Bar"`:           func(*Settings) {}, // the target's
		"skip":                   func(*Settings) {},
		"latency=2s, drift=auto": func(s *Settings) { s.Latency = 2 * time.Second },
	}
	for text, change := range cases {
		t.Run(text, func(t *testing.T) {
			rules, err := rule.Parse("Kitchen: " + text)
			if err != nil {
				t.Fatal(err)
			}
			want := all
			change(&want)
			if got := all.with(rules.For(rule.Subject{Name: "Kitchen"})); !reflect.DeepEqual(want, got) {
				t.Errorf("want %+v, got %+v", want, got)
			}
			if got := all.with(rules.For(rule.Subject{Name: "Bath"})); !reflect.DeepEqual(all, got) {
				t.Errorf("want another speaker left alone, got %+v", got)
			}
		})
	}
}
