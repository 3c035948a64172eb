package pkg_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What other programs print stands in the document as well.
var othersWords = []string{"UPnP init failed", "Cannot create container", "invalid subinterface vlan name"}

var (
	quoted = regexp.MustCompile("`([^`]+)`")
	// gaps are what a line fills in, or is joined of: numbers, fields, errors.
	gaps = regexp.MustCompile(`\.\.\.( are )?|[0-9]+(-[0-9]+)?|: |to=`)
)

// The words to look for in the log stand in the source: a line that was reworded is
// reworded in docs/TROUBLESHOOTING.md as well.
func TestTroubleshootingQuotesTheLog(t *testing.T) {
	document, err := os.ReadFile("../docs/TROUBLESHOOTING.md")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	eachFile(t, func(_ string, text []byte) { source.Write(text) })
	rows := 0
	for line := range strings.Lines(string(document)) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), "|")
		if !strings.HasPrefix(line, "| `") || strings.Contains(cell, "compose") {
			continue
		}
		rows++
		for _, quote := range quoted.FindAllStringSubmatch(cell, -1) {
			for _, part := range gaps.Split(quote[1], -1) {
				part = strings.TrimSpace(part)
				if len(part) > 6 && !strings.Contains(source.String(), part) && !isOthers(quote[1]) {
					t.Errorf("%q of docs/TROUBLESHOOTING.md is in no source file", part)
				}
			}
		}
	}
	if rows < 20 {
		t.Errorf("want the rows of the table, found %d", rows)
	}
}

func isOthers(quote string) bool {
	for _, words := range othersWords {
		if strings.HasPrefix(quote, words) {
			return true
		}
	}
	return false
}
