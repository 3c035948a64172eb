package loopback_test

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/sim/loopback"
)

func TestInterfaces(t *testing.T) {
	lo := loopback.Interfaces(t)
	if len(lo) != 1 || !lo[0].Loopback || !lo[0].Has(netip.MustParseAddr("127.0.0.1")) {
		t.Errorf("want the loopback interface alone, got %+v", lo)
	}
}

func TestSharedPort(t *testing.T) {
	held := make(map[uint16]bool)
	for range 50 {
		port, release := loopback.SharedPort(t)
		if held[port] {
			t.Errorf("want a port that nobody has, got %d, which is held", port)
		}
		held[port] = true
		if conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: int(port)}); !errors.Is(err, unix.EADDRINUSE) {
			t.Errorf("without sharing: want %v, got %v, %v", unix.EADDRINUSE, conn, err)
		}
		sharing := net.ListenConfig{Control: share}
		for range 2 {
			conn, err := sharing.ListenPacket(t.Context(), "udp4", net.JoinHostPort("0.0.0.0", strconv.Itoa(int(port))))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }() // nothing was written
		}
		release()
	}
}

// The socket that holds the port takes no unicast datagram from a program that
// shares it.
func TestUnicastReachesTheProgram(t *testing.T) {
	port, _ := loopback.SharedPort(t)
	sharing := net.ListenConfig{Control: share}
	conn, err := sharing.ListenPacket(t.Context(), "udp4", net.JoinHostPort("0.0.0.0", strconv.Itoa(int(port))))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	sender, err := net.Dial("udp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sender.Close() }()
	buf := make([]byte, 10)
	for range 20 {
		if _, err := sender.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if n, _, err := conn.ReadFrom(buf); err != nil || string(buf[:n]) != "hello" {
			t.Fatalf("want hello, got %q, %v", buf[:n], err)
		}
	}
}

func share(_, _ string, raw syscall.RawConn) error {
	var err error
	outer := raw.Control(func(fd uintptr) {
		err = errors.Join(
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1),
		)
	})
	return errors.Join(outer, err)
}
