package lab

import (
	"net/netip"
	"strconv"
	"strings"
)

// A Service is what avahi-browse says of one service instance.
type Service struct {
	Change   byte // '+' it is there, '=' it was resolved, '-' it left
	Instance string
	Type     string
	Host     string // of SRV; this and what follows only where Change is '='
	Addr     netip.Addr
	Port     uint16
	TXT      []string
}

// Fields of a line of `avahi-browse --parsable`, separated by semicolons. The
// others are the interface, the protocol and the domain.
const (
	fieldChange      = 0
	fieldInstance    = 3
	fieldType        = 4
	fieldHost        = 6
	fieldAddr        = 7
	fieldPort        = 8
	fieldTXT         = 9
	fieldsUnresolved = 6
	fieldsResolved   = 10
)

// parseService reads one line of `avahi-browse --parsable --resolve`.
func parseService(line string) (Service, bool) {
	fields := strings.SplitN(line, ";", fieldsResolved)
	if len(fields) < fieldsUnresolved || len(fields[fieldChange]) != 1 {
		return Service{}, false
	}
	s := Service{
		Change:   fields[fieldChange][0],
		Instance: unescape(fields[fieldInstance]),
		Type:     fields[fieldType],
	}
	if s.Change != '=' {
		return s, true
	}
	if len(fields) < fieldsResolved {
		return Service{}, false
	}
	addr, err := netip.ParseAddr(fields[fieldAddr])
	if err != nil {
		return Service{}, false
	}
	port, err := strconv.ParseUint(fields[fieldPort], 10, 16)
	if err != nil {
		return Service{}, false
	}
	s.Host, s.Addr, s.Port, s.TXT = fields[fieldHost], addr, uint16(port), splitTXT(fields[fieldTXT])
	return s, true
}

// unescape undoes avahi's escapes: \. \\ and \DDD, a byte in decimal.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		if i+4 <= len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+4], 10, 8); err == nil {
				b.WriteByte(byte(v))
				i += 3
				continue
			}
		}
		i++
		b.WriteByte(s[i])
	}
	return b.String()
}

// splitTXT splits `"a=1" "b=two words"`.
func splitTXT(s string) []string {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, `"`), `"`)
	return strings.Split(s, `" "`)
}

// known gives the instances that are there after these changes.
func known(changes []Service) map[string]bool {
	instances := make(map[string]bool)
	for _, s := range changes {
		if s.Change == '-' {
			delete(instances, s.Instance)
		} else {
			instances[s.Instance] = true
		}
	}
	return instances
}
