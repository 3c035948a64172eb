package quirk

import "strings"

// A Row is one line of the table. Its patterns are globs without regard to
// case, alternatives with "|" between them; all that are set must match.
type Row struct {
	Manufacturer string
	Model        string // of name or number
	Server       string
	Generation   string
	Firmware     string
	Traits       Traits
	Source       string // public source of the information
}

func (r Row) matches(s Subject) bool {
	return matchesAny(r.Manufacturer, s.Manufacturer) &&
		matchesAny(r.Model, s.ModelName, s.ModelNumber) &&
		matchesAny(r.Server, s.Server) &&
		matchesAny(r.Generation, s.SoftwareGeneration) &&
		matchesAny(r.Firmware, s.Firmware)
}

// matchesAny reports whether an alternative of pattern matches one of values. An
// empty pattern matches everything.
func matchesAny(pattern string, values ...string) bool {
	if pattern == "" {
		return true
	}
	for alternative := range strings.SplitSeq(strings.ToLower(pattern), "|") {
		for _, v := range values {
			if glob(alternative, strings.ToLower(v)) {
				return true
			}
		}
	}
	return false
}

// glob reports whether s matches pattern, in which each "*" matches any text,
// including slashes, which Server headers contain. It needs time linear in len(s) for
// each star, since it never backtracks before one.
func glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return s == pattern
	}
	first, last := parts[0], parts[len(parts)-1]
	if !strings.HasPrefix(s, first) {
		return false
	}
	s = s[len(first):]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(s, part)
		if at < 0 {
			return false
		}
		s = s[at+len(part):]
	}
	return strings.HasSuffix(s, last)
}
