package rtsp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Defaults of ServerOptions.
const (
	defaultIdleTimeout       = 120 * time.Second
	defaultRequestTimeout    = 10 * time.Second
	defaultMaxConns          = 32
	defaultMaxConnsPerRemote = 8
)

const (
	// refusalTimeout bounds the write of a 503, which hardly ever waits: the answer
	// fits the empty buffer of a new socket.
	refusalTimeout = time.Second
	acceptPauseMin = 5 * time.Millisecond
	acceptPauseMax = time.Second
)

// ErrTooManyConns is reported through OnError for a connection refused or
// displaced because of MaxConns or MaxConnsPerRemote.
var ErrTooManyConns = errors.New("rtsp: too many connections")

// A Handler answers the requests of one connection.
type Handler interface {
	// Handle answers one request; resp is never nil. The server adds CSeq,
	// Server, Content-Length and, when closeAfter ends the connection,
	// "Connection: close". Calls come in order from the connection's own
	// goroutine; the handler may keep the request.
	Handle(*Request) (resp *Response, closeAfter bool)
	// Closed is called once, after the connection has been closed.
	Closed()
}

// A Conn lets a Handler's owner end its connection from outside.
type Conn interface {
	// Close ends the connection at once, also while a request is read or
	// answered. It may be called at any time, by any goroutine, repeatedly.
	Close() error
}

// ServerOptions configure a Server. NewHandler is required; every other zero value
// means the default.
type ServerOptions struct {
	// NewHandler makes the Handler of a new connection, in the connection's
	// goroutine.
	NewHandler func(Peer, Conn) Handler
	// IdleTimeout ends a connection this long without a request, 120 s.
	IdleTimeout time.Duration
	// Alive is called when IdleTimeout has passed; if it returns true, the
	// connection is kept for another IdleTimeout, because its audio still flows.
	Alive func(Handler) bool
	// RequestTimeout is how long one request may take to arrive after its
	// first byte, and its response to leave, 10 s each.
	RequestTimeout time.Duration
	// MaxConns is the most connections at once, 32; MaxConnsPerRemote the
	// most from one address, 8. Each may hold one body of
	// Limits.BodyBytes. One more displaces the one without a request for
	// longest, so that clients that merely hold connections keep nobody out; one more
	// from an address is answered 503 and closed.
	MaxConns, MaxConnsPerRemote int
	// Keep is called after each request; a connection for which it returns true is
	// not displaced: if all are kept, new ones get 503. nil: none is kept.
	Keep func(Handler) bool
	// Limits bound each request; all zero stands for DefaultLimits.
	Limits Limits
	// BodyBytes bounds the body of a connection's next request below
	// Limits.BodyBytes, by what its handler knows of the peer. It is called in
	// the connection's goroutine; nil: no lower bound.
	BodyBytes func(Handler) int
	// OnError is called for malformed and unfinished requests, refused
	// connections and failures to accept (with a zero Peer), for one
	// rate-limited log line. It is called from several goroutines.
	OnError func(Peer, error)
}

func (o ServerOptions) withDefaults() ServerOptions {
	if o.IdleTimeout == 0 {
		o.IdleTimeout = defaultIdleTimeout
	}
	if o.Alive == nil {
		o.Alive = func(Handler) bool { return false }
	}
	if o.Keep == nil {
		o.Keep = func(Handler) bool { return false }
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = defaultRequestTimeout
	}
	if o.MaxConns == 0 {
		o.MaxConns = defaultMaxConns
	}
	if o.MaxConnsPerRemote == 0 {
		o.MaxConnsPerRemote = defaultMaxConnsPerRemote
	}
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits
	}
	if o.BodyBytes == nil {
		o.BodyBytes = func(Handler) int { return o.Limits.BodyBytes }
	}
	if o.OnError == nil {
		o.OnError = func(Peer, error) {}
	}
	return o
}

// A Server serves the connections of listeners, one goroutine each.
type Server struct {
	options ServerOptions
	roster  *roster
}

// NewServer makes a Server. It panics without NewHandler.
func NewServer(options ServerOptions) *Server {
	if options.NewHandler == nil {
		panic("rtsp: ServerOptions.NewHandler is nil")
	}
	options = options.withDefaults()
	return &Server{options: options, roster: newRoster(options.MaxConns, options.MaxConnsPerRemote)}
}

// Stats are the counters so far.
func (s *Server) Stats() Stats { return s.roster.stats() }

// Serve accepts and serves connections until ctx ends, then returns nil, or
// until the listener fails for good. Before it returns it has closed the
// listener and every connection, and all Closed methods have returned.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var children sync.WaitGroup
	defer children.Wait()
	defer cancel()
	closeListener := func() { _ = listener.Close() } // it is not needed any more, however that ends
	defer closeListener()
	defer context.AfterFunc(ctx, closeListener)()
	for {
		netConn, err := s.accept(ctx, listener)
		if ctx.Err() != nil {
			if err == nil {
				_ = netConn.Close() // came in too late to be served
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("rtsp: accept: %w", err)
		}
		s.start(ctx, &children, netConn)
	}
}

// accept waits for the next connection. A failure that does not concern the
// listener itself (no descriptors left, a peer gone before its turn) is
// reported and tried again after a pause that doubles up to a second.
func (s *Server) accept(ctx context.Context, listener net.Listener) (net.Conn, error) {
	for pause := acceptPauseMin; ; pause = min(2*pause, acceptPauseMax) {
		netConn, err := listener.Accept()
		if err == nil || errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			return netConn, err
		}
		s.options.OnError(Peer{}, fmt.Errorf("rtsp: accept: %w", err))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// start serves netConn in a goroutine of its own, or refuses it.
func (s *Server) start(ctx context.Context, children *sync.WaitGroup, netConn net.Conn) {
	c := newConn(netConn, &s.options)
	displaced, admitted := s.roster.admit(c)
	if !admitted {
		s.options.OnError(c.peer, ErrTooManyConns)
		c.refuse()
		return
	}
	if displaced != nil {
		s.options.OnError(displaced.peer, ErrTooManyConns)
		_ = displaced.Close() // it has to go, however that ends
	}
	children.Go(func() {
		defer s.roster.leave(c)
		// Closing wakes the read or write that the connection is in.
		defer context.AfterFunc(ctx, func() { _ = c.Close() })()
		c.serve(s.roster)
	})
}
