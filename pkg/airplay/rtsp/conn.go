package rtsp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	// serverName is what an AirPort Express calls itself; senders choose their
	// variant of the protocol by it.
	serverName = "AirTunes/105.1"

	// A close with unread input makes the kernel reset the connection, and
	// the peer loses the answer. So the last bytes are drained first, within
	// these bounds.
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 256 << 10
)

// keepAlive finds a phone that left the network after about a minute.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 3}

// A Peer is the two ends of a connection. IPv4 addresses are never in their
// IPv6-mapped form; link-local IPv6 addresses keep their zone. Both are zero
// for a connection that is not TCP.
type Peer struct {
	Local, Remote netip.AddrPort
}

func peerOf(c net.Conn) Peer {
	return Peer{Local: addrPort(c.LocalAddr()), Remote: addrPort(c.RemoteAddr())}
}

func addrPort(a net.Addr) netip.AddrPort {
	with, ok := a.(interface{ AddrPort() netip.AddrPort })
	if !ok {
		return netip.AddrPort{}
	}
	ap := with.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// A conn reads the requests of one connection and writes the answers.
type conn struct {
	netConn net.Conn
	reader  *bufio.Reader
	peer    Peer
	options *ServerOptions
	close   func() error // closes netConn, once
}

func newConn(netConn net.Conn, options *ServerOptions) *conn {
	return &conn{
		netConn: netConn,
		reader:  bufio.NewReader(netConn),
		peer:    peerOf(netConn),
		options: options,
		close:   sync.OnceValue(netConn.Close),
	}
}

// Close implements Conn.
func (c *conn) Close() error { return c.close() }

// refuse answers 503 without reading the request, and closes.
func (c *conn) refuse() {
	_ = c.answer(nil, &Response{Status: StatusServiceUnavailable}, true, refusalTimeout) // it is refused either way
	_ = c.Close()
}

// serve runs the connection to its end.
//
// Order of the end:
//  1. the last answer is written, what the peer still sends is drained;
//  2. the connection is closed;
//  3. the handler's Closed is called.
func (c *conn) serve(count *roster) {
	if tcp, ok := c.netConn.(*net.TCPConn); ok {
		_ = tcp.SetKeepAliveConfig(keepAlive) // if it fails, there is still IdleTimeout
	}
	handler := c.options.NewHandler(c.peer, c)
	defer handler.Closed()
	defer func() { _ = c.Close() }() // a failure has no consequence
	for c.awaitRequest(handler) && c.serveOne(handler, count) {
		// The work is in the condition: an idle connection holds no request.
	}
}

// serveOne reads and answers one request. It reports whether another may
// follow.
func (c *conn) serveOne(handler Handler, count *roster) bool {
	request, err := c.readRequest(handler)
	if err != nil {
		c.reject(err, count)
		return false
	}
	response, closeAfter := handler.Handle(request)
	closeAfter = closeAfter || plainHTTP(request)
	count.answered(c, c.options.Keep(handler))
	if c.answer(request.Header, response, closeAfter, c.options.RequestTimeout) != nil {
		return false
	}
	if closeAfter {
		c.linger()
	}
	return !closeAfter
}

// awaitRequest blocks until a byte of the next request is there. It reports
// false when the connection has ended or has been idle for too long.
func (c *conn) awaitRequest(handler Handler) bool {
	for {
		if err := c.netConn.SetReadDeadline(time.Now().Add(c.options.IdleTimeout)); err != nil {
			return false
		}
		_, err := c.reader.Peek(1)
		if err == nil {
			return true
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || !c.options.Alive(handler) {
			return false
		}
	}
}

func (c *conn) readRequest(handler Handler) (*Request, error) {
	if err := c.netConn.SetReadDeadline(time.Now().Add(c.options.RequestTimeout)); err != nil {
		return nil, fmt.Errorf("rtsp: set deadline: %w", err)
	}
	limits := c.options.Limits
	limits.BodyBytes = min(limits.BodyBytes, c.options.BodyBytes(handler))
	return ReadRequest(c.reader, limits)
}

// reject ends the connection because of err. A request that is malformed or late is
// answered; a broken connection is not.
func (c *conn) reject(err error, count *roster) {
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return
	}
	c.options.OnError(c.peer, err)
	response := &Response{}
	var header Header
	var refused *ProtocolError
	switch {
	case errors.As(err, &refused):
		response.Status = refused.Status
		if refused.CSeq != "" {
			header.Add(cseq, refused.CSeq)
		}
	case errors.Is(err, os.ErrDeadlineExceeded):
		response.Status = StatusRequestTimeout
	default:
		return
	}
	count.malformed()
	if c.answer(header, response, true, c.options.RequestTimeout) == nil {
		c.linger()
	}
}

// answer completes response with the server's own fields and writes it in one
// Write: some senders call read only once for an answer.
func (c *conn) answer(asked Header, response *Response, closeAfter bool, timeout time.Duration) error {
	complete := Response{Status: response.Status, Body: response.Body}
	if asked.Has(cseq) {
		complete.Header.Add(cseq, asked.Get(cseq))
	}
	complete.Header.Add("Server", serverName)
	complete.Header = append(complete.Header, response.Header...)
	if closeAfter {
		complete.Header.Set("Connection", "close")
	}
	if err := c.netConn.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return fmt.Errorf("rtsp: set deadline: %w", err)
	}
	if _, err := c.netConn.Write(complete.Append(nil)); err != nil {
		return fmt.Errorf("rtsp: write response: %w", err)
	}
	return nil
}

// linger drains what the peer was sending when the last answer was written, so that
// the connection is not reset before it has read that answer.
func (c *conn) linger() {
	half, ok := c.netConn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	if c.netConn.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c.reader, lingerBytes) // ends by bytes, time or the peer
}

// plainHTTP reports whether r comes from a web client. AirPlay senders that
// write HTTP/1.1 number their requests.
func plainHTTP(r *Request) bool {
	return strings.HasPrefix(r.Proto, "HTTP/") && !r.Header.Has(cseq)
}
