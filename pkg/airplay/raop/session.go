package raop

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtp"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
	"github.com/rs/zerolog"
)

// maxResendCount bounds one request; what lies further back would come too late.
const maxResendCount = 128

// A Session is one sender's stream, from its ANNOUNCE to its end. Its owner
// sees it between Play and Teardown; later it is harmless but of no use.
type Session struct {
	receiver *Receiver
	conn     rtsp.Conn
	params   StreamParams
	client   ClientInfo
	cipher   *packetCipher // nil when packets come in clear
	log      zerolog.Logger

	readers sync.WaitGroup // one goroutine a socket, from SETUP to the end

	// turn guards state, sockets and sender. It is held while the owner is
	// called, so that the owner gets one thing at a time and in order; the
	// methods that the owner may call do without it.
	turn    sync.Mutex
	state   state
	sockets *sockets  // nil before SETUP
	sender  transport // the sender's ports

	mu      sync.Mutex // guards what follows
	clock   clock
	heardAt time.Time // the latest audio packet
	stats   SessionStats
}

// SessionStats count what came in and went out since SETUP.
type SessionStats struct {
	Packets        uint64 // audio, first copies and late ones
	Resent         uint64 // audio in the wrapper of a resent packet
	NotAvailable   uint64 // answers to a resend request that it comes too late
	Syncs          uint64
	TimingReplies  uint64 // that were of use
	ResendRequests uint64 // packets asked for again
	Short          uint64 // dropped: audio without a payload worth the name
	Malformed      uint64 // dropped: a known kind, cut off
	Unknown        uint64 // dropped: no kind that we know
	Foreign        uint64 // dropped: not from the sender's address

	RTT           time.Duration // of the timing reply that is trusted; 0 before
	DriftPPM      float64       // by which the sender's clock runs fast against ours, as far as it is known
	LatencyFrames int64         // that the latest sync asks for: next minus playing
}

// Params are what the sender announced.
func (s *Session) Params() StreamParams { return s.params }

// Client is who sends.
func (s *Session) Client() ClientInfo { return s.client }

// Stats are the counters so far.
func (s *Session) Stats() SessionStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.DriftPPM = s.clock.drift.rate * partsPerMillion
	if best, found := s.clock.best(time.Now()); found {
		stats.RTT = best.rtt
	}
	return stats
}

// RequestResend asks the sender for count packets from first on, at most 128
// of them. They come as any others do, or not at all.
func (s *Session) RequestResend(first uint16, count int) error {
	if count < 1 {
		return fmt.Errorf("raop: resend of %d packets", count)
	}
	count = min(count, maxResendCount)
	request := rtp.ResendRequest{First: first, Count: uint16(count)}
	_, err := s.sockets.control.WriteToUDPAddrPort(request.Append(nil), s.senderPort(s.sender.control))
	if err != nil {
		return fmt.Errorf("raop: resend request: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.ResendRequests += uint64(count)
	return nil
}

// senderPort is the sender's address with one of its ports.
func (s *Session) senderPort(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(s.client.Addr.Addr(), port)
}

// step moves the session. It reports whether in was valid in its state; event
// is for the owner, where the move says so.
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
		s.log.Debug().Stringer("from", from).Stringer("to", to).Stringer("because", in).Msg("session moved")
	}
	if act&actTell != 0 {
		s.receiver.options.Handler.HandleEvent(event)
	}
	if act&actRelease != 0 {
		s.releaseLocked()
	}
	return act&actRefuse == 0
}

// setUp gives the session its sockets and starts to read them. When it fails
// the sockets are the caller's to close.
func (s *Session) setUp(own *sockets, sender transport) bool {
	s.turn.Lock()
	defer s.turn.Unlock()
	if !s.stepLocked(inputSetup, nil) {
		return false
	}
	s.sockets, s.sender = own, sender
	s.readers.Go(func() { s.ended(s.readAudio(own.audio)) })
	s.readers.Go(func() { s.ended(s.readPackets(own.control)) })
	s.readers.Go(func() { s.ended(s.keepTime(own.timing)) })
	return true
}

// releaseLocked gives up what the session holds:
//  1. the sockets, which ends the readers;
//  2. the receiver, which is free for the next sender.
func (s *Session) releaseLocked() {
	if s.sockets != nil {
		s.sockets.close()
	}
	s.receiver.free(s)
}

// end ends the session and waits for its goroutines. It may be called twice.
func (s *Session) end(reason string) {
	s.step(inputEnd, Teardown{Session: s, Reason: reason})
	s.readers.Wait()
}

// displace ends the session in favour of another, and its connection: AirPlay 1
// has no other way to tell a sender.
func (s *Session) displace(same bool) {
	reason := "another sender took over"
	if same {
		reason = "the sender came anew"
	}
	s.end(reason)
	_ = s.conn.Close() // it is gone either way
}

// lastHeard is the arrival of the latest audio packet; zero before the first.
func (s *Session) lastHeard() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heardAt
}
