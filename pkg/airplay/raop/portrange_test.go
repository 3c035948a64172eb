package raop

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"testing"
)

func TestPortRangeBind(t *testing.T) {
	busy := fmt.Errorf("listen: %w", syscall.EADDRINUSE)
	for _, test := range []struct {
		name  string
		ports PortRange
		skip  int
		free  uint16 // the port that is not in use
		want  []uint16
		fails bool
	}{
		{"any", PortRange{}, 0, 0, []uint16{0}, false},
		{"first", PortRange{6000, 6002}, 0, 6000, []uint16{6000}, false},
		{"next", PortRange{6000, 6002}, 0, 6001, []uint16{6000, 6001}, false},
		{"around the end", PortRange{6000, 6002}, 2, 6000, []uint16{6002, 6000}, false},
		{"skip beyond the range", PortRange{6000, 6002}, 7, 6001, []uint16{6001}, false},
		{"none", PortRange{6000, 6001}, 0, 1, []uint16{6000, 6001}, true},
		{"last port there is", PortRange{65535, 65535}, 3, 65535, []uint16{65535}, false},
		{"upside down", PortRange{2, 1}, 0, 2, nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var tried, told []uint16
			err := test.ports.bind(test.skip, func(port uint16) { told = append(told, port) }, func(port uint16) error {
				tried = append(tried, port)
				if port == test.free {
					return nil
				}
				return busy
			})
			if !slices.Equal(tried, test.want) || (err != nil) != test.fails {
				t.Errorf("want %v, got %v, %v", test.want, tried, err)
			}
			inUse := test.want
			if !test.fails {
				inUse = inUse[:len(inUse)-1]
			}
			if !slices.Equal(told, inUse) {
				t.Errorf("want %v told as busy, got %v", inUse, told)
			}
		})
	}
}

func TestPortRangeStopsAtOtherErrors(t *testing.T) {
	calls := 0
	err := PortRange{6000, 6009}.bind(0, nil, func(uint16) error { calls++; return syscall.EACCES })
	if !errors.Is(err, syscall.EACCES) || calls != 1 {
		t.Errorf("want EACCES at once, got %v after %d calls", err, calls)
	}
}
