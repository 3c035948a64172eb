// Package golden compares the tables of the documents, and other generated parts of
// files, with the code that they are generated from: a test fails while a part is out of
// date; with -update, as `make generate` runs it, it writes that part.
package golden

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables that are made from code into docs/")

// Table fails the test unless the file has this table between the lines with the marks
// name:begin and name:end, which are comments in the file's language.
func Table(t *testing.T, file, name, table string) {
	t.Helper()
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	marks := regexp.MustCompile(`(?sm)(\b` + name + `:begin\b[^\n]*\n).*(^[^\n]*\b` + name + `:end\b)`)
	if !marks.Match(old) {
		t.Fatalf("%s: the marks %s:begin and %s:end are missing", file, name, name)
	}
	want := marks.ReplaceAll(old, []byte("${1}"+strings.ReplaceAll(table, "$", "$$")+"${2}"))
	if bytes.Equal(want, old) {
		return
	}
	if !*update {
		t.Fatalf("%s: the table of %s is out of date: run `make generate`", file, name)
	}
	if err := os.WriteFile(file, want, 0o644); err != nil {
		t.Fatal(err)
	}
}
