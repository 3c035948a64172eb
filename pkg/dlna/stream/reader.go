package stream

import (
	"io"
	"net/http"
	"time"
)

// A reader is one GET that is being answered: its position in the stream and the
// connection to its player. Only its own goroutine changes pos, with the stream
// locked.
type reader struct {
	pos      int64 // of the next byte from the ring
	left     int64 // bytes still promised, openEnd when the answer has no end
	gotSound bool  // more than the header was sent
	wakeC    chan struct{}

	w       io.Writer
	conn    *http.ResponseController
	timeout time.Duration
}

func newReader(w http.ResponseWriter, timeout time.Duration) *reader {
	return &reader{
		left:    openEnd,
		wakeC:   make(chan struct{}, 1),
		w:       w,
		conn:    http.NewResponseController(w),
		timeout: timeout,
	}
}

func (r *reader) bounded() bool { return r.left != openEnd }

// wake tells the reader that there may be more; it never blocks.
func (r *reader) wake() {
	select {
	case r.wakeC <- struct{}{}:
	default: // a signal is pending already
	}
}

// arm sets the deadline of the next write. Called with the stream locked, so that
// it cannot undo expire.
func (r *reader) arm() {
	_ = r.conn.SetWriteDeadline(time.Now().Add(r.timeout)) // fails on a dead connection: then the write fails, too
}

// expire ends a write that is under way. Called with the stream locked.
func (r *reader) expire() {
	_ = r.conn.SetWriteDeadline(time.Unix(1, 0)) // fails on a dead connection, which is just as good
}
