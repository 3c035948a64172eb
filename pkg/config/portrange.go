package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A PortRange is the ports First to Last, both included. Its zero value means
// any free port.
type PortRange struct {
	First, Last uint16
}

// Len is the number of ports in the range, 0 for any.
func (r PortRange) Len() int {
	if r == (PortRange{}) {
		return 0
	}
	return int(r.Last) - int(r.First) + 1
}

// String gives what UnmarshalText reads: "7700", "7720-7819" or "0".
func (r PortRange) String() string {
	if r.First == r.Last {
		return strconv.Itoa(int(r.First))
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}

// UnmarshalText reads one port, a range, or 0 for any.
func (r *PortRange) UnmarshalText(text []byte) error {
	first, last, ranged := strings.Cut(string(text), "-")
	if !ranged {
		last = first
	}
	low, lowErr := parsePort(first)
	high, highErr := parsePort(last)
	switch {
	case lowErr != nil || highErr != nil:
		return errors.New("ports are numbers from 1 to 65535")
	case ranged && low == 0:
		return errors.New("0 cannot be part of a range")
	case low > high:
		return errors.New("the first port is above the last")
	}
	*r = PortRange{First: low, Last: high}
	return nil
}

func parsePort(s string) (uint16, error) {
	port, err := strconv.ParseUint(strings.TrimSpace(s), 10, 16)
	return uint16(port), err
}
