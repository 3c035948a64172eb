package stream

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ackedBytes asks TCP_INFO (tcp(7); Linux 4.1 or newer) for what the peer has
// acknowledged and how long ago its latest ACK came, which the kernel knows to
// one of its ticks, 1 to 10 ms. A closed connection tells nothing.
func ackedBytes(conn syscall.RawConn) (bytes int64, ago time.Duration, ok bool) {
	err := conn.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return
		}
		bytes = int64(info.Bytes_acked)
		ago = time.Duration(info.Last_ack_recv) * time.Millisecond
		ok = bytes > 0
	})
	return bytes, ago, ok && err == nil
}
