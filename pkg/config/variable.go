package config

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A Variable is one row of the table that help and docs/CONFIGURATION.md print.
type Variable struct {
	Name    string
	Default string
	Values  string // what it accepts
	Doc     string // a sentence without its full stop
	Secret  bool   // never shown; may be in the file named by NAME_FILE

	// bound reports a value that is out of bounds, and replaces it by the default; nil
	// where there are no bounds.
	bound func(c *Config) error
}

// Variables lists every variable. A secret is followed by its NAME_FILE.
func Variables() []Variable {
	var all []Variable
	for _, v := range slices.Concat(networkVariables, speakerVariables(), otherVariables) {
		all = append(all, v)
		if v.Secret {
			all = append(all, Variable{Name: v.Name + fileSuffix, Values: "path", Doc: "File that holds " + v.Name})
		}
	}
	return all
}

func (v Variable) fault(values map[string]string, problem string) Fault {
	value := values[v.Name]
	if v.Secret {
		value = settings.Hidden
	}
	return Fault{Name: v.Name, Value: value, Problem: problem, Fix: "Use: " + v.Values}
}

// WriteText writes the table for a terminal: each variable with its default,
// then what it accepts and does.
func WriteText(w io.Writer) error {
	for _, v := range Variables() {
		if _, err := fmt.Fprintf(w, "  %s=%s\n      %s. Values: %s\n", v.Name, v.Default, v.Doc, v.Values); err != nil {
			return err
		}
	}
	return nil
}

// Markdown is the table for docs/CONFIGURATION.md.
func Markdown() string {
	plain := strings.NewReplacer("*", `\*`, "|", `\|`)
	var b strings.Builder
	b.WriteString("| Variable | Default | Values | Meaning |\n|---|---|---|---|\n")
	for _, v := range Variables() {
		fallback := ""
		if v.Default != "" {
			fallback = "`" + v.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", v.Name, fallback, plain.Replace(v.Values), plain.Replace(v.Doc))
	}
	return b.String()
}
