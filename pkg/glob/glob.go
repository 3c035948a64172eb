// Package glob matches names of devices against patterns that users and tables
// write: "*" stands for any text, "?" for any character, case does not matter.
// Brackets are plain text, unlike in path.Match, since many a television has
// them in its name.
package glob

import (
	"slices"
	"strings"
	"unicode"
)

// A Pattern matches whole texts. Its zero value matches the empty text.
type Pattern struct{ runes []rune }

// New compiles a pattern; every text is one.
func New(pattern string) Pattern { return Pattern{[]rune(Fold(pattern))} }

// Fold makes texts equal that differ only in case.
func Fold(text string) string {
	return strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, text)
}

// Matches goes back to the last star only: an earlier one needs no other try,
// so the time is at most the product of both lengths.
func (p Pattern) Matches(text string) bool {
	pattern, runes := p.runes, []rune(Fold(text))
	at, in := 0, 0        // the place in runes, in pattern
	star, resume := -1, 0 // the last star in pattern, and where in runes its text ends
	for at < len(runes) {
		switch {
		case in < len(pattern) && pattern[in] == '*':
			star, resume = in, at
			in++
		case in < len(pattern) && (pattern[in] == '?' || pattern[in] == runes[at]):
			in++
			at++
		case star >= 0:
			resume++
			in, at = star+1, resume
		default:
			return false
		}
	}
	return !slices.ContainsFunc(pattern[in:], func(r rune) bool { return r != '*' })
}
