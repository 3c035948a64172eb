package sender

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

// answerTiming tells the receiver our clock whenever it asks, until the socket
// is closed.
func (l *link) answerTiming(c clock) error {
	return l.receive(l.timing, func(b []byte, from netip.AddrPort) error {
		received := ntp(c.now())
		req, err := rtp.ParseTimingRequest(b)
		if err != nil {
			return nil // not a timing request: nothing to answer
		}
		if l.habits.NoClock {
			return nil
		}
		l.counters.count(func(s *Stats) { s.TimingRequests++ })
		reply := rtp.TimingReply{Origin: req.Transmit, Receive: received, Transmit: ntp(c.now())}
		_, err = l.timing.WriteToUDPAddrPort(reply.Append(nil), from)
		return err
	})
}

// answerResends sends lost packets again, until the socket is closed.
func (l *link) answerResends() error {
	return l.receive(l.control, func(b []byte, _ netip.AddrPort) error {
		req, err := rtp.ParseResendRequest(b)
		if err != nil {
			return nil // not a resend request: nothing to answer
		}
		l.counters.count(func(s *Stats) { s.ResendRequests++ })
		if l.ignoreResendRequests {
			return nil
		}
		for i := range min(req.Count, maxResend) {
			if err := l.resend(req.First + i); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *link) resend(seq uint16) error {
	packet, ok := l.appendStored(nil, seq)
	if !ok {
		l.counters.count(func(s *Stats) { s.Unavailable++ })
		return nil
	}
	l.counters.count(func(s *Stats) { s.Resent++ })
	if l.resentFaults.lost() {
		l.counters.count(func(s *Stats) { s.Lost++ })
		return nil
	}
	return l.writeResent(packet)
}

func (l *link) writeResent(packet []byte) error {
	audioTo, controlTo := l.targets()
	conn, to := l.control, controlTo
	if l.habits.ResentBare {
		conn, to = l.audio, audioTo
	}
	times := 1
	if l.habits.ResentTwice {
		times = 2
	}
	for range times {
		if _, err := conn.WriteToUDPAddrPort(packet, to); err != nil {
			return err
		}
	}
	return nil
}

// sendUnaskedTiming sends a timing reply that nobody asked for, in which all three times
// are one.
func (l *link) sendUnaskedTiming(c clock, port uint16) error {
	now := ntp(c.now())
	reply := rtp.TimingReply{Origin: now, Receive: now, Transmit: now}
	_, err := l.timing.WriteToUDPAddrPort(reply.Append(nil), netip.AddrPortFrom(l.remote, port))
	return err
}

// receive hands every datagram that the receiver sends to conn to handle.
func (l *link) receive(conn *net.UDPConn, handle func([]byte, netip.AddrPort) error) error {
	buf := make([]byte, datagramMaxSize)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err == nil && from.Addr().Unmap() == l.remote {
			err = handle(buf[:n], from)
		}
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("sender: %w", err)
		}
	}
}
