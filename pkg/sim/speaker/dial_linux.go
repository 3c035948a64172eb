package speaker

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// bufferOf sets SO_RCVBUF (socket(7)) before a socket connects, so that the first
// window that it offers is small already. The kernel takes twice as much, for what
// it keeps beside the bytes.
func bufferOf(bytes int) func(network, address string, raw syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, bytes)
		})
		if err == nil {
			err = failed
		}
		if err != nil {
			return fmt.Errorf("set receive buffer: %w", err)
		}
		return nil
	}
}
