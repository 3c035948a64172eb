package media

import "strings"

// latin1Letters are the ASCII spellings of U+00C0 to U+00FF.
var latin1Letters = [64]string{
	"A", "A", "A", "A", "Ae", "A", "AE", "C", "E", "E", "E", "E", "I", "I", "I", "I",
	"D", "N", "O", "O", "O", "O", "Oe", "x", "O", "U", "U", "U", "Ue", "Y", "Th", "ss",
	"a", "a", "a", "a", "ae", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
	"d", "n", "o", "o", "o", "o", "oe", "/", "o", "u", "u", "u", "ue", "y", "th", "y",
}

// asciiMarks are the ASCII spellings of other signs that titles often have.
var asciiMarks = map[rune]string{
	'\u00a0': " ", '–': "-", '—': "-", '‘': "'", '’': "'", '“': `"`, '”': `"`, '„': `"`, '…': "...",
	'«': `"`, '»': `"`, '©': "(c)", '®': "(R)", '™': "(TM)", 'Œ': "OE", 'œ': "oe", 'Š': "S", 'š': "s",
	'Ž': "Z", 'ž': "z", 'Ł': "L", 'ł': "l", '€': "EUR",
}

// foldASCII spells s in ASCII: Western letters without their accents, a
// question mark for what has no ASCII spelling.
func foldASCII(s string) string {
	var b strings.Builder
	for _, r := range s {
		mark, known := asciiMarks[r]
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r >= 0xc0 && r <= 0xff:
			b.WriteString(latin1Letters[r-0xc0])
		case known:
			b.WriteString(mark)
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}
