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
	"github.com/breezeway-audio/breezeway/pkg/settings"
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
	type speaker = settings.Speaker
	tests := map[string]struct {
		text string
		want speaker // what else is in it, no rule says
	}{
		"skip":             {"skip", speaker{Offer: settings.OfferNever}},
		"include":          {"include", speaker{Offer: settings.OfferAlways}},
		"codec":            {"codec=mp3", speaker{Codec: audio.MP3}},
		"codec in any way": {" CODEC = Flac ", speaker{Codec: audio.FLAC}},
		"codec auto":       {"codec=auto", speaker{Codec: audio.CodecUnknown}},
		"length":           {"length=chunked", speaker{Length: settings.LengthChunked}},
		"rename":           {`rename="Bob's \"Den\", up: 1\\2"`, speaker{Rename: `Bob's "Den", up: 1\2`}},
		"rename bare":      {`rename=Tom & Jerry = 12" \ fun`, speaker{Rename: `Tom & Jerry = 12" \ fun`}},
		"volume": {"volume-max=100, volume-min=0, volume-start=30", speaker{
			Volume: settings.Volume{Max: 100, Min: 0, Start: settings.StartVolume{Percent: 30, Set: true}},
		}},
		"curve":       {"volume-curve=db, volume-fixed=on", speaker{Volume: settings.Volume{Curve: settings.CurveDB, Fixed: true}}},
		"times":       {"latency=1s, preroll=0s, delay-ms=120", speaker{Latency: time.Second, Preroll: 0, Delay: 120 * time.Millisecond}},
		"password":    {`password="a, b"`, speaker{Password: "a, b"}},
		"no password": {`password=`, speaker{Password: ""}},
		"policies":    {"takeover=never, pause=silence", speaker{Takeover: settings.TakeoverNever, Pause: settings.PauseSilence}},
		"encoders":    {"flac-block=4608, mp3-bitrate=192", speaker{FLACBlock: 4608, MP3Bitrate: 192}},
		"switches": {"sync=on, drift=off, skip-native=off, artwork=on, restore=on", speaker{
			Sync: true, Drift: false, SkipNative: false, Artwork: true, Restore: true,
		}},
		"commas too many": {",codec=wav,,", speaker{Codec: audio.WAV}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := settingsOf(t, test.text).Over(speaker{}); test.want != got {
				t.Errorf("want %v, got %v", test.want, got)
			}
		})
	}
}

// everything sets each setting, none to its zero value.
const everything = `skip, rename=a, codec=wav, flac-block=1152, mp3-bitrate=320, length=fake, volume-max=9, volume-min=1,
	volume-start=5, volume-curve=db, volume-fixed=on, latency=2s, preroll=1s, delay-ms=1, password=x, takeover=always,
	pause=silence, sync=on, drift=auto, skip-native=on, artwork=on, restore=on`

// No field of a speaker is without a word.
func TestEveryFieldHasAWord(t *testing.T) {
	set := settingsOf(t, everything).Over(settings.Speaker{})
	for field, v := range reflect.ValueOf(set).Fields() {
		if v.IsZero() {
			t.Errorf("%s: want it set", field.Name)
		}
	}
	for field, v := range reflect.ValueOf(set.Volume).Fields() {
		if v.IsZero() {
			t.Errorf("volume %s: want it set", field.Name)
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
			if got := rules.For(kitchen) != (rule.Settings{}); want != got {
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
	if rules.For(rule.Subject{Name: "Küche σας"}) == (rule.Settings{}) {
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
	want := settings.Speaker{Codec: audio.MP3, Volume: settings.Volume{Max: 60}, Offer: settings.OfferAlways}
	if got := rules.For(kitchen).Over(settings.Speaker{}); want != got {
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
	ruled := rules.For(rule.Subject{Name: "a"})
	speaker := ruled.Over(settings.Default())
	encoded, err := json.Marshal(speaker)
	if err != nil {
		t.Fatal(err)
	}
	password := speaker.Password
	for _, shown := range []string{
		fmt.Sprint(rules), fmt.Sprintf("%+v", rules), fmt.Sprint(ruled), fmt.Sprintf("%+v %#v", ruled, ruled), fmt.Sprintf("%+v %#v", speaker, speaker), fmt.Sprintf("%#v %q %v", password, password, password), string(encoded),
	} {
		if strings.Contains(shown, "sesame") {
			t.Errorf("the password shows in %s", shown)
		}
	}
	if password.Reveal() != "sesame" {
		t.Errorf("want sesame revealed, got %q", password.Reveal())
	}
}

func TestModelMatchesNameOrNumber(t *testing.T) {
	rules, err := rule.Parse("model=ZP90: skip")
	if err != nil {
		t.Fatal(err)
	}
	number := rules.For(rule.Subject{Model: "Connect", ModelNumber: "ZP90"})
	if number == (rule.Settings{}) || rules.For(rule.Subject{Model: "Connect"}) != (rule.Settings{}) {
		t.Error("want the rule for the number, and for it alone")
	}
}
