package sender

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

const (
	authSetupBytes = 33    // the kind and a Curve25519 key
	earlyVolumeDB  = -15.0 // half, with Habits.EarlyVolume
)

// A session is a connection to a receiver with all that belongs to it.
type session struct {
	client   *client
	link     *link
	stream   *stream
	uri      string
	local    netip.Addr
	remote   netip.Addr
	receiver ReceiverID
}

// Connect makes the session, up to RECORD. Run must be running. After an error
// the sender is of no more use.
func (s *Sender) Connect(ctx context.Context) error {
	if err := s.connect(ctx); err != nil {
		s.Close()
		return fmt.Errorf("sender: %w", err)
	}
	s.options.Log.Info().Stringer("receiver", s.options.Addr).Stringer("id", s.session.receiver).Msg("software sender is connected")
	return nil
}

func (s *Sender) connect(ctx context.Context) error {
	if s.session != nil {
		return errors.New("already connected")
	}
	next, err := s.open(ctx)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return errors.Join(ctx.Err(), next.close())
	case <-s.endedC:
		return errors.Join(errClosed, next.close())
	case s.sessionC <- next:
		s.session = next
	}
	for _, step := range s.steps() {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// steps are the requests that lead to the first packet.
func (s *Sender) steps() []func(context.Context) error {
	var steps []func(context.Context) error
	add := func(wanted bool, step func(context.Context) error) {
		if wanted {
			steps = append(steps, step)
		}
	}
	habits := s.options.Habits
	add(!habits.NoOptions && !habits.TwoConnections, func(ctx context.Context) error { return s.verifyReceiver(ctx, s.session) })
	add(habits.AuthSetup, s.authSetup)
	add(true, s.announce)
	add(true, s.setup)
	add(habits.EarlyVolume, func(ctx context.Context) error { return s.SetVolume(ctx, earlyVolumeDB) })
	add(true, s.record)
	add(habits.LateRTPInfo, func(ctx context.Context) error { return s.flush(ctx, 0) })
	add(habits.Feedback, s.feedback)
	return steps
}

// open makes the connection and the sockets.
func (s *Sender) open(ctx context.Context) (*session, error) {
	instance := strings.ToUpper(rand.Text()[:16])
	var receiver ReceiverID
	if s.options.Habits.TwoConnections {
		var err error
		if receiver, err = s.verifyOnOwnConnection(ctx, instance); err != nil {
			return nil, err
		}
	}
	next, err := s.dial(ctx, instance)
	if err != nil {
		return nil, err
	}
	next.receiver = receiver
	if next.link, err = openLink(next.local, next.remote, s.options, &s.counters); err != nil {
		return nil, errors.Join(err, next.client.close())
	}
	if next.stream, err = newStream(s.options, s.clock, next.link); err != nil {
		return nil, errors.Join(err, next.close())
	}
	return next, nil
}

// dial makes a session of a connection alone.
func (s *Sender) dial(ctx context.Context, instance string) (*session, error) {
	var d net.Dialer
	if s.options.Local.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(s.options.Local, 0))
	}
	conn, err := d.DialContext(ctx, "tcp", s.options.Addr.String())
	if err != nil {
		return nil, err
	}
	local := conn.LocalAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
	remote := conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
	var id [4]byte
	// crypto/rand never fails.
	_, _ = rand.Read(id[:])
	return &session{
		client: newClient(conn, s.options, instance),
		uri:    fmt.Sprintf("rtsp://%s/%d", host(local), binary.BigEndian.Uint32(id[:])),
		local:  local, remote: remote,
	}, nil
}

// verifyOnOwnConnection is verifyReceiver on a connection that is used for nothing else.
func (s *Sender) verifyOnOwnConnection(ctx context.Context, instance string) (ReceiverID, error) {
	apart, err := s.dial(ctx, instance)
	if err != nil {
		return ReceiverID{}, err
	}
	err = s.verifyReceiver(ctx, apart)
	return apart.receiver, errors.Join(err, apart.client.close())
}

