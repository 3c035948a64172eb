package rule

import "strings"

// A Fault is one mistake in a text.
type Fault struct {
	Where   string // "rule 2, codec"; never with a password
	Problem string
}

// String is `rule 2, codec: "mp4" is not known: ...`.
func (f Fault) String() string { return f.Where + ": " + f.Problem }

// Faults are all mistakes in a text, in its order.
type Faults []Fault

// Error is all mistakes in one line.
func (fs Faults) Error() string {
	texts := make([]string, len(fs))
	for i, f := range fs {
		texts[i] = f.String()
	}
	return strings.Join(texts, "; ")
}
