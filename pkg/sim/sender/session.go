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
	for _, step := range []func(context.Context) error{s.introduce, s.announce, s.setup} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return s.record(ctx)
}

// open makes the connection and the sockets.
func (s *Sender) open(ctx context.Context) (*session, error) {
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
	next := &session{
		client: newClient(conn, s.options, strings.ToUpper(rand.Text()[:16])),
		uri:    fmt.Sprintf("rtsp://%s/%d", host(local), binary.BigEndian.Uint32(id[:])),
		local:  local, remote: remote,
	}
	if next.link, err = openLink(local, remote, s.options, &s.meter); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if next.stream, err = newStream(s.options, s.clock, next.link); err != nil {
		return nil, errors.Join(err, next.close())
	}
	return next, nil
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

// introduce asks for OPTIONS and makes the receiver prove that it has the
// AirPort's key.
func (s *Sender) introduce(ctx context.Context) error {
	challenge := make([]byte, challengeBytes)
	// crypto/rand never fails.
	_, _ = rand.Read(challenge)
	resp, err := s.session.client.do(ctx, &rtsp.Request{Method: "OPTIONS", URI: "*", Header: rtsp.Header{
		{Name: "Apple-Challenge", Value: base64.RawStdEncoding.EncodeToString(challenge)},
	}})
	if err != nil {
		return err
	}
	s.session.receiver, err = checkResponse(s.key, resp.Header.Get("Apple-Response"), challenge, s.session.remote)
	return err
}

func (s *Sender) announce(ctx context.Context) error {
	body, err := s.describe()
	if err != nil {
		return err
	}
	_, err = s.session.client.do(ctx, &rtsp.Request{Method: "ANNOUNCE", URI: s.session.uri, Body: body,
		Header: rtsp.Header{{Name: "Content-Type", Value: "application/sdp"}}})
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
	s.session.link.aim(audioPort, controlPort)
	return nil
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
func (s *Sender) Record(ctx context.Context) error { return s.verb(ctx, s.record) }

func (s *Sender) record(ctx context.Context) error {
	_, err := s.session.client.do(ctx, &rtsp.Request{Method: "RECORD", URI: s.session.uri, Header: rtsp.Header{
		{Name: "Range", Value: "npt=0-"},
		{Name: "RTP-Info", Value: s.session.stream.position(0)},
	}})
	return err
}

// Flush drops what has been sent and is not yet heard: pause, or a jump. The
// next Send begins anew, with or without Record before it.
func (s *Sender) Flush(ctx context.Context) error {
	return s.verb(ctx, func(ctx context.Context) error {
		s.session.stream.pause()
		return s.flush(ctx, 0)
	})
}

// FlushBut drops what has been sent except for the last packets, which are of
// the sound that a following Send goes on with: a jump whose new sound was on
// its way before the FLUSH.
func (s *Sender) FlushBut(ctx context.Context, packets int) error {
	return s.verb(ctx, func(ctx context.Context) error { return s.flush(ctx, packets) })
}

func (s *Sender) flush(ctx context.Context, but int) error {
	_, err := s.session.client.do(ctx, &rtsp.Request{Method: "FLUSH", URI: s.session.uri, Header: rtsp.Header{
		{Name: "RTP-Info", Value: s.session.stream.position(but)},
	}})
	return err
}

// Teardown ends the session in good manners. Close or the end of Run still has
// to follow.
func (s *Sender) Teardown(ctx context.Context) error {
	return s.verb(ctx, func(ctx context.Context) error {
		_, err := s.session.client.do(ctx, &rtsp.Request{Method: "TEARDOWN", URI: s.session.uri})
		return err
	})
}

// Receiver is the id with which the receiver signed at Connect.
func (s *Sender) Receiver() ReceiverID { return s.session.receiver }

var (
	errNotConnected = errors.New("not connected")
	errClosed       = errors.New("session is closed")
)

// verb runs one exchange of a session that stands.
func (s *Sender) verb(ctx context.Context, exchange func(context.Context) error) error {
	err := errNotConnected
	if s.session != nil {
		err = exchange(ctx)
	}
	if err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	return nil
}
