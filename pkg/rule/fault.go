package rule

import (
	"fmt"
	"strings"
)

// A Fault is one thing in a text that cannot be read.
type Fault struct {
	Where   string // "rule 2, codec"; never with a password
	Problem string
}

// String gives `rule 2, codec: "mp4" is not known: ...`.
func (f Fault) String() string { return f.Where + ": " + f.Problem }

// Faults is everything in a text that cannot be read, in its order.
type Faults []Fault

// Error gives all of it in one line.
func (fs Faults) Error() string {
	texts := make([]string, len(fs))
	for i, f := range fs {
		texts[i] = f.String()
	}
	return strings.Join(texts, "; ")
}

// unknown is the error for a word that is none of those known.
func unknown(word string, known []string) error {
	return fmt.Errorf("%q is not known, the nearest is %q", word, nearest(word, known))
}

// listed gives "a, b or c".
func listed(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// longestSlip bounds the words that are compared: nothing longer is near a word
// of the language.
const longestSlip = 64

// nearest finds the known word with the fewest slips; of equals the first.
func nearest(word string, known []string) string {
	word = strings.ToLower(word)
	if len(word) > longestSlip {
		word = word[:longestSlip]
	}
	best, fewest := "", 0
	for _, k := range known {
		if n := slips(word, k); best == "" || n < fewest {
			best, fewest = k, n
		}
	}
	return best
}

// slips counts the bytes to insert, leave out or replace to get from a to b
// (Levenshtein's distance).
func slips(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
