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
	flowEnds = 10 * audio.Tick
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
	count := 0
	err := raw.Read(func(fd uintptr) bool {
		for ; count < sipPackets; count++ {
			n, from, err := syscall.Recvfrom(int(fd), buffer, syscall.MSG_DONTWAIT)
			if err != nil {
				break // EAGAIN: no more; an error shows again at the blocking read
			}
			s.take(buffer[:n], addrOf(from))
		}
		return true
	})
	return count, err
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
