// Package rule is the small language in which a user sets different settings for some
// speakers, and joins speakers into groups:
//
//	name=Kitchen*: codec=mp3, volume-max=60; model=*Bar* & ip=10.0.0.0/8: skip
//	Everywhere=*; Downstairs=Kitchen,Living*
//
// A rule is selectors joined by "&", a colon, and settings separated by commas. A
// rule ends with ";" or at the end of its line, unless the line ends in one of the
// other delimiters. A selector is a key, "=" and a glob; without a key the glob
// matches the name. A text that contains a delimiter must be in double quotes, in
// which \" is a quote and \\ a backslash. The keys are selectorKeys and those of
// settings.Table.
//
// The package parses the text and finds the settings of a speaker. The effect of
// settings, and their defaults, are defined elsewhere.
package rule

import (
	"net/netip"
	"strings"
)

// A Rule sets settings for the speakers that all of its selectors match.
type Rule struct {
	selectors []selector
	settings  Settings
}

// Rules are applied in order: of two that match a speaker, the later one wins, for
// each setting separately.
type Rules []Rule

// A Subject is the properties of a speaker that selectors match. Name is its own
// name, before any format or rename.
type Subject struct {
	Name, Model, ModelNumber, Manufacturer, UDN string
	Addresses                                   []netip.Addr
}

// For is the settings that the rules set for a speaker.
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

// String is a text that Parse reads as the same rules, except that passwords are
// replaced by "[hidden]".
func (rs Rules) String() string {
	texts := make([]string, len(rs))
	for i, r := range rs {
		texts[i] = r.String()
	}
	return strings.Join(texts, "; ")
}

// String is one rule in the form of Rules.String.
func (r Rule) String() string {
	selectors := make([]string, len(r.selectors))
	for i, sel := range r.selectors {
		selectors[i] = sel.String()
	}
	return strings.Join(selectors, " & ") + ": " + r.settings.String()
}
