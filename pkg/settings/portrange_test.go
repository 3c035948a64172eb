package settings_test

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

func TestFirstFree(t *testing.T) {
	busy := fmt.Errorf("listen: %w", syscall.EADDRINUSE)
	for _, test := range []struct {
		name  string
		ports settings.PortRange
		skip  int
		free  uint16 // the port that is not in use
		want  []uint16
		fails bool
	}{
		{"any", settings.PortRange{}, 0, 0, []uint16{0}, false},
		{"first", settings.PortRange{First: 6000, Last: 6002}, 0, 6000, []uint16{6000}, false},
		{"next", settings.PortRange{First: 6000, Last: 6002}, 0, 6001, []uint16{6000, 6001}, false},
		{"around the end", settings.PortRange{First: 6000, Last: 6002}, 2, 6000, []uint16{6002, 6000}, false},
		{"skip beyond the range", settings.PortRange{First: 6000, Last: 6002}, 7, 6001, []uint16{6001}, false},
		{"none", settings.PortRange{First: 6000, Last: 6001}, 0, 1, []uint16{6000, 6001}, true},
		{"last port there is", settings.PortRange{First: 65535, Last: 65535}, 3, 65535, []uint16{65535}, false},
		{"upside down", settings.PortRange{First: 2, Last: 1}, 0, 2, nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var tried, told []uint16
			err := test.ports.FirstFree(test.skip, func(port uint16) { told = append(told, port) }, func(port uint16) error {
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

func TestFirstFreeStopsAtOtherErrors(t *testing.T) {
	calls := 0
	err := settings.PortRange{First: 6000, Last: 6009}.FirstFree(0, nil, func(uint16) error { calls++; return syscall.EACCES })
	if !errors.Is(err, syscall.EACCES) || calls != 1 {
		t.Errorf("want EACCES at once, got %v after %d calls", err, calls)
	}
}

func TestPortRange(t *testing.T) {
	tests := []struct {
		text string
		want settings.PortRange
		len  int
	}{
		{"0", settings.PortRange{}, 0},
		{"1", settings.PortRange{First: 1, Last: 1}, 1},
		{"7720-7819", settings.PortRange{First: 7720, Last: 7819}, 100},
		{"1-65535", settings.PortRange{First: 1, Last: 65535}, 65535},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			var got settings.PortRange
			if err := got.UnmarshalText([]byte(test.text)); err != nil {
				t.Fatal(err)
			}
			if got != test.want || got.Len() != test.len || got.String() != test.text {
				t.Errorf("want %v of %d, got %v of %d", test.want, test.len, got, got.Len())
			}
		})
	}
}
