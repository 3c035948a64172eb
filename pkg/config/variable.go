package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
)

// A Variable is one row of the table that help and docs/CONFIGURATION.md print.
type Variable struct {
	Name    string
	Default string
	Values  string // what it takes
	Doc     string
	Secret  bool
}

// Variables lists every variable in the order of Config's fields. A secret is
// followed by its NAME_FILE.
func Variables() []Variable {
	config := reflect.TypeFor[Config]()
	var all []Variable
	for i := range config.NumField() {
		v := variableOf(config.Field(i))
		all = append(all, v)
		if v.Secret {
			all = append(all, Variable{Name: v.Name + fileSuffix, Values: "path", Doc: "File that holds " + v.Name})
		}
	}
	return all
}

func variableOf(field reflect.StructField) Variable {
	return Variable{
		Name:    field.Tag.Get("env"),
		Default: field.Tag.Get("envDefault"),
		Values:  field.Tag.Get("values"),
		Doc:     field.Tag.Get("doc"),
		Secret:  field.Type == reflect.TypeFor[Secret](),
	}
}

// variableNamed finds a variable that Config is known to have.
func variableNamed(name string) Variable {
	for _, v := range Variables() {
		if v.Name == name {
			return v
		}
	}
	panic("config: no variable " + name)
}

func (v Variable) fault(values map[string]string, problem string) Fault {
	value := values[v.Name]
	if v.Secret {
		value = hidden
	}
	return Fault{Name: v.Name, Value: value, Problem: problem, Fix: "Use: " + v.Values}
}

// WriteText writes the table for a terminal: each variable with its default,
// then what it takes and does.
func WriteText(w io.Writer) error {
	for _, v := range Variables() {
		if _, err := fmt.Fprintf(w, "  %s=%s\n      %s. Takes: %s\n", v.Name, v.Default, v.Doc, v.Values); err != nil {
			return err
		}
	}
	return nil
}

// Markdown gives the table for docs/CONFIGURATION.md.
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