func (s *session) close() error {
	return errors.Join(s.client.close(), s.link.close())
}

// host is addr as it stands in a URL.
func host(addr netip.Addr) string {
	if addr.Is6() {
		return "[" + addr.WithZone("").String() + "]"
	}
	return addr.String()
}

// verifyReceiver sends OPTIONS with a challenge: the receiver proves that it has the
// AirPort's key.
func (s *Sender) verifyReceiver(ctx context.Context, on *session) error {
	return s.challenge(ctx, on, &rtsp.Request{Method: "OPTIONS", URI: "*"})
}

// challenge sends req with an Apple-Challenge and checks the answer to it.
func (s *Sender) challenge(ctx context.Context, on *session, req *rtsp.Request) error {
	challenge := make([]byte, challengeBytes)
	// crypto/rand never fails.
	_, _ = rand.Read(challenge)
	req.Header.Add("Apple-Challenge", base64.RawStdEncoding.EncodeToString(challenge))
	resp, err := on.client.do(ctx, req)
	if err != nil {
		return err
	}
	on.receiver, err = checkResponse(s.key, resp.Header.Get("Apple-Response"), challenge, on.remote)
	return err
}

func (s *Sender) announce(ctx context.Context) error {
	body, err := s.describe()
	if err != nil {
		return err
	}
	req := &rtsp.Request{Method: "ANNOUNCE", URI: s.session.uri, Body: body,
		Header: rtsp.Header{{Name: "Content-Type", Value: "application/sdp"}}}
	if s.options.Habits.ChallengeAgain {
		return s.challenge(ctx, s.session, req)
	}
	_, err = s.session.client.do(ctx, req)
	return err
}

// authSetup asks for the proof that only receivers with Apple's chip can give.
// Senders ignore that the answer is empty, but not that it is a refusal.
func (s *Sender) authSetup(ctx context.Context) error {
	return s.post(ctx, "/auth-setup", make([]byte, authSetupBytes))
}

// feedback tells the receiver that the sender is still there.
func (s *Sender) feedback(ctx context.Context) error { return s.post(ctx, "/feedback", nil) }

func (s *Sender) post(ctx context.Context, path string, body []byte) error {
	_, err := s.session.client.do(ctx, &rtsp.Request{Method: "POST", URI: path, Body: body})
	return err
}

// describe gives the SDP of the session (RFC 4566), as iTunes writes it.
func (s *Sender) describe() ([]byte, error) {
	family := "IP4"
	if s.session.local.Is6() {
		family = "IP6"
	}
	var sdp strings.Builder
	fmt.Fprintf(&sdp, "v=0\r\no=iTunes %s 0 IN %s %s\r\ns=iTunes\r\nc=IN %s %s\r\nt=0 0\r\nm=audio 0 RTP/AVP 96\r\n",
		s.session.uri[strings.LastIndexByte(s.session.uri, '/')+1:], family, s.session.local.WithZone(""), family, s.session.remote.WithZone(""))
	sdp.WriteString(formatLines(s.options))
	keys, err := s.session.stream.keyLines(s.key)
	if err != nil {
		return nil, err
	}
	sdp.WriteString(keys)
	return []byte(sdp.String()), nil
}

func (s *Sender) setup(ctx context.Context) error {
	control, timing := s.session.link.ports()
	resp, err := s.session.client.do(ctx, &rtsp.Request{Method: "SETUP", URI: s.session.uri, Header: rtsp.Header{{
		Name: "Transport",
		Value: fmt.Sprintf("RTP/AVP/UDP;unicast;interleaved=0-1;mode=record;control_port=%d;timing_port=%d",
			control, timing),
	}}})
	if err != nil {
		return err
	}
	transport := resp.Header.Get("Transport")
	audioPort, err := port(transport, "server_port")
	if err != nil {
		return err
	}
	controlPort, err := port(transport, "control_port")
	if err != nil {
		return err
	}
	s.session.link.setTargets(audioPort, controlPort)
	if !s.options.Habits.UnaskedTiming {
		return nil
	}
	timingPort, err := port(transport, "timing_port")
	if err != nil {
		return err
	}
	return s.session.link.sendUnaskedTiming(s.clock, timingPort)
}

