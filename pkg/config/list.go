package config

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"strings"
)

// A List holds what selects interfaces: names, globs (as in path.Match),
// addresses or CIDRs, written with commas between them.
type List []string

// UnmarshalText reads the list. Blanks around an entry and empty entries are
// no fault: they come from templates that put lists together.
func (l *List) UnmarshalText(text []byte) error {
	var list List
	for entry := range strings.SplitSeq(string(text), ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		if err := checkSelector(entry); err != nil {
			return err
		}
		list = append(list, entry)
	}
	*l = list
	return nil
}

// checkSelector refuses what could never match. Names of interfaces have no
// slash, so with one an entry must be a CIDR.
func checkSelector(entry string) error {
	if strings.Contains(entry, "/") {
		if _, err := netip.ParsePrefix(entry); err != nil {
			return fmt.Errorf("%q is not a CIDR", entry)
		}
		return nil
	}
	if _, err := path.Match(entry, ""); errors.Is(err, path.ErrBadPattern) {
		return fmt.Errorf("%q is not a glob", entry)
	}
	return nil
}
