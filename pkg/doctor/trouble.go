package doctor

import "strings"

// A Trouble is a finding with a warning or failure.
type Trouble struct {
	Check string // path in the tree: "speakers > Kitchen > description"
	Result
	Watched bool // as in Check
}

// in reports whether a list contains the same trouble with the same status.
func (t Trouble) in(list []Trouble) bool {
	for _, o := range list {
		if o.Check == t.Check && o.Status == t.Status {
			return true
		}
	}
	return false
}

// Steps is what the user can do, in one line.
func (t Trouble) Steps() string {
	var steps []string
	for _, s := range t.Do {
		text := s.Text
		if s.Paste != "" {
			text += " " + strings.ReplaceAll(s.Paste, "\n", "; ")
		}
		steps = append(steps, text)
	}
	return strings.Join(steps, " | ")
}

// Troubles are all findings that warn or failed, in the order of the report.
func (r Report) Troubles() []Trouble { return troubles(r.Findings, "") }

func troubles(findings []Finding, above string) []Trouble {
	var list []Trouble
	for _, f := range findings {
		name := above + f.Name
		if f.Status >= Warning {
			list = append(list, Trouble{Check: name, Result: f.Result, Watched: f.Watched})
		}
		list = append(list, troubles(f.Below, name+" > ")...)
	}
	return list
}
