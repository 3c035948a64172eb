package config

import (
	"fmt"
	"strings"
)

// A Fault is one variable with a value that cannot be used.
type Fault struct {
	Name    string // the variable
	Value   string // settings.Hidden for a secret
	Problem string
	Fix     string
}

// String is one line: `BREEZEWAY_LATENCY="9s": above 8s. Use: ...`.
func (f Fault) String() string {
	return fmt.Sprintf("%s=%q: %s. %s", f.Name, f.Value, f.Problem, f.Fix)
}

// Faults is everything that is wrong with an environment, in the order of the
// table, one Fault for each variable.
type Faults []Fault

// Error is one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}
