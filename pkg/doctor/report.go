package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// A Report is the outcome of one run.
type Report struct {
	Began    time.Time
	Took     time.Duration
	Findings []Finding
}

// Worst is the worst status of all findings.
func (r Report) Worst() Status { return worst(r.Findings) }

func worst(findings []Finding) Status {
	w := Skipped
	for _, f := range findings {
		w = max(w, f.Status, worst(f.Below))
	}
	return w
}

// ExitCode is 1 when a check failed, else 0; warnings do not count.
func (r Report) ExitCode() int {
	if r.Worst() == Failed {
		return 1
	}
	return 0
}

// count counts findings of one status.
func count(findings []Finding, s Status) (n int) {
	for _, f := range findings {
		if f.Status == s {
			n++
		}
		n += count(f.Below, s)
	}
	return n
}

// document is the JSON form of a report.
type document struct {
	Status Status    `json:"status"`
	Began  time.Time `json:"began"`
	TookMS int64     `json:"took_ms"`
	Checks []Finding `json:"checks"`
}

func (r Report) document() document {
	return document{r.Worst(), r.Began, r.Took.Milliseconds(), r.Findings}
}

// WriteJSON writes the report as one JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(r.document()); err != nil {
		return fmt.Errorf("doctor: write report: %w", err)
	}
	return nil
}

// indent is one level of the tree.
const indent = "  "

// WriteText writes the report for people: one line for each check and, if something
// is not as it should be, what it means and what to do.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.Findings {
		f.write(&b, "")
	}
	fmt.Fprintf(&b, "\nfailed: %d, warnings: %d, notes: %d (%v)\n",
		count(r.Findings, Failed), count(r.Findings, Warning), count(r.Findings, Note), r.Took.Round(100*time.Millisecond))
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("doctor: write report: %w", err)
	}
	return nil
}

func (f Finding) write(b *strings.Builder, margin string) {
	fmt.Fprintf(b, "%s%-8s %s: %s\n", margin, f.Status, f.Name, f.Seen)
	inner := margin + strings.Repeat(" ", 9)
	if f.Means != "" {
		fmt.Fprintf(b, "%smeans: %s\n", inner, f.Means)
	}
	for _, step := range f.Do {
		fmt.Fprintf(b, "%sdo:    %s\n", inner, step.Text)
		if step.Paste == "" {
			continue
		}
		for row := range strings.SplitSeq(step.Paste, "\n") {
			fmt.Fprintf(b, "%s           %s\n", inner, row)
		}
	}
	for _, below := range f.Below {
		below.write(b, margin+indent)
	}
}
