// Package quirk knows what renderers need that no specification says: which
// codec first, which way to tell no length, which DIDL class, whose events lie.
//
// What is known beforehand is data: one table (table.go) of rows, each with
// the public source it was read in. What is not known is found out: a FormatFallback
// holds the ways to give a renderer its stream and moves on by the evidence of
// each failure; a Memory keeps the way that worked for each device.
//
// Nothing here talks to a renderer; only the Memory's file is waited for, by its
// Run. Measuring what is evidence belongs to those who play.
package quirk

import (
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/glob"
)

// A Subject is what a device tells of itself, as far as it does.
type Subject struct {
	Manufacturer       string // description: manufacturer
	ModelName          string
	ModelNumber        string
	Server             string // HTTP header SERVER of the description, or SSDP's
	SoftwareGeneration string // Sonos' swGen: "1" or "2"
	Firmware           string // the version shown to people, as Sonos' displayVersion: "15.2"
	UDN                string // "uuid:..."
}

// For gives what is known of s: all rows that match, where a later row wins
// over an earlier one field by field.
func For(s Subject) Traits {
	var t Traits
	for _, r := range table {
		if r.matches(s) {
			t = t.with(r.Traits)
		}
	}
	return t
}

// A Row is one line of the table. Its patterns are globs without regard to
// case, alternatives with "|" between them; all that are set must match.
type Row struct {
	Manufacturer string
	Model        string // of name or number
	Server       string
	Generation   string
	Firmware     string
	Traits       Traits
	Source       string // where it was read
}

func (r Row) matches(s Subject) bool {
	return fits(r.Manufacturer, s.Manufacturer) &&
		fits(r.Model, s.ModelName, s.ModelNumber) &&
		fits(r.Server, s.Server) &&
		fits(r.Generation, s.SoftwareGeneration) &&
		fits(r.Firmware, s.Firmware)
}

// fits reports whether an alternative of pattern matches one of values. An
// empty pattern asks nothing.
func fits(pattern string, values ...string) bool {
	if pattern == "" {
		return true
	}
	for alternative := range strings.SplitSeq(pattern, "|") {
		if slices.ContainsFunc(values, glob.New(alternative).Matches) {
			return true
		}
	}
	return false
}
