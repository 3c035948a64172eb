package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Warning names a variable with our prefix that nothing reads: most often a
// slip of the pen, or an older or newer version's.
type Warning struct {
	Name    string
	Nearest string // the known variable that is spelled most like it
}

// String gives one line. The value is left out: it may be a secret.
func (w Warning) String() string {
	return fmt.Sprintf("%s is not known and has no effect. The nearest known name is %s", w.Name, w.Nearest)
}

// unknownIn warns of every name in vars that is not in the table, sorted.
func unknownIn(vars map[string]string) []Warning {
	known := make(map[string]bool)
	for _, v := range Variables() {
		known[v.Name] = true
	}
	var warnings []Warning
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if !known[name] {
			warnings = append(warnings, Warning{Name: name, Nearest: nearest(name)})
		}
	}
	return warnings
}

// nearest finds the known variable with the fewest slips from name; of equals
// the first of the table.
func nearest(name string) string {
	name = strings.ToUpper(name)
	best, fewest := "", 0
	for _, v := range Variables() {
		if n := editDistance(name, v.Name); best == "" || n < fewest {
			best, fewest = v.Name, n
		}
	}
	return best
}

// editDistance counts the slips that turn a into b: bytes inserted, left out,
// replaced, or swapped with their neighbour (optimal string alignment).
func editDistance(a, b string) int {
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := previous[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			current[j] = min(replaced, previous[j]+1, current[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}
