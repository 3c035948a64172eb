package rule

import (
	"slices"
	"strings"
	"unicode"
)

// A glob matches whole texts in any case: "*" stands for any text, "?" for any
// character. Brackets are plain text, since many a television has them in its
// name.
type glob []rune

func newGlob(pattern string) glob { return glob(fold(pattern)) }

// fold makes texts that differ only in case equal.
func fold(text string) string {
	return strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, text)
}

// matches goes back to the last star only: an earlier one needs no other try,
// so the time is at most the product of both lengths.
func (g glob) matches(text string) bool {
	runes := []rune(fold(text))
	at, in := 0, 0        // the place in runes, in g
	star, resume := -1, 0 // the last star in g, and where in runes its text ends
	for at < len(runes) {
		switch {
		case in < len(g) && g[in] == '*':
			star, resume = in, at
			in++
		case in < len(g) && (g[in] == '?' || g[in] == runes[at]):
			in++
			at++
		case star >= 0:
			resume++
			in, at = star+1, resume
		default:
			return false
		}
	}
	return !slices.ContainsFunc(g[in:], func(r rune) bool { return r != '*' })
}
