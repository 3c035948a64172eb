package config

import (
	"cmp"
	"os"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A Check parses the value of a variable whose syntax belongs to another package. It
// is called when the variable is set; its error must not contain a secret.
type Check struct {
	Name string
	Read func(value string) error
}

// FromEnvironment loads the Config from the environment of this process.
func FromEnvironment(checks ...Check) (*Config, []Warning, error) {
	return Load(os.Environ(), checks...)
}

// Load reads environ, which has the form of os.Environ, and the files that its
// NAME_FILE variables point to. The error, if any, is a Faults with everything
// that is wrong. The warnings are returned in both cases.
func Load(environ []string, checks ...Check) (*Config, []Warning, error) {
	all := Variables()
	vars := variablesOf(environ)
	warnings := unknownIn(vars, all)
	values, faults := readSecretFiles(vars, all)

	c := Config{Speaker: settings.Default()}
	problems := parse(&c, values, all)
	problems = append(problems, bound(&c, all)...)
	problems = append(problems, c.check()...)
	problems = append(problems, checked(checks, values)...)
	for _, p := range problems {
		faults = append(faults, named(all, p.variable).fault(values, p.text))
	}
	if len(faults) > 0 {
		return nil, warnings, ordered(faults, all)
	}
	return &c, warnings, nil
}

// variablesOf selects our variables, with the prefix in upper or lower case. Of
// two with the same name the last one counts, as usual.
func variablesOf(environ []string) map[string]string {
	vars := make(map[string]string)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(strings.ToUpper(name), Prefix) {
			vars[name] = value
		}
	}
	return vars
}

// checked calls the checks of other packages.
func checked(checks []Check, values map[string]string) []problem {
	var problems []problem
	for _, c := range checks {
		if values[c.Name] == "" {
			continue
		}
		if err := c.Read(values[c.Name]); err != nil {
			problems = append(problems, problem{c.Name, err.Error()})
		}
	}
	return problems
}

// named finds a variable that must be in the table.
func named(all []Variable, name string) Variable {
	for _, v := range all {
		if v.Name == name {
			return v
		}
	}
	panic("config: no variable " + name)
}

// ordered sorts faults by the table and keeps the first one of each variable: if a
// value could not be parsed, its bounds do not matter.
func ordered(faults Faults, all []Variable) Faults {
	place := make(map[string]int)
	for i, v := range all {
		place[v.Name] = i
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return cmp.Compare(place[a.Name], place[b.Name]) })
	return slices.CompactFunc(faults, func(a, b Fault) bool { return a.Name == b.Name })
}
