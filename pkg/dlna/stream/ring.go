package stream

import (
	"sort"
	"time"
)

// A chunk is one Write: a decoder may begin at its first byte.
type chunk struct {
	at      int64 // position in the stream of its first byte, the header counted
	written time.Time
	frames  int64  // frames of sound in the stream before it
	bytes   []byte // never changed once in the ring: readers hold it without a lock
}

// A ring keeps the newest chunks, at most limit bytes of them; the oldest
// leave first and whole. It has no lock: its Stream has.
type ring struct {
	chunks []chunk
	size   int   // bytes in chunks
	limit  int   // bytes
	end    int64 // position after the newest byte
	frames int64 // of sound up to end
}

// start is the position of the oldest byte kept; end when there is none.
func (g *ring) start() int64 {
	if len(g.chunks) == 0 {
		return g.end
	}
	return g.chunks[0].at
}

// add takes b, which holds so many frames, over as the newest chunk. len(b)
// must not exceed limit.
func (g *ring) add(b []byte, frames int, now time.Time) {
	for g.size+len(b) > g.limit {
		g.dropOldest()
	}
	g.chunks = append(g.chunks, chunk{at: g.end, written: now, frames: g.frames, bytes: b})
	g.size += len(b)
	g.end += int64(len(b))
	g.frames += int64(frames)
}

// release drops the chunks that end at pos or before.
func (g *ring) release(pos int64) {
	for len(g.chunks) > 0 && g.chunks[0].at+int64(len(g.chunks[0].bytes)) <= pos {
		g.dropOldest()
	}
}

func (g *ring) dropOldest() {
	g.size -= len(g.chunks[0].bytes)
	g.chunks[0] = chunk{} // lets go of the bytes before the array moves on
	g.chunks = g.chunks[1:]
}

// from gives the bytes from position pos to the end of the chunk that holds
// it; nil when pos is not kept.
func (g *ring) from(pos int64) []byte {
	if pos < g.start() || pos >= g.end {
		return nil
	}
	next := sort.Search(len(g.chunks), func(i int) bool { return g.chunks[i].at > pos })
	c := g.chunks[next-1]
	return c.bytes[pos-c.at:]
}

// framesAt is how many frames of sound lie before position pos, as if a chunk's
// were spread evenly over its bytes. What has left the ring is taken to have
// had the mean rate of all that was written.
func (g *ring) framesAt(pos int64, header int) int64 {
	switch {
	case pos >= g.end:
		return g.frames
	case pos <= int64(header):
		return 0
	case pos < g.start():
		oldest, frames := g.end, g.frames
		if len(g.chunks) > 0 {
			oldest, frames = g.chunks[0].at, g.chunks[0].frames
		}
		return int64(float64(frames) * float64(pos-int64(header)) / float64(oldest-int64(header)))
	}
	next := sort.Search(len(g.chunks), func(i int) bool { return g.chunks[i].at > pos })
	c, after := g.chunks[next-1], g.frames
	if next < len(g.chunks) {
		after = g.chunks[next].frames
	}
	return c.frames + (after-c.frames)*(pos-c.at)/int64(len(c.bytes))
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
