package stream

import "time"

const (
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
)

// A buffer is what is kept of a stream, and decides where a reader begins in it.
// Positions are bytes of the stream, its header counted. It has no lock: its Stream
// has.
type buffer struct {
	header    []byte
	head      []byte // header and the first sound, up to headBytes (or the header, if longer)
	ring      ring
	firstRead time.Time // when sound was first handed to a reader; zero: not yet
	visits    int       // readers that took sound and left
}

func newBuffer(header []byte, ringBytes int) buffer {
	return buffer{
		header: header,
		head:   append([]byte(nil), header...),
		ring:   ring{limit: ringBytes, end: int64(len(header))},
	}
}

// add takes sound over as the newest of the stream.
func (b *buffer) add(sound []byte, now time.Time) {
	b.ring.add(sound, now)
	if room := headBytes - len(b.head); room > 0 {
		b.head = append(b.head, sound[:min(room, len(sound))]...)
	}
}

// starting reports whether a reader may still want all from the start.
func (b *buffer) starting(now time.Time) bool {
	return b.firstRead.IsZero() || now.Sub(b.firstRead) < startWindow && b.visits < startVisits
}

// begin is the position at which a reader without a Range begins.
func (b *buffer) begin(now time.Time) int64 {
	if b.starting(now) {
		return b.ring.start()
	}
	return b.live(now)
}

// live is the position at which a reader begins that is to go on with the sound of
// now.
func (b *buffer) live(now time.Time) int64 { return b.ring.since(now.Add(-lateLead)) }

// release drops what is of no use any more. Until the start is over all of it may be
// asked for again; afterwards a reader needs what it has not taken, from position
// unread on, and a later one begins lateLead back.
func (b *buffer) release(unread int64, now time.Time) {
	if !b.starting(now) {
		b.ring.release(min(unread, b.ring.since(now.Add(-2*lateLead))))
	}
}

// kept says what can be given out.
func (b *buffer) kept() kept {
	return kept{header: int64(len(b.header)), head: int64(len(b.head)), start: b.ring.start(), end: b.ring.end}
}

// piece is where a reader of a kept range begins in the ring, how many bytes it gets
// from there (openEnd: all that comes), and the part of the range that comes before
// those.
func (b *buffer) piece(r byteRange) (pos, left int64, prefix []byte) {
	left = openEnd
	if r.last != openEnd {
		left = r.last + 1 - r.first
		if r.last < int64(len(b.head)) {
			return b.ring.end, 0, append([]byte(nil), b.head[r.first:r.last+1]...)
		}
	}
	header := int64(len(b.header))
	prefix = b.header[min(r.first, header):]
	if left != openEnd {
		prefix = prefix[:min(int64(len(prefix)), left)]
		left -= int64(len(prefix))
	}
	return max(r.first, header), left, prefix
}
