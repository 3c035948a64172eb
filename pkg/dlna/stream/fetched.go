package stream

import "time"

const (
	// lookApart is the least time between looks at what a peer has acknowledged.
	// They are taken when sound is written: nothing wakes for them.
	lookApart = 30 * time.Millisecond
	// probeTime is the least after which the kernel asks a peer that takes nothing
	// whether it still does (TCP_RTO_MIN of Linux). Its answer is an ACK that
	// moves nothing. Between two looks that are closer than this there is none
	// after an ACK that moved something.
	probeTime = 200 * time.Millisecond
	// bestOf is the time of which the best step is told.
	bestOf = 2 * time.Second
	// alignBytes are written to a connection between two marks that say which of
	// its bytes are which of the stream's.
	alignBytes = 8 << 10
	// alignMarks reach back further than any kernel's send queue of sendBufferBytes.
	alignMarks = 64
)

// Fetched is how far a player had come in fetching a stream at one moment.
type Fetched struct {
	At     time.Time
	Bytes  int64   // of the stream, its header counted, that the player's TCP had acknowledged
	Frames float64 // of sound in them
}

// Fetched is how far the player, that of the main reader, the one that is
// furthest, was at a moment of the last seconds that says most about its clock.
//
// A player whose buffers are full opens its TCP window in pieces, up to half a
// second of sound at once. Between these steps what it has acknowledged says
// little; at a step it is what it has played and a constant, or less where the
// step was not finished. So of the steps of two seconds the one is told that is
// furthest above the line of the sound's rate. What is told stays
// until there is something newer: At says how old it is.
//
// Measured between Linux systems with receive buffers of 8 to 64 KiB and MTU 1500,
// its standard deviation around the clock of a player that reads 4 KiB at once is
// 1 to 8 ms, where looks at any time have 15 to 170 ms. Where 16 KiB are read at
// once it is 2 to 20 ms: for some seconds the receiving system then holds a few
// packets, up to 40 ms of sound, more or less than before.
//
// Where the kernel does not tell, what the connection took counts as fetched. ok
// is false while nothing is known: without a reader, for probes of a piece and in
// the first seconds.
func (st *Stream) Fetched() (f Fetched, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for r := range st.readers {
		if told := r.crest.told; told.Bytes > f.Bytes {
			f = told
		}
	}
	return f, !f.At.IsZero()
}

// FramesAt is how much sound lies before a byte of the stream, its header
// counted. A player that holds a constant number of bytes of FLAC has played up
// to FramesAt(Fetched.Bytes - held). ok is false for what was written before the
// last 3 MiB or more.
func (st *Stream) FramesAt(pos int64) (frames float64, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.history.at(pos)
}

// look sees how far the players have come.
func (st *Stream) look(now time.Time) {
	for _, r := range st.watched(now) {
		acked, ago, ok := r.wire.acked()
		st.saw(r, time.Now(), acked, ago, ok)
	}
}

// watched lists the readers to be looked at now.
func (st *Stream) watched(now time.Time) []*reader {
	st.mu.Lock()
	defer st.mu.Unlock()
	if now.Sub(st.looked) < lookApart {
		return nil
	}
	st.looked = now
	var watched []*reader
	for r := range st.readers {
		if !r.bounded() {
			watched = append(watched, r)
		}
	}
	return watched
}

// saw takes what the kernel said of r, if it did: its peer has acknowledged so many
// bytes of the connection, the latest ACK came so long ago.
func (st *Stream) saw(r *reader, now time.Time, acked int64, ago time.Duration, told bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	pos, ok := r.pos-r.flying, true
	if told {
		pos, ok = r.placeOf(acked)
	} else {
		acked, ago = pos, 0
	}
	at, moved := r.ebb.look(now, acked, ago)
	if !moved || !ok {
		return
	}
	if frames, ok := st.history.at(pos); ok {
		r.crest.add(Fetched{At: at, Bytes: pos, Frames: frames})
	}
}

// placeOf is the position in the stream of a byte of the connection. Called with
// the stream locked.
func (r *reader) placeOf(acked int64) (pos int64, ok bool) {
	newest, ok := r.places.newest()
	if ok && acked > newest.x {
		return min(newest.y+acked-newest.x, r.pos), true
	}
	place, ok := r.places.at(acked)
	return int64(place), ok
}

// align marks that all of the stream up to pos has been handed to the connection,
// which net/http has nothing left of.
func (st *Stream) align(r *reader) {
	r.aligned = r.pos
	if r.wire == nil {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	r.places.add(r.wire.written(), r.pos)
}

// An ebb notices the moments in which a peer acknowledges something.
type ebb struct {
	looked time.Time
	acked  int64
}

// look takes what has been acknowledged by now and how long ago the latest ACK
// came. moved tells that something was acknowledged since the last look, and
// surely then.
func (e *ebb) look(now time.Time, acked int64, ago time.Duration) (at time.Time, moved bool) {
	moved = acked != e.acked && now.Sub(e.looked) < probeTime
	e.looked, e.acked = now, acked
	return now.Add(-ago), moved
}

// A crest finds the best of the steps in each bestOf.
type crest struct {
	rate  float64 // frames a second
	begun time.Time
	best  Fetched // since begun
	told  Fetched // the best of the time before
}

// add takes the next step.
func (c *crest) add(f Fetched) {
	switch {
	case c.begun.IsZero():
		c.begun, c.best = f.At, f
	case f.At.Sub(c.begun) >= bestOf:
		c.told = c.best
		c.begun, c.best = f.At, f
	case f.Frames-c.best.Frames >= c.rate*f.At.Sub(c.best.At).Seconds():
		c.best = f
	}
}
