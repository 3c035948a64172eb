package stream

import (
	"context"
	"net"
	"net/http"
	"syscall"
	"time"
)

// connKey finds the connection of a request in its context.
type connKey struct{}

func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// A wire is the TCP connection of a reader.
type wire struct {
	conn *countedConn
	raw  syscall.RawConn
}

// wireOf is the connection of req; nil when it is not one that Serve accepted by
// TCP.
func wireOf(req *http.Request) *wire {
	conn, ok := req.Context().Value(connKey{}).(*countedConn)
	if !ok {
		return nil
	}
	tcp, ok := conn.Conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	return &wire{conn: conn, raw: raw}
}

// written is how many bytes the kernel has taken in whole writes.
func (w *wire) written() int64 { return w.conn.written.Load() }

// acked is how many bytes the peer has acknowledged, of all that were ever
// written, and how long ago its latest ACK came. ok is false where the kernel
// does not tell.
func (w *wire) acked() (bytes int64, ago time.Duration, ok bool) {
	if w == nil {
		return 0, 0, false
	}
	return ackedBytes(w.raw)
}
