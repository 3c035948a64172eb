package holder

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// nobody is the user that runs other users' programs.
const nobody = 65534

// Open binds a port in the network namespace of the calling thread. The error
// wraps the kernel's: EADDRINUSE where the port is not to be had in this way,
// EAFNOSUPPORT where there is no IPv6.
func (w Binding) Open(port uint16) (_ net.PacketConn, err error) {
	// The kernel notes the user of the thread that makes the socket.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if w.OtherUser {
		if err := unix.Setfsuid(nobody); err != nil {
			return nil, fmt.Errorf("holder: become another user: %w", err)
		}
		defer func() { err = errors.Join(err, unix.Setfsuid(os.Geteuid())) }()
	}
	family := unix.AF_INET
	if w.Addr.Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("holder: open socket: %w", err)
	}
	file := os.NewFile(uintptr(fd), w.Name)
	defer func() { _ = file.Close() }() // the conn has a copy
	if err := w.bind(fd, port); err != nil {
		return nil, fmt.Errorf("holder: bind %s: %w", w.Name, err)
	}
	return net.FilePacketConn(file)
}

func (w Binding) bind(fd int, port uint16) error {
	options := []struct {
		level, name int
		on, applies bool
	}{
		{unix.SOL_SOCKET, unix.SO_REUSEADDR, w.ReuseAddr, true},
		{unix.SOL_SOCKET, unix.SO_REUSEPORT, w.ReusePort, true},
		{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, w.V6Only, w.Addr.Is6()},
	}
	for _, o := range options {
		if !o.applies {
			continue
		}
		value := 0
		if o.on {
			value = 1
		}
		if err := unix.SetsockoptInt(fd, o.level, o.name, value); err != nil {
			return err
		}
	}
	if w.Addr.Is4() {
		return unix.Bind(fd, &unix.SockaddrInet4{Port: int(port), Addr: w.Addr.As4()})
	}
	return unix.Bind(fd, &unix.SockaddrInet6{Port: int(port), Addr: w.Addr.As16()})
}
