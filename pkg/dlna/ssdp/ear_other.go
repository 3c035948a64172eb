//go:build !linux

package ssdp

import (
	"errors"
	"fmt"
	"net/netip"
)

// openEar has only been made for Linux: elsewhere the searches must do.
func openEar(rung Rung, _ netip.AddrPort) (*ear, error) {
	return nil, fmt.Errorf("ssdp: open %v socket: %w", rung, errors.ErrUnsupported)
}
