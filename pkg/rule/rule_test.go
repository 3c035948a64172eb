package rule_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/rule"
)

var kitchen = rule.Subject{
	Name: "Kitchen left", Model: "[TV] Sound Bar 700", Manufacturer: "Acme, Inc.", UDN: "uuid:0000-12ab",
	Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("fe80::7%eth0")},
}

// settingsOf parses one rule for everything and gives its settings.
func settingsOf(t *testing.T, settings string) rule.Settings {
	t.Helper()
	rules, err := rule.Parse("*: " + settings)
	if err != nil {
		t.Fatal(err)
	}
	return rules.For(rule.Subject{})
}

func TestSettings(t *testing.T) {
	tests := map[string]struct {
		text string
		want rule.Settings
	}{
		"skip":             {"skip", rule.Settings{Skip: new(true)}},
		"include":          {"include", rule.Settings{Skip: new(false)}},
		"codec":            {"codec=mp3", rule.Settings{Codec: new(audio.MP3)}},
		"codec in any way": {" CODEC = Flac ", rule.Settings{Codec: new(audio.FLAC)}},
		"codec auto":       {"codec=auto", rule.Settings{Codec: new(audio.CodecUnknown)}},
		"length":           {"length=chunked", rule.Settings{Length: new(rule.LengthChunked)}},
		"rename":           {`rename="Bob's \"Den\", up: 1\\2"`, rule.Settings{Rename: new(`Bob's "Den", up: 1\2`)}},
		"rename bare":      {`rename=Tom & Jerry = 12" \ fun`, rule.Settings{Rename: new(`Tom & Jerry = 12" \ fun`)}},
		"volume": {"volume-max=100, volume-min=0, volume-start=30", rule.Settings{
			VolumeMax: new(100), VolumeMin: new(0), VolumeStart: new(30),
		}},
		"curve":       {"volume-curve=db, volume-fixed=on", rule.Settings{VolumeCurve: new(rule.CurveDB), VolumeFixed: new(true)}},
		"times":       {"latency=1s, preroll=0s, delay-ms=120", rule.Settings{Latency: new(time.Second), Preroll: new(time.Duration(0)), Delay: new(120 * time.Millisecond)}},
		"password":    {`password="a, b"`, rule.Settings{Password: new(rule.Password("a, b"))}},
		"no password": {`password=`, rule.Settings{Password: new(rule.Password(""))}},
		"policies":    {"takeover=never, pause=silence", rule.Settings{Takeover: new(rule.TakeoverNever), Pause: new(rule.PauseSilence)}},
		"encoders":    {"flac-block=4608, mp3-bitrate=192", rule.Settings{FLACBlock: new(4608), MP3Bitrate: new(192)}},
		"switches": {"sync=on, drift=off, skip-native=off, artwork=on, restore=on", rule.Settings{
			Sync: new(true), Drift: new(false), SkipNative: new(false), Artwork: new(true), Restore: new(true),
		}},
		"commas too many": {",codec=wav,,", rule.Settings{Codec: new(audio.WAV)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := settingsOf(t, test.text); !reflect.DeepEqual(test.want, got) {
				t.Errorf("want %v, got %v", test.want, got)
			}
		})
	}
}

// No field of Settings is without a word.
func TestEveryFieldHasAWord(t *testing.T) {
	s := settingsOf(t, `skip, rename=a, codec=wav, flac-block=1152, mp3-bitrate=320, length=fake, volume-max=9, volume-min=1,
		volume-start=5, volume-curve=linear, volume-fixed=off, latency=2s, preroll=1s, delay-ms=1, password=x, takeover=same,
		pause=stop, sync=off, drift=auto, skip-native=on, artwork=off, restore=off`)
	for field, v := range reflect.ValueOf(s).Fields() {
		if v.IsNil() {
			t.Errorf("%s: want it set", field.Name)
		}
	}
}

