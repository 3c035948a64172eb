package raop

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

const (
	maxPacketBytes     = 16 << 10 // what is longer is cut
	minPayloadBytes    = 16       // less is a sender's sign for silence, if anything
	timingRequestBytes = 32

	firstTimings = 3 // requests in quick succession, for senders that wait for one
	quickTiming  = 300 * time.Millisecond
	steadyTiming = 3 * time.Second
)

var errShort = errors.New("raop: short audio payload")

// readPackets reads one socket to its end.
func (s *Session) readPackets(conn *net.UDPConn) error {
	return s.readUntilError(conn, make([]byte, maxPacketBytes))
}

// keepTime asks the sender for its time, again and again, even while nothing
// plays: senders give up on receivers that do not ask.
func (s *Session) keepTime(conn *net.UDPConn) error {
	buffer := make([]byte, maxPacketBytes)
	request := make([]byte, 0, timingRequestBytes)
	for asked := 1; ; asked++ {
		now := time.Now()
		s.mu.Lock()
		question := s.clock.ask(now)
		s.mu.Unlock()
		// A request that cannot be sent is as good as one that is lost.
		_, _ = conn.WriteToUDPAddrPort(question.Append(request), s.senderPort(s.sender.timing))
		if err := conn.SetReadDeadline(now.Add(timingPause(asked))); err != nil {
			return err
		}
		if err := s.readUntilError(conn, buffer); !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
}

func timingPause(asked int) time.Duration {
	if asked < firstTimings {
		return quickTiming
	}
	return steadyTiming
}

// ended notes why a reader ended. That its socket was closed is expected.
func (s *Session) ended(err error) {
	if !errors.Is(err, net.ErrClosed) {
		s.log.Warn().Err(err).Msg("UDP socket failed")
	}
}

// readUntilError takes in packets until the socket is closed or its deadline
// passes. Packets of other hosts are not looked at.
func (s *Session) readUntilError(conn *net.UDPConn, buffer []byte) error {
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return err
		}
		s.take(buffer[:n], from.Addr())
	}
}

// take looks at a packet that came just now, if it is the sender's. The zone
// of a link-local address is not compared: the socket is bound to it, and the
// names of interfaces may change under way.
func (s *Session) take(b []byte, from netip.Addr) {
	if from.Unmap().WithZone("") != s.client.Addr.Addr().WithZone("") {
		s.tallyForeign()
		return
	}
	s.receive(b, time.Now())
}

// receive takes one packet of the sender. The kind decides, not the port:
// there are senders that resend on the audio port.
func (s *Session) receive(b []byte, arrival time.Time) {
	kind := rtp.KindOf(b)
	var err error
	switch kind {
	case rtp.KindAudio:
		err = s.receiveAudio(b, arrival)
	case rtp.KindResent:
		err = s.receiveResent(b, arrival)
	case rtp.KindSync:
		err = s.receiveSync(b)
	case rtp.KindTimingReply:
		err = s.receiveTimingReply(b, arrival)
	default:
		// Nothing that a sender should send.
	}
	s.tally(kind, err, arrival)
}

func (s *Session) receiveAudio(b []byte, arrival time.Time) error {
	a, err := rtp.ParseAudio(b)
	if err != nil {
		return err
	}
	return s.deliver(a, false, arrival)
}

func (s *Session) receiveResent(b []byte, arrival time.Time) error {
	a, err := rtp.ParseResent(b)
	if err != nil {
		return err
	}
	return s.deliver(a, true, arrival)
}

// deliver hands a packet to the owner, and begins the session if the sender
// did not trouble to send RECORD.
func (s *Session) deliver(a rtp.Audio, resent bool, arrival time.Time) error {
	if len(a.Payload) < minPayloadBytes {
		return errShort
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	s.stepLocked(inputAudio, Play{Session: s})
	if s.state != stateStreaming {
		return nil
	}
	if s.cipher != nil {
		s.cipher.decrypt(a.Payload)
	}
	s.receiver.options.Handler.HandlePacket(s, Packet{
		Seq:       a.Seq,
		Timestamp: a.Timestamp,
		Marker:    a.Marker,
		Resent:    resent,
		Arrival:   arrival,
		Payload:   a.Payload,
	})
	return nil
}

func (s *Session) receiveSync(b []byte) error {
	packet, err := rtp.ParseSync(b)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.LatencyFrames = packet.LatencyFrames()
	return nil
}

func (s *Session) receiveTimingReply(b []byte, arrival time.Time) error {
	reply, err := rtp.ParseTimingReply(b)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clock.answer(reply, arrival) {
		s.stats.TimingReplies++
	}
	return nil
}

// tally counts a packet of the sender.
func (s *Session) tally(kind rtp.Kind, err error, arrival time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case errors.Is(err, rtp.ErrNotAvailable):
		s.stats.NotAvailable++
	case errors.Is(err, errShort):
		s.stats.Short++
		s.heardAt = arrival
	case err != nil:
		s.stats.Malformed++
	case kind == rtp.KindAudio:
		s.stats.Packets++
		s.heardAt = arrival
	case kind == rtp.KindResent:
		s.stats.Resent++
	case kind == rtp.KindSync:
		s.stats.Syncs++
	case kind == rtp.KindTimingReply:
		// Counted where it was found to be of use.
	default:
		s.stats.Unknown++
	}
}

func (s *Session) tallyForeign() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Foreign++
}
