//go:build !linux

package ssdp

import (
	"errors"
	"fmt"
	"net/netip"
)

// openEar has only been made for Linux: elsewhere the searches must do.
func openEar(method ListenMethod, _ netip.AddrPort) (*ear, error) {
	return nil, fmt.Errorf("ssdp: open %v socket: %w", method, errors.ErrUnsupported)
}