func TestSelectors(t *testing.T) {
	tests := map[string]bool{
		"*":                                  true,
		"Kitchen left":                       true,
		"kitchen*":                           true,
		"KITCHEN ????":                       true,
		"Kitchen":                            false,
		"left":                               false,
		"*left*":                             true,
		"*e*n*l*t":                           true,
		"*e*n*l*":                            true,
		"*e*n*l*tt":                          false,
		"name=Kitchen left?":                 false,
		"name=Kitchen left*":                 true,
		"model=[TV]*":                        true,
		"model=*bar*":                        true,
		`manufacturer="Acme, Inc."`:          true,
		"manufacturer=Other":                 false,
		`udn="uuid:0000-12AB"`:               true,
		"udn=0000-*":                         true,
		"udn=0001-*":                         false,
		"ip=192.0.2.7":                       true,
		"ip=192.0.2.8":                       false,
		"ip=192.0.2.99/24":                   true,
		`ip="::ffff:192.0.2.7"`:              true,
		`ip="fe80::/10"`:                     true,
		`ip="2001:db8::/32"`:                 false,
		"name=Kitchen* & model=*Bar*":        true,
		"Kitchen*&ip=192.0.2.0/24&udn=*12ab": true,
		"name=Kitchen* & model=Other":        false,
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			rules, err := rule.Parse(text + ": skip")
			if err != nil {
				t.Fatal(err)
			}
			if got := rules.For(kitchen).Skip != nil; want != got {
				t.Errorf("want a match %v, got %v", want, got)
			}
		})
	}
}

func TestCaseBeyondASCII(t *testing.T) {
	rules, err := rule.Parse("KÜCHE ΣΑΣ: skip")
	if err != nil {
		t.Fatal(err)
	}
	if rules.For(rule.Subject{Name: "Küche σας"}).Skip == nil {
		t.Error("want a match in any case")
	}
}

func TestLaterRulesWinSettingBySetting(t *testing.T) {
	rules, err := rule.Parse(`
		*: codec=flac, volume-max=50, skip
		Bath: codec=wav
		Kitchen* &
			model=*: include,
			codec=mp3; model=*Bar*: volume-max=60`)
	if err != nil {
		t.Fatal(err)
	}
	want := rule.Settings{Codec: new(audio.MP3), VolumeMax: new(60), Skip: new(false)}
	if got := rules.For(kitchen); !reflect.DeepEqual(want, got) {
		t.Errorf("want %v, got %v", want, got)
	}
	if got := rule.Rules(nil).For(kitchen); got != (rule.Settings{}) {
		t.Errorf("want nothing without rules, got %v", got)
	}
}

func TestNothing(t *testing.T) {
	for _, text := range []string{"", " ", ";", " ;\n\r\n; "} {
		if rules, err := rule.Parse(text); len(rules) != 0 || err != nil {
			t.Errorf("%q: want nothing, got %v, %v", text, rules, err)
		}
	}
}

func TestString(t *testing.T) {
	tests := map[string]string{
		"Kitchen*:codec=MP3,volume-max=60;\nModel=*Bar*:skip": "name=Kitchen*: codec=mp3, volume-max=60; model=*Bar*: skip",
		`"a: b" & ip=10.0.0.0/8: rename="c;d", include`:       `name="a: b" & ip=10.0.0.0/8: include, rename="c;d"`,
		"a: password=secret, delay-ms=5":                      "name=a: delay-ms=5, password=[hidden]",
		`a: password=""`:                                      `name=a: password=""`,
	}
	for text, want := range tests {
		rules, err := rule.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := rules.String(); want != got {
			t.Errorf("want %s, got %s", want, got)
		}
	}
}

func TestPasswordDoesNotShow(t *testing.T) {
	rules, err := rule.Parse("a: password=sesame")
	if err != nil {
		t.Fatal(err)
	}
	settings := rules.For(rule.Subject{Name: "a"})
	encoded, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	password := *settings.Password
	for _, shown := range []string{
		fmt.Sprint(rules), fmt.Sprintf("%+v", rules), fmt.Sprint(settings), fmt.Sprintf("%#v %q %v", password, password, password), string(encoded),
	} {
		if strings.Contains(shown, "sesame") {
			t.Errorf("the password shows in %s", shown)
		}
	}
	if password.Reveal() != "sesame" {
		t.Errorf("want sesame revealed, got %q", password.Reveal())
	}
}
