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

// errOverrun ends a reader that promised bytes which left the ring meanwhile.
var errOverrun = errors.New("stream: reader too slow for the range it asked for")

// A Stream is sound on its way to one renderer. One goroutine writes, any
// number of requests read. Who opened it must Discard it.
type Stream struct {
	path    string
	opts    Options
	forget  func() // takes the stream out of its Server
	firstC  chan struct{}
	refusal sync.Once // logs the first foreign peer, not each of its requests

	mu        sync.Mutex // guards all below
	buffer    buffer
	readers   map[*reader]struct{}
	furthest  int64 // position that any reader has come to
	discarded bool
	title     string // what is playing; "" is not known
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

// FirstRead is closed once a player has been handed sound. HEAD and bounded
// probes do not count.
func (st *Stream) FirstRead() <-chan struct{} { return st.firstC }

// Write appends sound that plays for so many frames. It copies b and never
// blocks: when the ring is full the oldest sound goes. A late reader may begin
// at b's first byte, so b should be whole units of the codec.
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

// unreadLocked is the position from which on a reader has not taken the sound.
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

// Discard ends the stream and its readers at once, what they have not got is
// lost, and the path is unknown from now on, but for OnLateRequest. May be called
// twice.
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

// request counts one request that was let in.
func (st *Stream) request() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.stats.Requests++
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
	if !r.bounded() && r.sounded {
		st.buffer.visits++
	}
}

// take gives r the next bytes; none yet is (nil, nil).
func (st *Stream) take(r *reader) ([]byte, error) {
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

// gave counts n bytes that r has handed to its player; sound says whether
// they were more than the header.
func (st *Stream) gave(r *reader, n int, sound bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.stats.BytesRead += int64(n)
	r.sounded = r.sounded || sound
	if sound && !r.bounded() && st.buffer.firstRead.IsZero() {
		st.buffer.firstRead = time.Now()
		close(st.firstC)
	}
}
