package stream

import "time"

const (
	// headBytes of a stream's beginning are kept until it ends, for players that
	// request them again (bytes=0-1) when the ring no longer has them.
	headBytes = 64 << 10
	// startWindow is the time after the first byte was read in which another GET
	// still gets the sound from the start: players probe, close and open again.
	// After startVisits such GETs it does not: the player would repeat the start
	// over and over.
	startWindow = 10 * time.Second
	startVisits = 3
	// lateLead is how far back a later GET, or a reader that was too slow, begins:
	// enough to fill a player's buffer, too little to repeat a long piece.
	lateLead = 2 * time.Second
)

// A buffer holds the newest part of a stream, and its beginning, and decides where a
// reader begins. Positions are bytes from the start of the stream, including its
// header. It is guarded by the mutex of its Stream.
type buffer struct {
	header    []byte
	head      []byte // header and the first sound, up to headBytes (or the header, if longer)
	ring      ring
	firstRead time.Time // when sound was first sent to a reader; zero: not yet
	visits    int       // readers that got sound and left
}

func newBuffer(header []byte, ringBytes int) buffer {
	return buffer{
		header: header,
		head:   append([]byte(nil), header...),
		ring:   ring{limit: ringBytes, end: int64(len(header))},
	}
}

// add appends sound, which must not be changed afterwards.
func (b *buffer) add(sound []byte, now time.Time) {
	b.ring.add(sound, now)
	if room := headBytes - len(b.head); room > 0 {
		b.head = append(b.head, sound[:min(room, len(sound))]...)
	}
}

// starting reports whether a new reader still gets everything from the start.
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

// live is the position at which a reader begins that joins the current sound.
func (b *buffer) live(now time.Time) int64 { return b.ring.since(now.Add(-lateLead)) }

// release drops what no reader will need any more. While starting is true everything
// may be requested again; afterwards the readers need what they have not read, from
// position unread on, and a later one begins lateLead back.
func (b *buffer) release(unread int64, now time.Time) {
	if !b.starting(now) {
		b.ring.release(min(unread, b.ring.since(now.Add(-2*lateLead))))
	}
}

// kept is the positions that can be sent.
func (b *buffer) kept() kept {
	return kept{header: int64(len(b.header)), head: int64(len(b.head)), start: b.ring.start(), end: b.ring.end}
}

// piece is the position at which a reader of a kept range begins in the ring, the
// number of bytes it gets from there (openEnd: no limit), and the part of the range
// that is sent before those.
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
