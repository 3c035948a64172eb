package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// An event is one line of `go test -json` (go doc test2json), or of `go build -json`
// where something does not compile.
type event struct {
	Action     string
	Package    string
	Test       string // empty: the event is of the package
	ImportPath string // of a build
	Output     string
}

// A test is one test of a package.
type test struct{ pkg, name string }

// A skip is a reason for which tests of a package were skipped.
type skip struct {
	pkg, reason string
	names       []string
}

// A report turns events into what `go test` prints without -json: of a test that
// passes nothing, of one that fails all that it printed, and the last line of each
// package. It remembers what was skipped.
type report struct {
	out   io.Writer
	open  map[test]*strings.Builder // what tests printed that have not ended
	order map[string][]test         // the open tests of a package
	skips []*skip
}

func newReport(out io.Writer) *report {
	return &report{out: out, open: make(map[test]*strings.Builder), order: make(map[string][]test)}
}

// read takes the output of a run.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			r.handle(line)
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("read the events: %w", err)
		}
	}
}

func (r *report) handle(line string) {
	var e event
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		fmt.Fprint(r.out, line) // go itself has something to say
		return
	}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(r.out, e.Output)
	case e.Action == "output" && e.Test == "":
		r.packageOutput(e)
	case e.Action == "output":
		r.testOutput(test{e.Package, e.Test}, e.Output)
	case e.Test == "":
		delete(r.order, e.Package) // it has ended
	case e.Action == "fail":
		r.flush(test{e.Package, e.Test})
	case e.Action == "skip":
		r.addSkip(test{e.Package, e.Test})
	case e.Action == "pass":
		delete(r.open, test{e.Package, e.Test})
	}
}

// packageOutput prints a line of a package. Tests that a panic or a timeout cut short are
// printed before its last line.
func (r *report) packageOutput(e event) {
	if strings.HasPrefix(e.Output, "FAIL\t") {
		for _, t := range r.order[e.Package] {
			r.flush(t)
		}
	}
	if e.Output != "PASS\n" && e.Output != "FAIL\n" {
		fmt.Fprint(r.out, e.Output)
	}
}

// testingLines are the lines that the testing package prints around those of a test.
var testingLines = regexp.MustCompile(`^\s*(=== (RUN|PAUSE|CONT|NAME)|--- SKIP)`)

func (r *report) testOutput(t test, line string) {
	if r.open[t] == nil {
		r.open[t] = &strings.Builder{}
		r.order[t.pkg] = append(r.order[t.pkg], t)
	}
	if !testingLines.MatchString(line) {
		r.open[t].WriteString(line)
	}
}

// flush prints what a test printed.
func (r *report) flush(t test) {
	if b := r.open[t]; b != nil {
		fmt.Fprint(r.out, b)
		delete(r.open, t)
	}
}

// position is where in its source a test printed a line.
var position = regexp.MustCompile(`(?m)^\s*[\w.-]+\.go:\d+: `)

func (r *report) addSkip(t test) {
	const most = 300
	reason := "no reason given"
	if b := r.open[t]; b != nil && strings.TrimSpace(b.String()) != "" {
		reason = strings.Join(strings.Fields(position.ReplaceAllString(b.String(), "")), " ")
		reason = reason[:min(len(reason), most)]
		delete(r.open, t)
	}
	for _, s := range r.skips {
		if s.pkg == t.pkg && s.reason == reason {
			s.names = append(s.names, t.name)
			return
		}
	}
	r.skips = append(r.skips, &skip{t.pkg, reason, []string{t.name}})
}

// maxNames bounds the tests that are named for one reason.
const maxNames = 5

// writeSkips lists what was skipped so far.
func (r *report) writeSkips() {
	if len(r.skips) == 0 {
		fmt.Fprintln(r.out, "\nNo test was skipped.")
		return
	}
	fmt.Fprintln(r.out, "\nSkipped:")
	for _, s := range r.skips {
		names := strings.Join(s.names[:min(len(s.names), maxNames)], ", ")
		if more := len(s.names) - maxNames; more > 0 {
			names += fmt.Sprintf(" and %d more", more)
		}
		fmt.Fprintf(r.out, "  %s: %s\n    %s\n", s.pkg, names, s.reason)
	}
}
