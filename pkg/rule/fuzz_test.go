package rule_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/rule"
)

var seeds = []string{
	"name=Kitchen*: codec=mp3, volume-max=60; model=*Bar*: skip",
	`"a: b" & manufacturer="c\"d\\" & udn=1 & ip=10.0.0.0/8: rename="e;f", include, latency=1.5s` + "\n*: skip",
	`ip="fe80::/10": password="p, q", takeover=never, pause=silence, sync=on, drift=off, delay-ms=7`,
	"a: preroll=1h; b: c:d, \"e",
	"Everywhere=*; Downstairs=Kitchen,Living*",
}

// wantRoundTrip parses the text that rules give and compares.
func wantRoundTrip(t *testing.T, rules rule.Rules) {
	t.Helper()
	text := rules.String()
	again, err := rule.Parse(text)
	if err != nil {
		t.Fatalf("want %s read again, got %v", text, err)
	}
	if again.String() != text || !strings.Contains(text, "password=") && !reflect.DeepEqual(rules, again) {
		t.Errorf("want %s, got %s", text, again)
	}
}

// Whatever a text is cut to, it is read or refused.
func TestTruncated(t *testing.T) {
	for _, seed := range seeds {
		for n := range len(seed) {
			if rules, err := rule.Parse(seed[:n]); err == nil {
				wantRoundTrip(t, rules)
			}
			if _, err := rule.ParseGroups(seed[:n]); err != nil && err.Error() == "" {
				t.Errorf("%s: want a fault that says something", seed[:n])
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := rule.Parse(text)
		if err != nil {
			if rules != nil || err.Error() == "" {
				t.Errorf("want a fault alone, got %v, %v", rules, err)
			}
			return
		}
		rules.For(kitchen)
		wantRoundTrip(t, rules)
	})
}

func FuzzParseGroups(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		groups, err := rule.ParseGroups(text)
		if err != nil {
			return
		}
		again, err := rule.ParseGroups(groups.String())
		if err != nil || !reflect.DeepEqual(groups, again) {
			t.Errorf("want %s, got %s, %v", groups, again, err)
		}
	})
}
