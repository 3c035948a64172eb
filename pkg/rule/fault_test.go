package rule_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/rule"
)

func TestFaults(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"an unknown key":        {"nam=a: skip", []string{`rule 1: "nam" is not known, the nearest is "name"`}},
		"an unknown setting":    {"a: codek=mp3", []string{`rule 1: "codek" is not known, the nearest is "codec"`}},
		"an unknown word":       {"a: skipp", []string{`rule 1: "skipp" is not known, the nearest is "skip"`}},
		"an unknown value":      {"a: codec=mp4", []string{`rule 1, codec: "mp4" is not known, the nearest is "mp3"`}},
		"no number":             {"a: volume-max=loud", []string{`rule 1, volume-max: "loud" is not a whole number from 0 to 100`}},
		"too loud":              {"a: volume-max=101", []string{`rule 1, volume-max: "101" is not a whole number from 0 to 100`}},
		"too short":             {"a: latency=99ms", []string{`rule 1, latency: "99ms" is not a duration from 100ms to 8s`}},
		"no duration":           {"a: preroll=2", []string{`rule 1, preroll: "2" is not a duration from 0s to 10s`}},
		"bitrate":               {"a: mp3-bitrate=100", []string{`rule 1, mp3-bitrate: "100" is not 128, 192, 256 or 320`}},
		"a delay backwards":     {"a: delay-ms=-1", []string{`rule 1, delay-ms: "-1" is not a whole number from 0 to 10000`}},
		"neither on nor off":    {"a: artwork=no", []string{`rule 1, artwork: "no" is not known, the nearest is "on"`}},
		"a name too long":       {"a: rename=" + strings.Repeat("x", 51), []string{"rule 1, rename: the name is longer than 50 bytes"}},
		"no name":               {`a: rename=""`, []string{"rule 1, rename: the name is empty"}},
		"a line in a name":      {"a: rename=\"x\ny\"", []string{"rule 1, rename: the name contains control characters"}},
		"an address":            {"ip=1.2.3: skip", []string{"rule 1, ip: neither an address nor a CIDR; IPv6 must be in quotes"}},
		"a zone":                {`ip="fe80::1%eth0": skip`, []string{"rule 1, ip: neither an address nor a CIDR; IPv6 must be in quotes"}},
		"no pattern":            {"name=: skip", []string{"rule 1, name: the pattern is missing"}},
		"no selector":           {": skip", []string{"rule 1, name: the pattern is missing"}},
		"no second selector":    {"a & : skip", []string{"rule 1, name: the pattern is missing"}},
		"no settings":           {"a:", []string{"rule 1: the settings after the colon are missing"}},
		"no colon":              {"a", []string{"rule 1: the colon and the settings are missing"}},
		"a value missing":       {"a: codec", []string{"rule 1, codec: a value is missing: auto, flac, wav, l16 or mp3"}},
		"a value too many":      {"a: skip=on", []string{"rule 1, skip: it must not have a value"}},
		"given twice":           {"a: codec=wav, codec=wav", []string{"rule 1, codec: it is set twice"}},
		"contradiction":         {"a: skip, include", []string{"rule 1, include: it is set twice"}},
		"volumes crossed":       {"a: volume-min=50, volume-max=40", []string{"rule 1: volume-min 50 is above volume-max 40"}},
		"a semicolon forgotten": {"a: codec=mp3, b: skip", []string{"rule 1: a colon must be in quotes, and a semicolon ends a rule"}},
		"a bare colon":          {"a: rename=b: c, skip; d: skipp", []string{"rule 1, rename: a colon must be in quotes, and a semicolon ends a rule", `rule 2: "skipp" is not known, the nearest is "skip"`}},
		"a quote left open":     {`a: rename="b; c: skip`, []string{"rule 1, rename: the closing quote is missing"}},
		"text behind a quote":   {`a: rename="b" c, skip`, []string{"rule 1, rename: there is text after a closing quote"}},
		"the same in selectors": {`"b" c=d: skip`, []string{"rule 1, name: there is text after a closing quote"}},
		"not UTF-8":             {"a\xff: skip", []string{"rules: not UTF-8"}},
		"too long":              {strings.Repeat(";", 64<<10+1), []string{"rules: longer than 65536 bytes"}},
		"all together": {"a: codec=x; ; b: skipp, volume-max=-1\nmode=x & ip=y: include", []string{
			`rule 1, codec: "x" is not known, the nearest is "wav"`,
			`rule 2: "skipp" is not known, the nearest is "skip"`,
			`rule 2, volume-max: "-1" is not a whole number from 0 to 100`,
			`rule 3: "mode" is not known, the nearest is "model"`,
			"rule 3, ip: neither an address nor a CIDR; IPv6 must be in quotes",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			rules, err := rule.Parse(test.text)
			var faults rule.Faults
			if rules != nil || !errors.As(err, &faults) {
				t.Fatalf("want Faults alone, got %v, %v", rules, err)
			}
			if want, got := strings.Join(test.want, "; "), err.Error(); want != got {
				t.Errorf("want %s\n got %s", want, got)
			}
		})
	}
}

// A password that should have been quoted falls apart into words.
func TestFaultsHideThePassword(t *testing.T) {
	for _, text := range []string{
		"a: password=x,sesame", "a: password=x,sesame=1", "a: password=x:sesame", "a: password=x;sesame", "a: password=x;sesame=1: skip",
		`a: password="sesame" x`, `a: password="sesame`, "a: pasword=sesame", "a: password sesame", "a: password=x;b: password=sesame",
		"a: password=x; sesame: codec",
	} {
		_, err := rule.Parse(text + ", codec=y")
		if err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: want a fault without the password, got %v", text, err)
		}
	}
}
