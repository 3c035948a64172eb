package glob_test

import (
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/glob"
)

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"?", "", false},
		{"kitchen", "Kitchen", true},
		{"Kitchen", "Kitchen left", false},
		{"*left", "Kitchen left", true},
		{"*l*e*t", "Kitchen left", true},
		{"*l*e*tt", "Kitchen left", false},
		{"K??chen*", "Kitchen left", true},
		{"[TV]*", "[TV] Bar", true},
		{"[TV]*", "T", false},
		{"KÜCHE ΣΑΣ", "Küche σας", true},
		{"*a*a*a*a*b", strings.Repeat("a", 10000), false},
	} {
		if got := glob.New(test.pattern).Matches(test.text); got != test.want {
			t.Errorf("%q, %.20q: want %v, got %v", test.pattern, test.text, test.want, got)
		}
	}
}
