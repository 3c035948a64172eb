package raop

import (
	"strings"
	"unicode/utf8"
)

const maxTextBytes = 1024 // of a name or a title; longer ones are cut

// cleanText makes a sender's text fit to be shown: in UTF-8, without NULs,
// bounded. airtunes2 writes Latin-1, and what is not UTF-8 is read as that.
func cleanText[T string | []byte](text T) string {
	start := text[:min(len(text), maxTextBytes)]
	clean := strings.ToValidUTF8(string(start), "") // drops half a rune at the cut
	if !utf8.ValidString(string(text)) {
		clean = latin1([]byte(start))
	}
	return strings.Trim(strings.ReplaceAll(clean, "\x00", ""), " \r\n\t")
}

func latin1(b []byte) string {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}
