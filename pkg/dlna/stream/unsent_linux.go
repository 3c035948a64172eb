package stream

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// unsentBytes asks SIOCOUTQ (tcp(7)): bytes in the send queue that are not
// acknowledged. A closed connection has none.
func unsentBytes(conn syscall.RawConn) int64 {
	var bytes int
	err := conn.Control(func(fd uintptr) {
		n, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
		if err == nil {
			bytes = n
		}
	})
	if err != nil {
		return 0
	}
	return int64(bytes)
}
