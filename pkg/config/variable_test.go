package config_test

import (
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/config"
	"github.com/breezeway-audio/breezeway/pkg/sim/golden"
)

//go:generate go test -run TestDocument -update .

// The document lists every variable, and no other.
func TestDocument(t *testing.T) {
	golden.Table(t, "../../docs/CONFIGURATION.md", "variables", config.Markdown())
}

// compose.yaml hands every variable on.
func TestDocumentCompose(t *testing.T) {
	var lines strings.Builder
	for _, v := range config.Variables() {
		lines.WriteString("    " + v.Name + ":\n")
	}
	golden.Table(t, "../../compose.yaml", "variables", lines.String())
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
