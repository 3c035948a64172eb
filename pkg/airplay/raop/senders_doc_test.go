package raop_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSendersPageNamesTests reads docs/SENDERS.md: each row names tests that
// exist, in the packages that it names.
func TestSendersPageNamesTests(t *testing.T) {
	const root = "../../.."
	page, err := os.ReadFile(filepath.Join(root, "docs", "SENDERS.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z0-9/]+)` `(Test\\w+)`")
	sources := make(map[string]string)
	for row := range strings.Lines(string(page)) {
		if !strings.HasPrefix(row, "| ") || strings.HasPrefix(row, "| habit ") {
			continue
		}
		tests := named.FindAllStringSubmatch(row, -1)
		if len(tests) == 0 {
			t.Errorf("no test named in %q", row)
		}
		for _, test := range tests {
			dir, name := test[1], test[2]
			if !strings.HasPrefix(dir, "cmd/") {
				dir = "pkg/" + dir
			}
			if sources[dir] == "" {
				sources[dir] = testSources(t, filepath.Join(root, dir))
			}
			if !strings.Contains(sources[dir], "func "+name+"(t *testing.T)") {
				t.Errorf("no %s in %s", name, dir)
			}
		}
	}
}

// testSources are the tests of a package in one text.
func testSources(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s: %v", dir, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
