package raop

import (
	"errors"
	"fmt"
	"syscall"
)

// A PortRange is where a receiver looks for free ports, both ends included.
// The zero value is any free port.
type PortRange struct{ First, Last uint16 }

func (p PortRange) String() string {
	if p == (PortRange{}) {
		return "any port"
	}
	return fmt.Sprintf("ports %d-%d", p.First, p.Last)
}

// bind calls listen with one port after another, beginning skip ports into the
// range, until one is not in use. Those that were are told to busy, unless that
// is nil.
func (p PortRange) bind(skip int, busy func(port uint16), listen func(port uint16) error) error {
	if p == (PortRange{}) {
		return listen(0)
	}
	size := int(p.Last) - int(p.First) + 1
	if size < 1 {
		return fmt.Errorf("raop: %v: the first is above the last", p)
	}
	for i := range size {
		port := p.First + uint16((skip+i)%size)
		err := listen(port)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
		if busy != nil {
			busy(port)
		}
	}
	return fmt.Errorf("raop: %v are all in use: give a larger range", p)
}