// port finds a port in a Transport header.
func port(transport, name string) (uint16, error) {
	for part := range strings.SplitSeq(transport, ";") {
		if text, ok := strings.CutPrefix(part, name+"="); ok {
			n, err := strconv.ParseUint(text, 10, 16)
			if err != nil || n == 0 {
				return 0, fmt.Errorf("SETUP: %s %q in the answer", name, text)
			}
			return uint16(n), nil
		}
	}
	return 0, fmt.Errorf("SETUP: no %s in the answer's Transport %q", name, transport)
}

// Record begins the stream again after Flush, for receivers that are told so;
// most senders simply go on sending.
func (s *Sender) Record(ctx context.Context) error { return s.withSession(ctx, s.record) }

func (s *Sender) record(ctx context.Context) error {
	header := rtsp.Header{{Name: "Range", Value: "npt=0-"}}
	if !s.options.Habits.LateRTPInfo {
		header.Add("RTP-Info", s.session.stream.position(0))
	}
	_, err := s.session.client.do(ctx, &rtsp.Request{Method: "RECORD", URI: s.session.uri, Header: header})
	return err
}

// Flush drops what has been sent and is not yet heard: pause, or a jump. The
// next Send begins anew, with or without Record before it.
func (s *Sender) Flush(ctx context.Context) error {
	return s.withSession(ctx, func(ctx context.Context) error {
		s.session.stream.pause()
		return s.flush(ctx, 0)
	})
}

// FlushBut drops what has been sent except for the last packets, which are of
// the sound that a following Send goes on with: a jump whose new sound was on
// its way before the FLUSH.
func (s *Sender) FlushBut(ctx context.Context, packets int) error {
	return s.withSession(ctx, func(ctx context.Context) error { return s.flush(ctx, packets) })
}

func (s *Sender) flush(ctx context.Context, but int) error {
	_, err := s.session.client.do(ctx, &rtsp.Request{Method: "FLUSH", URI: s.session.uri, Header: rtsp.Header{
		{Name: "RTP-Info", Value: s.session.stream.position(but)},
	}})
	return err
}

// Lose drops the next packets of sound, the first copy of each: a burst of loss on
// Wi-Fi. It comes after Connect.
func (s *Sender) Lose(packets int) { s.session.link.loseNext += packets }

// JumpTimestamp makes the timestamps of what is sent next so many frames later
// than they should be, or earlier: a sender with a fault. It comes after
// Connect.
func (s *Sender) JumpTimestamp(frames int32) { s.session.stream.jump(frames) }

// Teardown ends the session by TEARDOWN. Close or the end of Run still has
// to follow.
func (s *Sender) Teardown(ctx context.Context) error {
	return s.withSession(ctx, func(ctx context.Context) error {
		uri := s.session.uri
		if s.options.Habits.EmptyTeardownURI {
			uri = ""
		}
		_, err := s.session.client.do(ctx, &rtsp.Request{Method: "TEARDOWN", URI: uri})
		return err
	})
}

// Receiver is the id with which the receiver signed at Connect.
func (s *Sender) Receiver() ReceiverID { return s.session.receiver }

var (
	errNotConnected = errors.New("not connected")
	errClosed       = errors.New("session is closed")
)

// withSession runs an exchange with the receiver, or fails where there is no session.
func (s *Sender) withSession(ctx context.Context, exchange func(context.Context) error) error {
	err := errNotConnected
	if s.session != nil {
		err = exchange(ctx)
	}
	if err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	return nil
}
