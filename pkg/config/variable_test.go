package config_test

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/config"
)

//go:generate go test -run TestREADME -update .

var update = flag.Bool("update", false, "write the table of variables into README.md")

// readme holds the table between two marks.
const readme = "../../README.md"

var readmeTable = regexp.MustCompile(`(?s)(<!-- variables:begin -->\n).*(<!-- variables:end -->)`)

func TestREADME(t *testing.T) {
	old, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	if !readmeTable.Match(old) {
		t.Fatal("the marks variables:begin and variables:end are missing")
	}
	table := strings.ReplaceAll(config.Markdown(), "$", "$$")
	want := readmeTable.ReplaceAll(old, []byte("${1}"+table+"${2}"))
	if bytes.Equal(want, old) {
		return
	}
	if !*update {
		t.Fatal("the table of variables is out of date: run `make generate`")
	}
	if err := os.WriteFile(readme, want, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestCompose holds that compose.yaml hands every variable on.
func TestCompose(t *testing.T) {
	compose, err := os.ReadFile("../../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	handedOn := make(map[string]bool)
	for _, match := range regexp.MustCompile(`(?m)^    (BREEZEWAY_\w+):$`).FindAllSubmatch(compose, -1) {
		handedOn[string(match[1])] = true
	}
	for _, v := range config.Variables() {
		if !handedOn[v.Name] {
			t.Errorf("%s is missing", v.Name)
		}
		delete(handedOn, v.Name)
	}
	for name := range handedOn {
		t.Errorf("%s is not a variable", name)
	}
}

func TestVariablesAreComplete(t *testing.T) {
	seen := make(map[string]bool)
	for _, v := range config.Variables() {
		if !strings.HasPrefix(v.Name, config.Prefix) || v.Values == "" || v.Doc == "" || seen[v.Name] {
			t.Errorf("incomplete or double: %+v", v)
		}
		seen[v.Name] = true
	}
	if len(seen) == 0 {
		t.Error("no variables")
	}
}

func TestWriteText(t *testing.T) {
	var out strings.Builder
	if err := config.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	for _, v := range config.Variables() {
		if !strings.Contains(out.String(), "  "+v.Name+"="+v.Default+"\n") {
			t.Errorf("%s is missing", v.Name)
		}
	}
}

// TestDefaultsAreValid proves the table's defaults by setting each of them.
func TestDefaultsAreValid(t *testing.T) {
	for _, v := range config.Variables() {
		if _, _, err := config.Load([]string{v.Name + "=" + v.Default}); err != nil {
			t.Error(err)
		}
	}
}
