//go:build linux

package capability

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// RaiseNetRaw makes CAP_NET_RAW effective on every thread where it is permitted,
// and reports whether it is effective then.
func RaiseNetRaw() (bool, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData // 32 capabilities each
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return false, fmt.Errorf("capability: read those of the process: %w", err)
	}
	const netRaw = 1 << unix.CAP_NET_RAW
	switch {
	case sets[0].Effective&netRaw != 0:
		return true, nil
	case sets[0].Permitted&netRaw == 0:
		return false, nil
	}
	sets[0].Effective |= netRaw
	// A thread has capabilities of its own, and a goroutine may run on any.
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET,
		uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&sets[0])), 0)
	if errno != 0 {
		return false, fmt.Errorf("capability: switch on CAP_NET_RAW: %w", errno)
	}
	return true, nil
}
