package speaker

import (
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// TestReceiveBuffer: a stream's connection has the buffer that was asked for,
// doubled by the kernel, and others what the kernel gives.
func TestReceiveBuffer(t *testing.T) {
	home := netip.MustParseAddr("127.0.0.1")
	ln, err := net.Listen("tcp", netip.AddrPortFrom(home, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	const small = 16 << 10
	got := make(map[int]int) // the kernel's, by what was asked for
	for _, asked := range []int{0, small} {
		conn, err := dialFrom(home, asked)(t.Context(), "tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		controlErr := raw.Control(func(fd uintptr) {
			got[asked], err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
		})
		if controlErr != nil || err != nil {
			t.Fatal(controlErr, err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	if got[small] != 2*small || got[0] <= 2*small {
		t.Errorf("want %d bytes where %d are asked for, and more where nothing is, got %v", 2*small, small, got)
	}
}
