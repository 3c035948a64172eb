package raop_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test that is about to fail.
const patience = 5 * time.Second

var (
	loopback = netip.MustParseAddr("127.0.0.1")
	testID   = raop.ID{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}
)

// A recorder is an owner that writes down, one line each, what it is told.
type recorder struct {
	deafTo string // lines that begin so are not written; empty: all are

	mu      sync.Mutex // guards what follows
	lines   []string
	session *raop.Session
	changed chan struct{} // closed and replaced with each line
}

func newRecorder() *recorder { return &recorder{changed: make(chan struct{})} }

func (r *recorder) HandleEvent(event raop.Event) {
	if play, ok := event.(raop.Play); ok {
		r.mu.Lock()
		r.session = play.Session
		r.mu.Unlock()
	}
	r.write(describe(event))
}

func (r *recorder) HandlePacket(_ *raop.Session, p raop.Packet) {
	line := fmt.Sprintf("packet %d/%d %x", p.Seq, p.Timestamp, p.Payload)
	if p.Resent {
		line += " resent"
	}
	r.write(line)
}

func (r *recorder) write(line string) {
	if r.deafTo != "" && strings.HasPrefix(line, r.deafTo) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *recorder) said() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// await blocks until n lines begin with prefix.
func (r *recorder) await(t *testing.T, n int, prefix string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		changed, lines := r.changed, slices.Clone(r.lines)
		r.mu.Unlock()
		if count(lines, prefix) >= n {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("no %d lines %q... in\n%s", n, prefix, strings.Join(lines, "\n"))
		}
	}
}

// eventually blocks until something is so of which nothing tells.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	deadline := time.After(patience)
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for !so() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("it never came true that %s", what)
		}
	}
}

func count(lines []string, prefix string) int {
	n := 0
	for _, line := range lines {
		if strings.HasPrefix(line, prefix) {
			n++
		}
	}
	return n
}

func describe(event raop.Event) string {
	switch e := event.(type) {
	case raop.Play:
		if !e.Known {
			return "play"
		}
		return fmt.Sprintf("play %d/%d", e.Seq, e.Timestamp)
	case raop.Flush:
		if e.All {
			return "flush all"
		}
		return fmt.Sprintf("flush %d/%d", e.Seq, e.Timestamp)
	case raop.Pause:
		return "pause"
	case raop.Volume:
		if e.Mute {
			return "mute"
		}
		return fmt.Sprintf("volume %.2f", e.DB)
	case raop.Metadata:
		return fmt.Sprintf("metadata %s / %s / %s", e.Track.Artist, e.Track.Album, e.Track.Title)
	case raop.Artwork:
		if e.Type == "" {
			return "artwork none"
		}
		return fmt.Sprintf("artwork %s %d bytes", e.Type, len(e.Data))
	case raop.Progress:
		return fmt.Sprintf("progress %v of %v", e.Elapsed, e.Length)
	case raop.Teardown:
		return "teardown " + e.Reason
	}
	return fmt.Sprintf("%T", event)
}

// startReceiver runs a receiver on loopback until the test ends.
func startReceiver(t *testing.T, options raop.Options) *raop.Receiver {
	t.Helper()
	options.ID = testID
	if !options.Listen.IsValid() {
		options.Listen = loopback
	}
	options.VolumeDB = func() float64 { return -11.123877 }
	r := raop.New(options)
	if err := r.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return r
}

// A sender is the other end of a dialogue.
type sender struct {
	t        *testing.T
	receiver *raop.Receiver
	host     netip.Addr // the receiver's
	addr     netip.Addr // its own, any that reaches host
	conn     net.Conn
	reader   *bufio.Reader

	audio, control, timing *net.UDPConn
	server                 map[string]netip.AddrPort // "server_port", ... of the receiver
	nonce                  string                    // of its latest demand for a password
}

func newSender(t *testing.T, r *raop.Receiver, addr netip.Addr) *sender {
	t.Helper()
	s := &sender{t: t, receiver: r, host: loopback, addr: addr, server: make(map[string]netip.AddrPort)}
	if addr.Is6() {
		s.host = addr
	}
	for _, socket := range []**net.UDPConn{&s.audio, &s.control, &s.timing} {
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		*socket = conn
	}
	s.connect()
	return s
}

