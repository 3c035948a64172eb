package raop

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// receiveBufferBytes holds what comes while the owner is busy, at 1.4 kB a
// packet and 125 packets a second: five seconds. The kernel may grant less.
const receiveBufferBytes = 1 << 20

// sockets are the UDP side of one session.
type sockets struct {
	audio   *audioSocket // packets come in
	control *net.UDPConn // sync and resent packets come in, resend requests go out
	timing  *net.UDPConn // timing requests go out, replies come in
}

// openSockets binds three ports of local, the address on which the sender
// reached us: senders talk to no other. skip and busy are as for
// PortRange.FirstFree.
func openSockets(local netip.Addr, ports settings.PortRange, skip int, busy func(port uint16)) (*sockets, error) {
	s := &sockets{}
	var audio *net.UDPConn
	for _, socket := range []**net.UDPConn{&audio, &s.control, &s.timing} {
		err := ports.FirstFree(skip, busy, func(port uint16) error {
			conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, port)))
			*socket = conn
			return err
		})
		if err != nil {
			s.close()
			closeConn(audio)
			return nil, fmt.Errorf("raop: bind UDP: %w", err)
		}
		_ = (*socket).SetReadBuffer(receiveBufferBytes) // a smaller one works, only with less to spare
	}
	var err error
	if s.audio, err = unwatch(audio); err != nil {
		s.close()
		closeConn(audio)
		return nil, fmt.Errorf("raop: take over the audio socket: %w", err)
	}
	return s, nil
}

// ports are what the answer to SETUP says.
func (s *sockets) ports() udpPorts {
	return udpPorts{server: s.audio.port, control: udpPort(s.control), timing: udpPort(s.timing)}
}

func udpPort(conn *net.UDPConn) uint16 {
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// close wakes all readers. It may be called twice, and with sockets missing.
func (s *sockets) close() {
	if s.audio != nil {
		s.audio.close()
	}
	closeConn(s.control)
	closeConn(s.timing)
}

func closeConn(conn *net.UDPConn) {
	if conn != nil {
		_ = conn.Close() // nothing is left to be done about it
	}
}
