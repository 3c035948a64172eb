package stream

import (
	"sort"
	"time"
)

// A chunk is one Write: a decoder may begin at its first byte.
type chunk struct {
	at      int64 // position in the stream of its first byte, the header counted
	written time.Time
	bytes   []byte // never changed once in the ring: readers hold it without a lock
}

// A ring keeps the newest chunks, at most limit bytes of them; the oldest are dropped
// first, always whole. It is guarded by the mutex of its Stream.
type ring struct {
	chunks []chunk
	size   int   // bytes in chunks
	limit  int   // bytes
	end    int64 // position after the newest byte
}

// start is the position of the oldest byte kept; end when there is none.
func (g *ring) start() int64 {
	if len(g.chunks) == 0 {
		return g.end
	}
	return g.chunks[0].at
}

// add appends b, which must not be changed afterwards, as the newest chunk. len(b)
// must not exceed limit.
func (g *ring) add(b []byte, now time.Time) {
	for g.size+len(b) > g.limit {
		g.dropOldest()
	}
	g.chunks = append(g.chunks, chunk{at: g.end, written: now, bytes: b})
	g.size += len(b)
	g.end += int64(len(b))
}

// release drops the chunks that end at pos or before.
func (g *ring) release(pos int64) {
	for len(g.chunks) > 0 && g.chunks[0].at+int64(len(g.chunks[0].bytes)) <= pos {
		g.dropOldest()
	}
}

func (g *ring) dropOldest() {
	g.size -= len(g.chunks[0].bytes)
	g.chunks[0] = chunk{} // frees the bytes: the array is kept
	g.chunks = g.chunks[1:]
}

// from returns the bytes from position pos to the end of the chunk with it; nil if
// pos is not kept.
func (g *ring) from(pos int64) []byte {
	if pos < g.start() || pos >= g.end {
		return nil
	}
	next := sort.Search(len(g.chunks), func(i int) bool { return g.chunks[i].at > pos })
	c := g.chunks[next-1]
	return c.bytes[pos-c.at:]
}

// since is the position of the oldest chunk written at t or later; end when
// there is none.
func (g *ring) since(t time.Time) int64 {
	i := sort.Search(len(g.chunks), func(i int) bool { return !g.chunks[i].written.Before(t) })
	if i == len(g.chunks) {
		return g.end
	}
	return g.chunks[i].at
}

// clear drops all chunks; end stays.
func (g *ring) clear() { *g = ring{limit: g.limit, end: g.end} }
