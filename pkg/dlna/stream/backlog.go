package stream

// A mark is how far one reader has come.
type mark struct {
	written int64 // position up to which its connection has taken the sound
	wire    *wire
}

// Backlog is how many frames the player has still to fetch: those written less
// those that the peer of the main reader, the one that is furthest, has
// acknowledged. It is exact to a chunk and to the few KiB that net/http gathers
// while a reader is behind. ok is false without a reader: probes for a piece
// are none.
func (st *Stream) Backlog() (frames int64, ok bool) {
	marks := st.marks()
	if len(marks) == 0 {
		return 0, false
	}
	var furthest int64
	for _, m := range marks {
		furthest = max(furthest, m.written-m.wire.unsent())
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	fetched, _ := st.history.at(furthest) // of a place long gone, where the oldest is that is kept
	return st.frames - int64(fetched), true
}

// marks lists the readers that run on.
func (st *Stream) marks() []mark {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.discarded {
		return nil
	}
	marks := make([]mark, 0, len(st.readers))
	for r := range st.readers {
		if !r.bounded() {
			marks = append(marks, mark{written: r.pos - r.flying, wire: r.wire})
		}
	}
	return marks
}
