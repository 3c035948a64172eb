package config

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"strings"
)

// A List selects network interfaces: names, globs as in path.Match, addresses or
// CIDRs, separated by commas.
type List []string

// UnmarshalText reads the list. Blanks around an entry and empty entries are
// accepted: templates that join lists produce them.
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

// checkSelector refuses an entry that could never match. Names of interfaces have no
// slash, so an entry with one must be a CIDR.
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
