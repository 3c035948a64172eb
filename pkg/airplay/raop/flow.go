package raop

import (
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	// flowEnds is how long no packet comes until the reader looks more rarely,
	// every restTicks.
	flowEnds  = 5 * audio.Tick
	restTicks = 3
	// sipPackets bounds what is read at one tick, so that a flood leaves time to
	// others: 256 packets are two seconds of sound.
	sipPackets = 256
)

// A flowSocket is a UDP socket that the runtime's poller does not watch. The
// poller would wake the process for each packet, 125 times a second, whether
// somebody waits for it or not; this one is looked at on the grid of audio.Tick.
type flowSocket struct {
	port uint16
	endC chan struct{} // closed by close

	mu     sync.Mutex // guards below; never held for longer than a call that does not wait
	fd     int
	closed bool
}

// unwatch takes the socket of conn over and closes conn.
func unwatch(conn *net.UDPConn) (*flowSocket, error) {
	s := &flowSocket{port: udpPort(conn), endC: make(chan struct{})}
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

// close ends the reader, at once for all that it still could read. It may be
// called twice.
func (s *flowSocket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	close(s.endC)
	_ = unix.Close(s.fd) // nothing is left to be done about it
}

// receive reads one packet if there is one; with from nil there is none.
func (s *flowSocket) receive(buffer []byte) (n int, from syscall.Sockaddr, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, nil, net.ErrClosed
	}
	n, from, err = syscall.Recvfrom(s.fd, buffer, syscall.MSG_DONTWAIT)
	if err != nil {
		return 0, nil, nil // EAGAIN; anything else concerns one packet
	}
	return n, from, nil
}

// readAudio reads the audio socket to its end: at each tick all that came
// since the last.
func (s *Session) readAudio(socket *flowSocket) error {
	buffer := make([]byte, maxPacketBytes)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for heard := time.Now(); ; {
		select {
		case <-socket.endC:
			return net.ErrClosed
		case <-timer.C:
		}
		n, err := s.sip(socket, buffer)
		if err != nil {
			return err
		}
		now := time.Now()
		next := now.Add(1)
		switch {
		case n > 0:
			heard = now
		case now.Sub(heard) > flowEnds:
			next = now.Add((restTicks - 1) * audio.Tick)
		}
		timer.Reset(audio.UntilTick(now, next))
	}
}

// sip takes in the packets that are there and says how many. The socket is not
// held meanwhile: whoever closes it may hold what a packet's taker waits for.
func (s *Session) sip(socket *flowSocket, buffer []byte) (int, error) {
	for count := range sipPackets {
		n, from, err := socket.receive(buffer)
		if err != nil || from == nil {
			return count, err
		}
		s.take(buffer[:n], addrOf(from))
	}
	return sipPackets, nil
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
