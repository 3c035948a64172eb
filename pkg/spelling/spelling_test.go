package spelling_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/spelling"
)

func TestNearest(t *testing.T) {
	codecs := []string{"auto", "flac", "wav", "l16", "mp3"}
	tests := map[string]struct {
		word  string
		known []string
		want  string
	}{
		"the word itself":       {"wav", codecs, "wav"},
		"in another case":       {"FLAC", codecs, "flac"},
		"known in another case": {"latncy", []string{"GRACE", "LATENCY"}, "LATENCY"},
		"a letter left out":     {"flc", codecs, "flac"},
		"a letter too many":     {"autoo", codecs, "auto"},
		"a letter wrong":        {"mp4", codecs, "mp3"},
		"a swap is one error":   {"abcd", []string{"axcy", "bacd"}, "bacd"},
		"the first of several":  {"bat", []string{"cat", "rat"}, "cat"},
		"no word":               {"", codecs, "wav"},
		"nothing known":         {"wav", nil, ""},
		"nothing alike":         {strings.Repeat("\xff", 1000), codecs, "auto"},
		"only the end differs":  {strings.Repeat("a", 64) + "b", []string{"b", strings.Repeat("a", 65)}, strings.Repeat("a", 65)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := spelling.Nearest(test.word, test.known); got != test.want {
				t.Errorf("want %q, got %q", test.want, got)
			}
		})
	}
}

func FuzzNearest(f *testing.F) {
	f.Add("latncy", "latency", "grace")
	f.Add("", "", "")
	f.Add(strings.Repeat("İ", 100), "\xff", "a")
	f.Fuzz(func(t *testing.T, word, a, b string) {
		known := []string{a, b}
		if got := spelling.Nearest(word, known); !slices.Contains(known, got) {
			t.Errorf("want one of %q, got %q", known, got)
		}
	})
}
