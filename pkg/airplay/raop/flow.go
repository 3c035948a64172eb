package raop

import (
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	// flowEnds is how long no packet comes until the reader waits for one
	// instead of looking at every tick.
	flowEnds = 5 * audio.Tick
	// sipPackets bounds what is read at one tick, so that a flood leaves time to
	// others: 256 packets are two seconds of sound.
	sipPackets = 256
)

// readAudio reads the audio socket to its end. While sound flows it takes in
// at each tick all that came since the last, which costs a fraction of a
// wake-up for each packet.
func (s *Session) readAudio(conn *net.UDPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	buffer := make([]byte, maxPacketBytes)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return err
		}
		s.take(buffer[:n], from.Addr())
		if err := s.readFlow(raw, buffer); err != nil {
			return err
		}
	}
}

// readFlow reads at every tick until nothing has come for flowEnds.
func (s *Session) readFlow(raw syscall.RawConn, buffer []byte) error {
	for heard := time.Now(); time.Since(heard) < flowEnds; {
		now := time.Now()
		time.Sleep(audio.UntilTick(now, now.Add(1)))
		n, err := s.sip(raw, buffer)
		if err != nil {
			return err
		}
		if n > 0 {
			heard = time.Now()
		}
	}
	return nil
}

// sip takes in the packets that are there and says how many.
func (s *Session) sip(raw syscall.RawConn, buffer []byte) (int, error) {
	for count := range sipPackets {
		n, from, err := receiveNow(raw, buffer)
		if err != nil || from == nil {
			return count, err
		}
		s.take(buffer[:n], addrOf(from))
	}
	return sipPackets, nil
}

// receiveNow reads one packet if there is one; from is nil if there is none.
// Nothing else may be done inside Read: closing the socket waits for it to end,
// and whoever closes may hold what the packet's taker waits for.
func receiveNow(raw syscall.RawConn, buffer []byte) (n int, from syscall.Sockaddr, err error) {
	err = raw.Read(func(fd uintptr) bool {
		var failed error
		n, from, failed = syscall.Recvfrom(int(fd), buffer, syscall.MSG_DONTWAIT)
		if failed != nil {
			from = nil // EAGAIN: no more; an error shows again at the blocking read
		}
		return true
	})
	return n, from, err
}

// addrOf is a socket's peer, the zero Addr for none.
func addrOf(from syscall.Sockaddr) netip.Addr {
	switch from := from.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrFrom4(from.Addr)
	case *syscall.SockaddrInet6:
		addr := netip.AddrFrom16(from.Addr)
		if from.ZoneId != 0 && addr.IsLinkLocalUnicast() {
			addr = addr.WithZone(zoneName(from.ZoneId))
		}
		return addr
	}
	return netip.Addr{}
}

// zoneName is a zone as net spells it: the interface's name.
func zoneName(index uint32) string {
	if i, err := net.InterfaceByIndex(int(index)); err == nil {
		return i.Name
	}
	return ""
}
