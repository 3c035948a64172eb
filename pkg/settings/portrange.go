package settings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
)

// UDPPortsPerSession are those for audio, control and timing of one sender.
const UDPPortsPerSession = 3

// ErrPortsInUse means that FirstFree found no free port.
var ErrPortsInUse = errors.New("all in use: give a larger range")

// A PortRange is the ports First to Last, both included. Its zero value means
// any free port.
type PortRange struct{ First, Last uint16 }

// Any reports whether the ports are not known before they are bound.
func (r PortRange) Any() bool { return r == PortRange{} }

// Len is the number of ports in the range, 0 for any.
func (r PortRange) Len() int {
	if r.Any() {
		return 0
	}
	return int(r.Last) - int(r.First) + 1
}

// String is a text that UnmarshalText reads: "7700", "7720-7819" or "0".
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

// FirstFree calls listen with one port after another until one is not in use
// (EADDRINUSE), and returns the error of that call. It begins skip ports into the range
// and continues at its beginning after its end. Ports in use are passed to busy, unless
// that is nil. For any port, listen is called once, with 0.
func (r PortRange) FirstFree(skip int, busy func(port uint16), listen func(port uint16) error) error {
	if r.Any() {
		return listen(0)
	}
	size := r.Len()
	if size < 1 {
		return fmt.Errorf("ports %v: the first is above the last", r)
	}
	for i := range size {
		port := r.First + uint16((skip+i)%size)
		err := listen(port)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
		if busy != nil {
			busy(port)
		}
	}
	return fmt.Errorf("ports %v are %w", r, ErrPortsInUse)
}
