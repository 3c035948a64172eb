package rule

import (
	"fmt"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/spelling"
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
	return fmt.Errorf("%q is not known, the nearest is %q", word, spelling.Nearest(word, known))
}

// listed gives "a, b or c".
func listed(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
