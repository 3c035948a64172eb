package config

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// namePlace is replaced by the speaker's own name.
const namePlace = "%s"

// A NameFormat makes the AirPlay name of a speaker from its own name.
type NameFormat string

// Apply returns the AirPlay name.
func (f NameFormat) Apply(name string) string {
	return strings.Replace(string(f), namePlace, name, 1)
}

// UnmarshalText refuses formats that would give all speakers one name, or a
// name that DNS-SD cannot carry (RFC 6763 section 4.1.1).
func (f *NameFormat) UnmarshalText(text []byte) error {
	s := string(text)
	switch {
	case strings.Count(s, namePlace) != 1:
		return errors.New("it must contain %s exactly once")
	case !utf8.ValidString(s):
		return errors.New("not UTF-8")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("it contains control characters")
	}
	*f = NameFormat(s)
	return nil
}
