package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/breezeway-audio/breezeway/pkg/spelling"
)

// A Warning names a variable with our prefix that does not exist: most often a typing
// error, or a variable of an older or newer version.
type Warning struct {
	Name    string
	Nearest string // the known variable that is most similar
}

// String is one line. The value is left out: it may be a secret.
func (w Warning) String() string {
	return fmt.Sprintf("%s is not known and has no effect. The nearest known name is %s", w.Name, w.Nearest)
}

// unknownIn warns of every name in vars that is not in the table, sorted.
func unknownIn(vars map[string]string, all []Variable) []Warning {
	var known []string
	for _, v := range all {
		known = append(known, v.Name)
	}
	var warnings []Warning
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if !slices.Contains(known, name) {
			warnings = append(warnings, Warning{Name: name, Nearest: spelling.Nearest(name, known)})
		}
	}
	return warnings
}
