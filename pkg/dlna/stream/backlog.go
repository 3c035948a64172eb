package stream

import (
	"context"
	"net"
	"net/http"
)

// connKey finds the connection of a request in its context.
type connKey struct{}

func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// unsentOf gives the function that counts what waits in the kernel for the
// peer of req: bytes written to the connection that the peer has not
// acknowledged. Without a TCP connection, or where the kernel does not tell, it
// is always 0.
func unsentOf(req *http.Request) func() int64 {
	none := func() int64 { return 0 }
	conn, ok := req.Context().Value(connKey{}).(*countedConn)
	if !ok {
		return none
	}
	tcp, ok := conn.Conn.(*net.TCPConn)
	if !ok {
		return none
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return none
	}
	return func() int64 { return unsentBytes(raw) }
}

// A mark is how far one reader has come.
type mark struct {
	written int64        // position up to which its connection has taken the sound
	unsent  func() int64 // bytes of that which its peer has not acknowledged
}

// Backlog is how many frames the player has still to fetch: those written less
// those that the peer of the main reader, the one that is furthest, has
// acknowledged. It is exact to a chunk and to the few KiB that net/http gathers
// while a reader is behind. ok is false without a reader: probes for a piece
// are none.
func (st *Stream) Backlog() (frames int64, ok bool) {
	marks := st.marks()
	if len(marks) == 0 {
		return 0, false
	}
	var furthest int64
	for _, m := range marks {
		furthest = max(furthest, m.written-m.unsent())
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.ring.frames - st.framesAtLocked(furthest), true
}

// marks lists the readers that run on.
func (st *Stream) marks() []mark {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.discarded {
		return nil
	}
	marks := make([]mark, 0, len(st.readers))
	for r := range st.readers {
		if !r.bounded() {
			marks = append(marks, mark{written: r.pos - r.flying, unsent: r.unsent})
		}
	}
	return marks
}

func (st *Stream) framesAtLocked(pos int64) int64 {
	return st.ring.framesAt(pos, len(st.opts.Header))
}
