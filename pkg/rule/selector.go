package rule

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/glob"
)

// selectorKeys are the properties by which a speaker is selected. A glob without a
// key matches the first one.
var selectorKeys = []string{"name", "model", "manufacturer", "udn", "ip"}

// uuidPrefix is the beginning of every UDN. Rules may omit it.
const uuidPrefix = "uuid:"

// A selector matches one property of a speaker.
type selector struct {
	key     string // of selectorKeys
	pattern string // as written
	glob    glob.Pattern
	network netip.Prefix // of "ip"
}

func newSelector(key, pattern string) (selector, error) {
	if pattern == "" {
		return selector{}, errors.New("the pattern is missing")
	}
	s := selector{key: key, pattern: pattern}
	if key != "ip" {
		s.glob = glob.New(pattern)
		return s, nil
	}
	var err error
	s.network, err = parseNetwork(pattern)
	return s, err
}

// parseNetwork reads a CIDR, or an address as a network of a single host.
func parseNetwork(text string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(text)
	if addr, e := netip.ParseAddr(text); e == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	if err != nil {
		return netip.Prefix{}, errors.New("neither an address nor a CIDR; IPv6 must be in quotes")
	}
	return network.Masked(), nil
}

func (s selector) matches(subject Subject) bool {
	switch s.key {
	case "name":
		return s.glob.Matches(subject.Name)
	case "model":
		return s.glob.Matches(subject.Model) || subject.ModelNumber != "" && s.glob.Matches(subject.ModelNumber)
	case "manufacturer":
		return s.glob.Matches(subject.Manufacturer)
	case "udn":
		return s.glob.Matches(subject.UDN) || s.glob.Matches(strings.TrimPrefix(subject.UDN, uuidPrefix))
	default:
		return slices.ContainsFunc(subject.Addresses, func(a netip.Addr) bool {
			return s.network.Contains(a.Unmap().WithZone(""))
		})
	}
}

// String is `key=pattern`.
func (s selector) String() string { return s.key + "=" + quote(s.pattern) }