func (s *sender) connect() {
	s.t.Helper()
	s.disconnect()
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(s.addr, 0)), Timeout: patience}
	conn, err := dialer.Dial("tcp", netip.AddrPortFrom(s.host, s.receiver.Port()).String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.conn, s.reader = conn, bufio.NewReader(conn)
	s.t.Cleanup(func() { _ = conn.Close() })
}

func (s *sender) disconnect() {
	if s.conn != nil {
		_ = s.conn.Close()
	}
}

// raw sends the text of a request and gives the answer.
func (s *sender) raw(request string) *rtsp.Response {
	s.t.Helper()
	response, err := s.try(request)
	if err != nil {
		s.t.Fatalf("%v\nafter %s", err, request)
	}
	return response
}

// try is raw for a sender that may lose its connection.
func (s *sender) try(request string) (*rtsp.Response, error) {
	if err := s.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if _, err := s.conn.Write([]byte(request)); err != nil {
		return nil, err
	}
	response, err := rtsp.ReadResponse(s.reader, rtsp.DefaultLimits)
	if err != nil {
		return nil, err
	}
	s.learnPorts(response.Header.Get("Transport"))
	if demand := strings.Split(response.Header.Get("WWW-Authenticate"), `"`); len(demand) == 5 {
		s.nonce = demand[3]
	}
	return response, nil
}

// ask sends a request made of its parts: header lines end in "\n", if any.
func (s *sender) ask(method, header, body string) *rtsp.Response {
	s.t.Helper()
	return s.raw(requestText(method, header, body))
}

func requestText(method, header, body string) string {
	header = strings.ReplaceAll(header, "\n", "\r\n")
	return fmt.Sprintf("%s rtsp://127.0.0.1/1 RTSP/1.0\r\nCSeq: 1\r\n%sContent-Length: %d\r\n\r\n%s",
		method, header, len(body), body)
}

// want is ask for an answer with a certain status.
func (s *sender) want(status int, method, header, body string) *rtsp.Response {
	s.t.Helper()
	response := s.ask(method, header, body)
	if response.Status != status {
		s.t.Fatalf("%s: status %d, want %d", method, response.Status, status)
	}
	return response
}

// play brings a session to its RECORD.
func (s *sender) play() {
	s.t.Helper()
	s.want(200, "ANNOUNCE", "", plainSDP)
	s.want(200, "SETUP", s.transport(), "")
	s.want(200, "RECORD", "RTP-Info: seq=1;rtptime=1\n", "")
}

const plainSDP = "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 L16/44100/2\r\n"

// transport is the header line of a SETUP.
func (s *sender) transport() string {
	return fmt.Sprintf("Transport: RTP/AVP/UDP;unicast;mode=record;control_port=%d;timing_port=%d\n",
		localPort(s.control), localPort(s.timing))
}

func localPort(conn *net.UDPConn) uint16 {
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

func (s *sender) learnPorts(transport string) {
	for field := range strings.SplitSeq(transport, ";") {
		name, value, found := strings.Cut(field, "=")
		if port, err := strconv.ParseUint(value, 10, 16); found && err == nil {
			s.server[name] = netip.AddrPortFrom(s.host, uint16(port))
		}
	}
}

// send sends a datagram from one of the sender's sockets.
func (s *sender) send(from *net.UDPConn, to string, packet []byte) {
	s.t.Helper()
	if _, err := from.WriteToUDPAddrPort(packet, s.server[to]); err != nil {
		s.t.Fatalf("send to %s: %v", to, err)
	}
}

// receive waits for a datagram.
func (s *sender) receive(at *net.UDPConn) []byte {
	s.t.Helper()
	if err := at.SetReadDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	buffer := make([]byte, 2048)
	n, _, err := at.ReadFromUDPAddrPort(buffer)
	if err != nil {
		s.t.Fatal(err)
	}
	return buffer[:n]
}

// A lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) lines() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.text.String(), "\n")
}
