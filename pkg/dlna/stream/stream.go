package stream

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	// defaultRingBytes holds 12 s of CD sound as WAV, about 20 s as FLAC.
	defaultRingBytes = 2 << 20
	// headBytes of a stream's beginning are kept for ever: for the players
	// that look at it again (bytes=0-1) after it left the ring.
	headBytes = 64 << 10
	// startWindow after the first byte was read, another GET still gets the
	// sound from the start: players probe, close and open again. Not so those
	// that did it startVisits times: they would play the start over and over.
	startWindow = 10 * time.Second
	startVisits = 3
	// lateLead is how much sound a later GET, or a reader that was too slow,
	// begins with: enough to fill a player's buffer, too little to hear a
	// long piece twice.
	lateLead = 2 * time.Second
	// maxReaders of one stream at once; the next gets 503.
	maxReaders = 16
)

// ErrClosed is what Write returns after Close or Discard.
var ErrClosed = errors.New("stream: closed")

// errOverrun ends a reader that promised bytes which left the ring meanwhile.
var errOverrun = errors.New("stream: reader too slow for the range it asked for")

// fakeLength is 3.4 hours of CD sound as WAV: the greatest number that all
// players can hold.
const fakeLength = 1<<31 - 1

// Options of one stream.
type Options struct {
	Codec           audio.Codec     // gives the ending of Path
	Name            string          // icy-name: of the stream, as a player may show it; may be ""
	Header          []byte          // sent before the sound to every reader that does not begin in its middle; may be nil
	Length          settings.Length // LengthAuto: as LengthNone
	ContentType     string          // Content-Type, as the renderer's Sink spells it
	ContentFeatures string          // contentFeatures.dlna.org, the fourth field of protocolInfo; "" sends none
	RingBytes       int             // bound of the sound kept; 0 means 2 MiB
	Peer            netip.Addr      // who may read; the zero Addr means anybody
	// Wanted is called when Peer asks for the stream 2 s or more after Discard,
	// once in 10 s at most: somebody may have pressed play, or the player tries by
	// itself. The answer is a 404 as ever, a second later. It must not block; the
	// last 64 streams are remembered so. Nil: nobody cares.
	Wanted func()
}

// Stats counts what happened to one stream.
type Stats struct {
	Requests      uint64 // GET and HEAD that were let in
	Readers       int    // GETs being answered now
	BytesWritten  int64  // sound in, the header not counted
	FramesWritten int64  // the same in frames
	BytesRead     int64  // out, over all readers, headers counted
	Overruns      uint64 // readers that fell out of the ring and were moved on
	Behind        int64  // bytes kept that no reader has taken yet
	Opened        time.Time
	FirstRequest  time.Time // zero: none yet
	FirstByte     time.Time // first sound handed to a reader; zero: none yet
}

// A Stream is sound on its way to one renderer. One goroutine writes, any
// number of requests read. Who opened it must Discard it.
type Stream struct {
	path    string
	opts    Options
	forget  func() // takes the stream out of its Server
	firstC  chan struct{}
	refusal sync.Once // logs the first foreign peer, not each of its requests

	mu        sync.Mutex // guards all below
	ring      ring
	head      []byte // header and the first sound, up to headBytes (or the header, if longer)
	readers   map[*reader]struct{}
	furthest  int64  // position that any reader has come to
	visits    int    // readers that took sound and left
	closed    bool   // no more Write
	discarded bool   // no more reading either
	title     string // what is playing; "" is not known
	frames    int64  // written
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
		ring:    ring{limit: opts.RingBytes, end: int64(len(opts.Header))},
		head:    append([]byte(nil), opts.Header...),
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
	if st.closed {
		return ErrClosed
	}
	st.ring.add(own, now)
	st.frames += int64(frames)
	st.ring.release(st.neededLocked(now))
	if room := headBytes - len(st.head); room > 0 {
		st.head = append(st.head, own[:min(room, len(own))]...)
	}
	st.stats.BytesWritten += int64(len(own))
	st.wakeLocked()
	return nil
}

// Close ends the writing. Readers get the rest and then the end; the path
// goes on answering with what is kept until Discard. May be called twice.
func (st *Stream) Close() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.closed = true
	st.wakeLocked()
}

// Discard ends the stream and its readers at once, what they have not got is
// lost, and the path is unknown from now on, but for Wanted. May be called twice.
func (st *Stream) Discard() {
	st.forget()
	st.mu.Lock()
	defer st.mu.Unlock()
	st.closed, st.discarded = true, true
	st.ring = ring{limit: st.ring.limit, end: st.ring.end}
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
	s.FramesWritten = st.frames
	s.Behind = st.ring.end - max(st.furthest, st.ring.start())
	return s
}

func (st *Stream) wakeLocked() {
	for r := range st.readers {
		r.wake()
	}
}

// startingLocked reports whether a reader may still want all from the start.
func (st *Stream) startingLocked(now time.Time) bool {
	first := st.stats.FirstByte
	return first.IsZero() || now.Sub(first) < startWindow && st.visits < startVisits
}

// beginLocked is the position at which a reader without a Range begins.
func (st *Stream) beginLocked(now time.Time) int64 {
	if st.startingLocked(now) {
		return st.ring.start()
	}
	return st.ring.since(now.Add(-lateLead))
}

// neededLocked is the position from which on sound is still of use. Until the
// start is over all of it may be asked for again; afterwards a reader needs what
// it has not taken, and a later one begins lateLead back.
func (st *Stream) neededLocked(now time.Time) int64 {
	if st.startingLocked(now) {
		return 0
	}
	needed := st.ring.since(now.Add(-2 * lateLead))
	for r := range st.readers {
		needed = min(needed, r.pos)
	}
	return needed
}

// take gives r the next bytes: none yet is (nil, nil), the end is io.EOF.
func (st *Stream) take(r *reader) ([]byte, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.discarded {
		return nil, ErrClosed
	}
	if r.pos < st.ring.start() {
		st.stats.Overruns++
		if r.bounded() {
			return nil, errOverrun
		}
		r.pos = st.ring.since(time.Now().Add(-lateLead))
	}
	b := st.ring.from(r.pos)
	if b == nil && st.closed {
		return nil, io.EOF
	}
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
	if sound && !r.bounded() && st.stats.FirstByte.IsZero() {
		st.stats.FirstByte = time.Now()
		close(st.firstC)
	}
}
