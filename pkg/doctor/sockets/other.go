//go:build !linux

package sockets

import (
	"errors"
	"net/netip"
)

var errLinuxOnly = errors.New("only on Linux")

func diagnose() (map[uint64]detail, error) { return nil, errLinuxOnly }

func findGroups(map[uint64]bool) paths { return nil }

func bindable(netip.AddrPort, int, bool) (bool, error) { return false, errLinuxOnly }
