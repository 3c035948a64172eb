package stream

import (
	"io"
	"net/http"
	"time"
)

// A reader is one GET that is being answered: a position of its own in the stream,
// and the connection to its player. Only its own goroutine moves pos, under the
// stream's lock.
type reader struct {
	pos     int64 // of the next byte from the ring
	left    int64 // bytes still promised, openEnd when the answer runs on
	sounded bool  // it was given sound
	wakeC   chan struct{}

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

// wake has the reader look for more; it never blocks.
func (r *reader) wake() {
	select {
	case r.wakeC <- struct{}{}:
	default: // it will look anyway
	}
}

// arm gives the next write its time. Called with the stream locked, so that
// it cannot undo expire.
func (r *reader) arm() {
	_ = r.conn.SetWriteDeadline(time.Now().Add(r.timeout)) // fails on a dead connection: the write will say so
}

// expire ends a write that is under way. Called with the stream locked.
func (r *reader) expire() {
	_ = r.conn.SetWriteDeadline(time.Unix(1, 0)) // fails on a dead connection: which is what we want
}
