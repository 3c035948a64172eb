package raop

import (
	"io"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
)

// minPayloadBytes is the shortest payload that can be audio; some senders send
// shorter ones for silence.
const minPayloadBytes = 16

// A Session is one sender's stream, from its ANNOUNCE to its end. Its owner uses it
// between Play and Teardown; later its methods do nothing.
type Session struct {
	handler Handler
	params  StreamParams
	client  ClientInfo
	log     zerolog.Logger
	cipher  *packetCipher  // nil when packets are not encrypted
	conn    io.Closer      // the RTSP connection
	release func(*Session) // frees the receiver
	udp     *udpTransport

	// turn guards state. It is held while the Handler is called, so that the Handler
	// gets one event or packet at a time and in order; the methods that the Handler
	// may call do not lock it.
	turn  sync.Mutex
	state state
	early musicDescription // given before Play
}

// newSession makes a session that has no sockets yet. The caller sets conn and
// release, and cipher if the stream is encrypted.
func newSession(handler Handler, params StreamParams, client ClientInfo, log zerolog.Logger) *Session {
	s := &Session{handler: handler, params: params, client: client, log: log, release: func(*Session) {}}
	s.udp = &udpTransport{sender: client.Addr.Addr(), deliver: s.deliver, log: log}
	return s
}

// Params are what the sender announced.
func (s *Session) Params() StreamParams { return s.params }

// Client describes the sender.
func (s *Session) Client() ClientInfo { return s.client }

// Stats are the figures so far.
func (s *Session) Stats() SessionStats {
	rtt, drift := s.udp.clockStats(time.Now())
	return SessionStats{PacketStats: s.udp.packetStats(), RTT: rtt, DriftPPM: drift}
}

// Latency is the delay from sending to playback that the sender expects, in frames:
// that of its latest sync packet, limited to the bounds of its ANNOUNCE and to
// sensible ones. ok is false before the first sync packet.
//
// Senders of video delay the picture by it. It does not include the quarter of a
// second in the answer to RECORD.
func (s *Session) Latency() (frames int64, ok bool) {
	if frames, ok = s.udp.latency(); !ok {
		return 0, false
	}
	return boundLatency(frames, s.params), true
}

// RequestResend asks the sender for count packets from first on, at most 128 of them.
// They arrive like any other packet, or not at all.
func (s *Session) RequestResend(first uint16, count int) error {
	return s.udp.requestResend(first, count)
}

// step moves the session to its next state. It reports whether in was valid in the
// current one; event is passed to the Handler if the transition says so.
func (s *Session) step(in input, event Event) bool {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.stepLocked(in, event)
}

func (s *Session) stepLocked(in input, event Event) bool {
	from := s.state
	to, act := next(from, in)
	s.state = to
	if from != to {
		s.log.Debug().Stringer("from", from).Stringer("to", to).Stringer("reason", in).Msg("session state changed")
	}
	if act&actNotify != 0 {
		s.notifyLocked(event)
	}
	if act&actRelease != 0 {
		s.udp.close()
		s.release(s)
	}
	return act&actRefuse == 0
}

// notifyLocked hands an event to the Handler. What describes the music belongs to the
// session that plays it, so before Play it waits.
func (s *Session) notifyLocked(event Event) {
	if s.state != stateStreaming && s.early.keep(event) {
		return
	}
	s.handler.HandleEvent(event)
	if _, begins := event.(Play); begins {
		s.early.handOver(s.handler)
	}
}

// setUp gives the session its sockets and starts to read them. When it fails
// the sockets are the caller's to close.
func (s *Session) setUp(own *sockets, sender udpPorts) bool {
	s.turn.Lock()
	defer s.turn.Unlock()
	if !s.stepLocked(inputSetup, nil) {
		return false
	}
	s.udp.start(own, sender)
	return true
}

// deliver hands a packet to the owner, and starts playback if the sender sent no
// RECORD.
func (s *Session) deliver(a rtp.Audio, resent bool, arrival time.Time) {
	if len(a.Payload) < minPayloadBytes {
		return
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	s.stepLocked(inputAudio, Play{Session: s})
	if s.state != stateStreaming {
		return
	}
	if s.cipher != nil {
		s.cipher.decrypt(a.Payload)
	}
	s.handler.HandlePacket(s, Packet{
		Seq:       a.Seq,
		Timestamp: a.Timestamp,
		Marker:    a.Marker,
		Resent:    resent,
		Arrival:   arrival,
		Payload:   a.Payload,
	})
}

// end ends the session and waits for its goroutines. It may be called twice.
func (s *Session) end(reason string) {
	s.step(inputEnd, Teardown{Session: s, Reason: reason})
	s.udp.wait()
}

// displace ends the session in favour of another, and its connection: AirPlay 1
// has no other way to inform a sender.
func (s *Session) displace(same bool) {
	reason := "another sender took over"
	if same {
		reason = "the sender connected again"
	}
	s.end(reason)
	_ = s.conn.Close() // the connection is gone either way
}
