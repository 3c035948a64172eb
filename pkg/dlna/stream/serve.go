package stream

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

const (
	// sendBufferBytes is the send buffer of each connection: 0.4 s of CD sound as
	// WAV. It bridges a lost packet on Wi-Fi, and is the most that a renderer can
	// still get from the kernel after its stream is discarded.
	sendBufferBytes = 64 << 10
	// headerTime is the time for a client to send its request line and headers.
	headerTime = 5 * time.Second
	// requestTime is the time for the whole request with its body.
	requestTime = 30 * time.Second
	// headerBytes bounds the request line and headers together.
	headerBytes = 16 << 10
	// maxConns bounds all connections, maxPeerConns those of one address.
	maxConns, maxPeerConns = 512, 64
	// maxStrangerConns bounds the connections of all addresses that no open stream is
	// for: the rest of maxConns is for speakers to fetch their sound.
	maxStrangerConns = 384
)

// Serve runs an HTTP server for h, in which a Server of this package is
// mounted, until ctx ends; then it closes all connections. Unlike http.Serve it has
// what live sound and untrusted clients need: small send buffers, keep-alives to
// find dead peers, a limit of connections, and time limits for requests (a handler
// that answers for longer than 30 s must clear its read deadline, as Server does).
// The messages of net/http go to log. isSpeaker reports whether an address is that of a
// speaker that may fetch a stream, see Server.IsSpeaker: a share of the connections is
// kept for those. nil: no address is.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, isSpeaker func(netip.Addr) bool, log zerolog.Logger) error {
	if isSpeaker == nil {
		isSpeaker = func(netip.Addr) bool { return false }
	}
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       requestTime,
		IdleTimeout:       requestTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          stdlog.New(log, "", 0),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() }) // its error is the listener's, which Serve returns
	defer stop()
	err := srv.Serve(&listener{Listener: ln, isSpeaker: isSpeaker, conns: make(map[netip.Addr]int)})
	if ctx.Err() != nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("stream: serve: %w", err)
}

// A listener tunes and counts the connections that it accepts.
type listener struct {
	net.Listener
	isSpeaker func(netip.Addr) bool

	mu    sync.Mutex // guards all below
	conns map[netip.Addr]int
	total int
}

// Accept returns the next connection that is within the limits; those beyond
// are closed at once.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := addrOf(conn)
		if !l.enter(peer) {
			_ = conn.Close() // refused; a failure has no consequence
			continue
		}
		tune(conn)
		return &countedConn{Conn: conn, leave: sync.OnceFunc(func() { l.leave(peer) })}, nil
	}
}

func (l *listener) enter(peer netip.Addr) bool {
	most := maxStrangerConns
	if l.isSpeaker(peer) {
		most = maxConns
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= most || l.conns[peer] >= maxPeerConns {
		return false
	}
	l.total++
	l.conns[peer]++
	return true
}

func (l *listener) leave(peer netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.conns[peer]--; l.conns[peer] == 0 {
		delete(l.conns, peer)
	}
}

// A countedConn tells its listener when it is closed.
type countedConn struct {
	net.Conn
	leave func()
}

func (c *countedConn) Close() error {
	c.leave()
	return c.Conn.Close()
}

// tune sets the options of one connection. Go sets TCP_NODELAY by itself. Where an
// option cannot be set, the kernel's default remains, which works as well.
func tune(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	_ = tcp.SetWriteBuffer(sendBufferBytes)
	_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 4,
	})
}

// addrOf is the peer's address; the zero Addr for a connection without.
func addrOf(conn net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return plain(ap.Addr())
}
