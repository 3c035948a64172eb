package doctor

import (
	"fmt"
	"strings"
	"unicode"
)

// Texts contain the names of speakers, programs and interfaces, which are not
// trusted: every text that leaves this package is printable, so that no name can
// control the reader's terminal, and of bounded length.
const (
	maxTextRunes = 1000
	maxPasteRows = 40
)

// oneLine makes s printable and turns white space into single blanks. Control
// characters, and those that change the direction of writing, become "?".
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return cut(strings.Join(strings.Fields(s), " "))
}

// cut shortens s to maxTextRunes.
func cut(s string) string {
	n := 0
	for i := range s {
		if n == maxTextRunes {
			return s[:i] + "..."
		}
		n++
	}
	return s
}

func (r Result) clean() Result {
	r.Seen, r.Means = oneLine(r.Seen), oneLine(r.Means)
	do := make([]Step, 0, len(r.Do))
	for _, step := range r.Do {
		rows := strings.Split(step.Paste, "\n")
		for i := range rows {
			rows[i] = oneLine(rows[i])
		}
		rows = rows[:min(len(rows), maxPasteRows)]
		do = append(do, Step{Text: oneLine(step.Text), Paste: strings.Join(rows, "\n")})
	}
	r.Do = do
	return r
}

// orNone lists up to a dozen texts, or says that there are none.
func orNone(list []string) string {
	const most = 12
	switch {
	case len(list) == 0:
		return "none"
	case len(list) > most:
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}
