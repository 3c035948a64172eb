package rule_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/rule"
)

func TestGroups(t *testing.T) {
	groups, err := rule.ParseGroups(`Everywhere=*; Downstairs = Kitchen, living*;; "Up; there" = "Bed, left"` + "\nBath=ba?h,\n")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]map[string]bool{
		"Everywhere": {"": true, "Kitchen": true},
		"Downstairs": {"kitchen": true, "Kitchen left": false, "Living room": true, "Bath": false},
		"Up; there":  {"Bed, left": true, "Bed": false, "left": false},
		"Bath":       {"Bath": true, "bash": true, "Bat": false},
	}
	if len(groups) != len(tests) {
		t.Fatalf("want %d groups, got %v", len(tests), groups)
	}
	for _, g := range groups {
		for name, want := range tests[g.Name] {
			if got := g.Has(name); want != got {
				t.Errorf("%s has %q: want %v, got %v", g.Name, name, want, got)
			}
		}
	}
	want := `Everywhere=*; Downstairs=Kitchen,living*; "Up; there"="Bed, left"; Bath=ba?h`
	if got := groups.String(); want != got {
		t.Errorf("want %s, got %s", want, got)
	}
}

func TestGroupFaults(t *testing.T) {
	var many strings.Builder
	for i := range 33 {
		fmt.Fprintf(&many, "g%d=*;", i)
	}
	tests := map[string]string{
		"A":                     "group 1, A: it has no members",
		"A=":                    "group 1, A: it has no members",
		"=a":                    "group 1: the name is empty",
		"A=a; a=b":              "group 2, a: another group has this name",
		`A="a`:                  "group 1, A: the closing quote is missing",
		`"A" B=a; C`:            "group 1: there is text after a closing quote; group 2, C: it has no members",
		many.String():           "groups: more than 32",
		strings.Repeat("x", 51): "group 1, " + strings.Repeat("x", 51) + ": the name is longer than 50 bytes",
	}
	for text, want := range tests {
		groups, err := rule.ParseGroups(text)
		if groups != nil || err == nil || err.Error() != want {
			t.Errorf("%.20s: want %s, got %v", text, want, err)
		}
	}
}
