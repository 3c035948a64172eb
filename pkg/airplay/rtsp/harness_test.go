package rtsp_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/rtsp"
)

// A handler answers with its function and counts its Closed calls.
type handler struct {
	answer func(*rtsp.Request) (*rtsp.Response, bool)
	closed *atomic.Int32
}

func (h handler) Handle(r *rtsp.Request) (*rtsp.Response, bool) { return h.answer(r) }
func (h handler) Closed()                                       { h.closed.Add(1) }

// ok answers 200 with the length of the body, and closes after TEARDOWN.
func ok(r *rtsp.Request) (*rtsp.Response, bool) {
	response := &rtsp.Response{Status: rtsp.StatusOK}
	response.Header.Add("X-Method", r.Method)
	response.Header.Add("X-Body-Bytes", strconv.Itoa(len(r.Body)))
	return response, r.Method == "TEARDOWN"
}

// A fixture is a running server on a listener made of pipes.
type fixture struct {
	server   *rtsp.Server
	listener *pipeListener
	cancel   context.CancelFunc
	served   chan error // what Serve returned

	closed atomic.Int32 // Closed calls of all handlers

	mu    sync.Mutex // guards what follows
	peers []rtsp.Peer
	conns []rtsp.Conn
	errs  []error
}

// start runs a server that answers with ok unless options say otherwise. It
// is ended, and Serve awaited, by stop.
func start(t *testing.T, options rtsp.ServerOptions) *fixture {
	t.Helper()
	f := &fixture{listener: newPipeListener(), served: make(chan error, 1)}
	if options.NewHandler == nil {
		options.NewHandler = f.newHandler
	}
	options.OnError = func(_ rtsp.Peer, err error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.errs = append(f.errs, err)
	}
	f.server = rtsp.NewServer(options)
	ctx, cancel := context.WithCancel(t.Context())
	f.cancel = cancel
	go func() { f.served <- f.server.Serve(ctx, f.listener) }()
	return f
}

func (f *fixture) newHandler(peer rtsp.Peer, conn rtsp.Conn) rtsp.Handler {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.peers = append(f.peers, peer)
	f.conns = append(f.conns, conn)
	return handler{answer: ok, closed: &f.closed}
}

// stop ends the server and checks that nothing is left of it.
func (f *fixture) stop(t *testing.T) {
	t.Helper()
	begin := time.Now()
	f.cancel()
	if err := <-f.served; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if waited := time.Since(begin); waited != 0 {
		t.Errorf("Serve went on for %v after the end of its context", waited)
	}
	stats := f.server.Stats()
	if stats.Open != 0 {
		t.Errorf("%d connections open after Serve", stats.Open)
	}
	if got := uint64(f.closed.Load()); got != stats.Accepted {
		t.Errorf("%d connections, %d Closed calls", stats.Accepted, got)
	}
}

func (f *fixture) errors() []error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.errs)
}

// dial connects from remote, an address and port.
func (f *fixture) dial(remote string) *client {
	near, far := net.Pipe()
	served := &pipeConn{Conn: far, local: "10.0.0.9:5000", remote: remote}
	f.listener.conns <- served
	return &client{Conn: near, reader: bufio.NewReader(near), served: served}
}

// dialHalf is dial with a connection that the server can close half.
func (f *fixture) dialHalf(remote string) *client {
	near, far := net.Pipe()
	served := &pipeConn{Conn: far, local: "10.0.0.9:5000", remote: remote}
	f.listener.conns <- halfConn{served}
	return &client{Conn: near, reader: bufio.NewReader(near), served: served}
}

// A client is the sender's end of a connection.
type client struct {
	net.Conn
	reader *bufio.Reader
	served *pipeConn
}

// send writes what without waiting for it to be read.
func (c *client) send(what string) {
	go func() { _, _ = c.Write([]byte(what)) }() // fails when the server closes early, which tests see by other means
}

func (c *client) receive() (*rtsp.Response, error) {
	return rtsp.ReadResponse(c.reader, rtsp.DefaultLimits)
}

// mustReceive wants the next response to have status.
func (c *client) mustReceive(t *testing.T, status int) *rtsp.Response {
	t.Helper()
	response, err := c.receive()
	if err != nil {
		t.Fatalf("want %d, got %v", status, err)
	}
	if response.Status != status {
		t.Fatalf("want %d, got %d", status, response.Status)
	}
	return response
}

// mustEnd wants the server to close the connection without another word.
func (c *client) mustEnd(t *testing.T) {
	t.Helper()
	if response, err := c.receive(); err == nil {
		t.Fatalf("want the end, got %+v", response)
	}
}

// A pipeConn is the server's end of a pipe. It has addresses and notes each
// Write.
type pipeConn struct {
	net.Conn
	local, remote string

	mu     sync.Mutex // guards writes
	writes []string
}

// Read fails as a TCP connection does when it was closed on this side.
func (c *pipeConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == io.ErrClosedPipe {
		err = net.ErrClosed
	}
	return n, err
}

func (c *pipeConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.writes = append(c.writes, string(b))
	c.mu.Unlock()
	return c.Conn.Write(b)
}

func (c *pipeConn) written() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.writes)
}

func (c *pipeConn) LocalAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.local))
}

func (c *pipeConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.remote))
}

// A halfConn notes CloseWrite as a write.
type halfConn struct{ *pipeConn }

func (c halfConn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes = append(c.writes, "CloseWrite")
	return nil
}

// A pipeListener accepts what is sent to conns and fails with what is sent to
// errs.
type pipeListener struct {
	conns chan net.Conn
	errs  chan error
	done  chan struct{}
	close func()
}

func newPipeListener() *pipeListener {
	done := make(chan struct{})
	return &pipeListener{
		conns: make(chan net.Conn), errs: make(chan error), done: done,
		close: sync.OnceFunc(func() { close(done) }),
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case err := <-l.errs:
		return nil, err
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error { l.close(); return nil }
func (l *pipeListener) Addr() net.Addr {
	return &net.TCPAddr{}
}
