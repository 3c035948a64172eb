package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Fault is one variable that cannot be used as it is set.
type Fault struct {
	Name    string // the variable
	Value   string // what it holds; "[hidden]" for a secret
	Problem string
	Fix     string
}

// String gives one line: `BREEZEWAY_LATENCY="9s": above 8s. Use: ...`.
func (f Fault) String() string {
	return fmt.Sprintf("%s=%q: %s. %s", f.Name, f.Value, f.Problem, f.Fix)
}

// Faults is everything that is wrong with an environment, in the order of the
// table, one Fault for each variable.
type Faults []Fault

// Error gives one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// ordered sorts by the table and keeps the first fault of each variable: where
// a value could not be read at all, its bounds have nothing to add.
func (fs Faults) ordered() Faults {
	place := make(map[string]int)
	for i, v := range Variables() {
		place[v.Name] = i
	}
	slices.SortStableFunc(fs, func(a, b Fault) int { return cmp.Compare(place[a.Name], place[b.Name]) })
	return slices.CompactFunc(fs, func(a, b Fault) bool { return a.Name == b.Name })
}
