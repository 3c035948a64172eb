//go:build !linux

package doctor

import (
	"errors"
	"net/netip"
)

func listLinks() (map[string]link, error) { return nil, errors.New("only on Linux") }

func gatewayOf(int) netip.Addr { return netip.Addr{} }
