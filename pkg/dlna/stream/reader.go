package stream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// A reader is one GET that is being answered: a cursor of its own into the
// ring. Only its own goroutine moves pos, under the stream's lock.
type reader struct {
	pos     int64 // of the next byte from the ring
	left    int64 // bytes still promised, openEnd when the answer runs on
	sounded bool  // it has been given sound
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

// wake tells the reader to look again; it never blocks.
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

// join decides over a GET with this Range header ("" for none) and takes its
// reader in when the answer has sound: 200 and 206. It returns the status, the
// promised range and the bytes that come before those of the ring.
func (st *Stream) join(r *reader, rangeHeader string, now time.Time) (status int, promised byteRange, prefix []byte) {
	rng, asked := parseRange(rangeHeader)

	st.mu.Lock()
	defer st.mu.Unlock()
	if st.discarded {
		return http.StatusNotFound, byteRange{}, nil
	}
	status, promised = decide(rng, asked, kept{
		header: int64(len(st.opts.Header)),
		head:   int64(len(st.head)),
		start:  st.ring.start(),
		end:    st.ring.end,
		closed: st.closed,
		sized:  st.opts.Length == settings.LengthFake,
	})
	if status == http.StatusRequestedRangeNotSatisfiable {
		return status, promised, nil
	}
	if len(st.readers) >= maxReaders {
		return http.StatusServiceUnavailable, byteRange{}, nil
	}
	st.readers[r] = struct{}{}
	if status == http.StatusPartialContent && !promised.whole() {
		return status, promised, st.placeLocked(r, promised)
	}
	r.pos = st.beginLocked(now)
	if asked && rng.first > 0 { // a place that is not kept: go on with the living sound
		r.pos = st.ring.since(now.Add(-lateLead))
	}
	return status, promised, st.opts.Header
}

// placeLocked puts r where a kept range begins and returns the part of it
// that does not come from the ring.
func (st *Stream) placeLocked(r *reader, promised byteRange) (prefix []byte) {
	if promised.last != openEnd {
		r.left = promised.last + 1 - promised.first
		if promised.last < int64(len(st.head)) {
			r.left = 0
			return append([]byte(nil), st.head[promised.first:promised.last+1]...)
		}
	}
	header := int64(len(st.opts.Header))
	r.pos = max(promised.first, header)
	prefix = st.opts.Header[min(promised.first, header):]
	if r.bounded() {
		prefix = prefix[:min(int64(len(prefix)), r.left)]
		r.left -= int64(len(prefix))
	}
	return prefix
}

func (st *Stream) leave(r *reader) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.readers, r)
	if !r.bounded() && r.sounded {
		st.visits++
	}
}

// serve hands prefix and then the ring from r.pos to the player, until the
// stream or the promise ends (nil), the player leaves or takes nothing for
// too long.
func (st *Stream) serve(ctx context.Context, r *reader, prefix []byte) error {
	if len(prefix) > 0 {
		r.arm()
		if _, err := r.w.Write(prefix); err != nil {
			return err
		}
		st.gave(r, len(prefix), false)
	}
	for r.left != 0 {
		b, err := st.take(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if b == nil {
			if err := st.wait(ctx, r); err != nil {
				return err
			}
			continue
		}
		if err := st.give(r, b); err != nil {
			return err
		}
	}
	return nil
}

// give writes b, or as much of it as r has promised.
func (st *Stream) give(r *reader, b []byte) error {
	if r.bounded() {
		b = b[:min(int64(len(b)), r.left)]
		r.left -= int64(len(b))
	}
	if _, err := r.w.Write(b); err != nil {
		return err
	}
	st.gave(r, len(b), true)
	return nil
}

// wait sends off what net/http still holds and sleeps until there may be more.
func (st *Stream) wait(ctx context.Context, r *reader) error {
	if err := r.conn.Flush(); err != nil {
		return err
	}
	select {
	case <-r.wakeC:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
