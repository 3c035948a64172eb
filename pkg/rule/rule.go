// Package rule is the small language in which a user gives some speakers other
// settings than the rest, and joins speakers to groups:
//
//	name=Kitchen*: codec=mp3, volume-max=60; model=*Bar* & ip=10.0.0.0/8: skip
//	Everywhere=*; Downstairs=Kitchen,Living*
//
// A rule is selectors joined by "&", a colon, and settings separated by commas. A
// rule ends with ";" or at the end of its line, unless the line ends in one of the
// other delimiters. A selector is a key, "=" and a glob; without a key the glob is
// for the name. A text with a delimiter in it is put in double quotes, in which \"
// is a quote and \\ a backslash. The keys are selectorKeys and those of
// settings.Table.
//
// The package reads the text and says which settings hold for a speaker. What
// they do, and what holds where no rule says anything, is not its business.
package rule

import (
	"net/netip"
	"strings"
)

// A Rule gives settings to the speakers that all of its selectors match.
type Rule struct {
	selectors []selector
	settings  Settings
}

// Rules are read in order: of two that match, the later one wins, setting by
// setting.
type Rules []Rule

// A Subject is what is known about a speaker. Name is its own name, before any
// format or rename.
type Subject struct {
	Name, Model, Manufacturer, UDN string
	Addresses                      []netip.Addr
}

// For gives the settings that hold for a speaker.
func (rs Rules) For(s Subject) Settings {
	var settings Settings
	for _, r := range rs {
		if r.matches(s) {
			settings.override(r.settings)
		}
	}
	return settings
}

func (r Rule) matches(s Subject) bool {
	for _, sel := range r.selectors {
		if !sel.matches(s) {
			return false
		}
	}
	return true
}

// String gives a text that Parse reads as the same rules, except that passwords
// are replaced by "[hidden]".
func (rs Rules) String() string {
	texts := make([]string, len(rs))
	for i, r := range rs {
		texts[i] = r.String()
	}
	return strings.Join(texts, "; ")
}

// String gives one rule as Rules.String does.
func (r Rule) String() string {
	selectors := make([]string, len(r.selectors))
	for i, sel := range r.selectors {
		selectors[i] = sel.String()
	}
	return strings.Join(selectors, " & ") + ": " + r.settings.String()
}
