package lab

import (
	"context"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// ShareUDP binds a UDP port of the host with SO_REUSEADDR, as libupnp does, and
// lets it go. It fails where somebody holds the port and does not share it.
func (h *Host) ShareUDP(port uint16) error {
	reuse := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		controlErr := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		})
		if err == nil {
			err = controlErr
		}
		return err
	}}
	return h.Do(func() error {
		conn, err := reuse.ListenPacket(context.Background(), "udp4", fmt.Sprintf("0.0.0.0:%d", port))
		if err != nil {
			return err
		}
		return conn.Close()
	})
}
