package config_test

import (
	"os"
	"regexp"
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
