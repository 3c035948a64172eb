package stream

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// maxReaders of one stream at once; the next gets 503.
const maxReaders = 16

// ErrClosed is what Write returns after Discard.
var ErrClosed = errors.New("stream: closed")

// errOverrun ends a reader that promised bytes which the ring no longer has.
var errOverrun = errors.New("stream: reader too slow for the range it asked for")

// A Stream is sound on its way to one renderer. One goroutine writes, any number of
// requests read. The caller of Open must call Discard.
type Stream struct {
	path    string
	opts    Options
	forget  func() // removes the stream from its Server
	firstC  chan struct{}
	refusal sync.Once // logs the first foreign peer, not each of its requests

	mu        sync.Mutex // guards all below
	buffer    buffer
	readers   map[*reader]struct{}
	furthest  int64 // highest position that any reader has reached
	discarded bool
	title     string // of what is playing; "" if unknown
	stats     Stats
}

func newStream(path string, opts Options, forget func()) *Stream {
	if opts.RingBytes == 0 {
		opts.RingBytes = defaultRingBytes
	}
	return &Stream{
		path:    path,
		opts:    opts,
		forget:  forget,
		firstC:  make(chan struct{}),
		buffer:  newBuffer(opts.Header, opts.RingBytes),
		readers: make(map[*reader]struct{}),
		stats:   Stats{Opened: time.Now()},
	}
}

// Path is where the stream is served: "/stream/<token>/<number>.flac".
func (st *Stream) Path() string { return st.path }

// FirstRead is closed once sound has been sent to a player. HEAD and requests for a
// bounded range, which are probes, do not count.
func (st *Stream) FirstRead() <-chan struct{} { return st.firstC }

// Write appends encoded sound of this many frames. It copies b and never blocks:
// when the ring is full the oldest sound is dropped. A late reader may begin at b's
// first byte, so b should be whole frames of the codec.
func (st *Stream) Write(b []byte, frames int) error {
	if len(b) == 0 {
		return nil
	}
	if len(b) > st.opts.RingBytes {
		return fmt.Errorf("stream: write of %d bytes into a ring of %d", len(b), st.opts.RingBytes)
	}
	own, now := append([]byte(nil), b...), time.Now()

	st.mu.Lock()
	defer st.mu.Unlock()
	if st.discarded {
		return ErrClosed
	}
	st.buffer.add(own, now)
	st.buffer.release(st.unreadLocked(), now)
	st.stats.FramesWritten += int64(frames)
	st.stats.BytesWritten += int64(len(own))
	st.wakeLocked()
	return nil
}

// unreadLocked is the position of the reader that is furthest behind.
func (st *Stream) unreadLocked() int64 {
	unread := int64(math.MaxInt64)
	for r := range st.readers {
		unread = min(unread, r.pos)
	}
	return unread
}

// SetTitle sets the title that is sent to players that ask for it, within the next
// 16000 bytes.
func (st *Stream) SetTitle(title string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.title = icyTitle(title)
}

func (st *Stream) currentTitle() string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.title
}

// Discard ends the stream and its readers at once; what they have not read is lost.
// Requests for its path get 404 from now on, and may cause OnLateRequest. It may be
// called twice.
func (st *Stream) Discard() {
	st.forget()
	st.mu.Lock()
	defer st.mu.Unlock()
	st.discarded = true
	st.buffer.ring.clear()
	for r := range st.readers {
		r.expire()
	}
	st.wakeLocked()
}

// Stats is a copy of the counters as they are now.
func (st *Stream) Stats() Stats {
	st.mu.Lock()
	defer st.mu.Unlock()
	s := st.stats
	s.Readers = len(st.readers)
	s.FirstByte = st.buffer.firstRead
	s.Behind = st.buffer.ring.end - max(st.furthest, st.buffer.ring.start())
	return s
}

func (st *Stream) wakeLocked() {
	for r := range st.readers {
		r.wake()
	}
}

// request counts one request that was admitted.
func (st *Stream) request() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.stats.Requests++
}

// join decides how to answer a GET with this Range header ("" for none), and adds its
// reader if the answer has sound: 200 and 206. It returns the status, the promised
// range and the bytes to send before those of the ring.
func (st *Stream) join(r *reader, rangeHeader string, now time.Time) (status int, promised byteRange, prefix []byte) {
	rng, asked := parseRange(rangeHeader)

	st.mu.Lock()
	defer st.mu.Unlock()
	if st.discarded {
		return http.StatusNotFound, byteRange{}, nil
	}
	status, promised = decide(rng, asked, st.opts.Length == settings.LengthFake, st.buffer.kept())
	if status == http.StatusRequestedRangeNotSatisfiable {
		return status, promised, nil
	}
	if len(st.readers) >= maxReaders {
		return http.StatusServiceUnavailable, byteRange{}, nil
	}
	st.readers[r] = struct{}{}
	if status == http.StatusPartialContent && !promised.whole() {
		r.pos, r.left, prefix = st.buffer.piece(promised)
		return status, promised, prefix
	}
	r.pos = st.buffer.begin(now)
	if asked && rng.first > 0 { // a position that is not kept: go on with the live sound
		r.pos = st.buffer.live(now)
	}
	return status, promised, st.opts.Header
}

func (st *Stream) leave(r *reader) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.readers, r)
	if !r.bounded() && r.gotSound {
		st.buffer.visits++
	}
}

// nextBytes returns the next bytes for r; (nil, nil) if there are none yet.
func (st *Stream) nextBytes(r *reader) ([]byte, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.discarded {
		return nil, ErrClosed
	}
	if r.pos < st.buffer.ring.start() {
		st.stats.Overruns++
		if r.bounded() {
			return nil, errOverrun
		}
		r.pos = st.buffer.live(time.Now())
	}
	b := st.buffer.ring.from(r.pos)
	r.pos += int64(len(b))
	st.furthest = max(st.furthest, r.pos)
	r.arm()
	return b, nil
}

// countSent counts n bytes that r has sent to its player; sound is false for the
// header.
func (st *Stream) countSent(r *reader, n int, sound bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.stats.BytesRead += int64(n)
	r.gotSound = r.gotSound || sound
	if sound && !r.bounded() && st.buffer.firstRead.IsZero() {
		st.buffer.firstRead = time.Now()
		close(st.firstC)
	}
}
