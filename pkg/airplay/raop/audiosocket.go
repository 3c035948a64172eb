package raop

import (
	"net"
	"net/netip"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxPacketsPerTick bounds the packets read at one tick, so that a flood leaves time
// for other sessions: 256 packets are two seconds of audio.
const maxPacketsPerTick = 256

// An audioSocket is a UDP socket that the runtime's network poller does not
// watch. The poller would wake the process for each packet, 125 times a second;
// this socket is drained at each audio.Tick instead.
type audioSocket struct {
	port    uint16
	closedC chan struct{} // closed by close

	mu     sync.Mutex // guards below; never held during a call that blocks
	fd     int
	closed bool
}

// unwatch duplicates the socket of conn, without the poller, and closes conn.
func unwatch(conn *net.UDPConn) (*audioSocket, error) {
	s := &audioSocket{port: udpPort(conn), closedC: make(chan struct{})}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { s.fd, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	return s, conn.Close()
}

// close closes the socket; packets that have arrived and were not read are lost. It
// may be called twice.
func (s *audioSocket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	close(s.closedC)
	_ = unix.Close(s.fd) // a failure has no consequence
}

// receive reads one packet if one has arrived; from is nil if none has.
func (s *audioSocket) receive(buffer []byte) (n int, from syscall.Sockaddr, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, nil, net.ErrClosed
	}
	n, from, err = syscall.Recvfrom(s.fd, buffer, syscall.MSG_DONTWAIT)
	if err != nil {
		return 0, nil, nil // EAGAIN, or an error of one packet
	}
	return n, from, nil
}

// drain passes on the packets that have arrived and returns their number. The
// mutex is not held while handle is called: the goroutine that closes the socket may
// hold a lock that handle waits for.
func (s *audioSocket) drain(buffer []byte, handle func(packet []byte, from netip.Addr)) (int, error) {
	for count := range maxPacketsPerTick {
		n, from, err := s.receive(buffer)
		if err != nil || from == nil {
			return count, err
		}
		handle(buffer[:n], addrOf(from))
	}
	return maxPacketsPerTick, nil
}

// addrOf is a socket's peer without its zone, the zero Addr for none.
func addrOf(from syscall.Sockaddr) netip.Addr {
	switch from := from.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrFrom4(from.Addr)
	case *syscall.SockaddrInet6:
		return netip.AddrFrom16(from.Addr)
	}
	return netip.Addr{}
}
