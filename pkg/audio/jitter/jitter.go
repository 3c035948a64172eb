// Package jitter holds the packets of one stream between the network and the
// decoder: it puts them in order, waits for the late, names the lost so that
// they can be asked for again, and at the due time says what to play: a packet
// or, where none came, how many frames of nothing.
//
// Order is kept by sequence number, time by timestamp: a packet may hold any
// number of frames (HTC and others vary it), and a hole may be as long as its
// neighbours say. Both numbers wrap. The clock is the caller's: Pop takes the
// time and a function from timestamp to due time (see Timeline).
//
// A Fader gives what is played around a hole its shape.
//
// What it leaves out: sockets and decoding.
package jitter

import (
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	// ringPackets bounds the buffer: 2048 packets of 352 frames are 16 s. It is
	// a power of two so that sequence numbers map to slots across the wrap.
	ringPackets = 2048
	// maxPayloadBytes is what one packet may hold: UDP on Ethernet carries no
	// more, and the longest legitimate payload seen is 1415 bytes.
	maxPayloadBytes = 2048
	// flushGate is how long packets older than a FLUSH are taken for stragglers.
	// After it they are a restart: iOS may resume below the flushed number.
	flushGate = time.Second
	// longestGap is the longest hole that is filled with silence. A greater
	// step of the timestamp is a new beginning, not a loss.
	longestGap = 10 * time.Second
	// timelineMoved is how far played silence must reach ahead of the timeline
	// to show that the sender paused: more than any error of the estimate.
	timelineMoved = 50 * time.Millisecond
	// longestLead is how many packets before the first one that came may be
	// taken for lost, where the sender said which would be the first.
	longestLead = 64
	// longestWait is beyond every delay that can be set and every lead that a
	// sender takes.
	longestWait = 20 * time.Second
)

// Options tell what the buffer is for.
type Options struct {
	Format         audio.Format
	FrameLength    int           // frames in a usual packet: the grain of silence
	RetransmitWait time.Duration // how long after its due time a missing packet is still waited for, at first
	ResendAfter    time.Duration // a hole this old is asked for: reordering needs less
	ResendEvery    time.Duration // and again after this
	ResendStop     time.Duration // but not this close to its due time
}

// DefaultOptions are the resend times for a LAN. A request costs 8 bytes, and
// what was only overtaken mostly came in the same tick: so the first one goes out
// at once, and another at each tick.
func DefaultOptions(format audio.Format, frameLength int) Options {
	return Options{
		Format:      format,
		FrameLength: frameLength,
		ResendAfter: 5 * time.Millisecond,
		ResendEvery: 35 * time.Millisecond,
		ResendStop:  20 * time.Millisecond,
	}
}

// Stats count what happened to the packets of one stream.
type Stats struct {
	Received         uint64        // packets taken
	Recovered        uint64        // of these, came after a request
	Duplicate        uint64        // had been there already
	Late             uint64        // came after their time, or before a flush
	Lost             uint64        // never came: their place was concealed
	ConcealedFrames  uint64        // frames of silence put in for lost packets
	StarvedFrames    uint64        // frames of silence put in while nothing came at all
	ResendsRequested uint64        // packets asked for again, each request counted
	Restarts         uint64        // steps of the numbering that began anew
	Depth            int           // packets waiting now
	RetransmitWait   time.Duration // how long after its due time a missing packet is waited for now
	IgnoresResends   bool          // the sender answers no resend requests: only probes are sent to it
}

// Packet is one audio packet as it came from the network.
type Packet struct {
	Seq       uint16
	Timestamp uint32
	Resent    bool
	Payload   []byte
}

type slot struct {
	payload   []byte
	timestamp uint32
	seq       uint16
	full      bool
	missed    time.Time // since when the hole is known; zero: it is not
	asked     time.Time // last request for it
}

// Buffer is the jitter buffer of one stream. Push and Pop may be called from
// different goroutines.
type Buffer struct {
	options Options
	ready   chan struct{}

	mu       sync.Mutex // guards everything below
	slots    [ringPackets]slot
	free     [][]byte // payload buffers not in use
	lent     []byte   // payload given out by the last Pop
	begun    bool     // next and position are known
	popped   bool     // something was played since begun
	starved  bool     // the last thing played was silence because nothing came
	silence  int64    // frames of silence played since the last packet
	next     uint16   // sequence number to play next
	newest   uint16   // highest sequence number seen
	position uint32   // timestamp to play next
	expected *Packet  // the first one as the sender promised it; nil: it did not
	gateSeq  uint16   // after a flush: older numbers are stragglers
	gate     time.Time
	asking   asking
	stats    Stats
}

// New makes an empty buffer.
func New(options Options) *Buffer {
	return &Buffer{options: options, ready: make(chan struct{}, 1)}
}

// Ready signals that a packet came: capacity one, for a Pop that said Empty.
func (b *Buffer) Ready() <-chan struct{} { return b.ready }

// SetRetransmitWait sets how long after its due time a missing packet is waited
// for from now on.
func (b *Buffer) SetRetransmitWait(wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.options.RetransmitWait = wait
}

// Stats reports the counts so far.
func (b *Buffer) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stats
	s.Depth = b.depthLocked()
	s.IgnoresResends = b.asking.deaf()
	s.RetransmitWait = b.options.RetransmitWait
	return s
}

func (b *Buffer) depthLocked() int {
	n := 0
	for i := range b.slots {
		if b.slots[i].full {
			n++
		}
	}
	return n
}

// Expect tells which packet the sender says that it begins with, after New or
// Flush: so the first ones are missed too when they get lost. What does not fit
// the packets that come is not believed.
func (b *Buffer) Expect(seq uint16, timestamp uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = &Packet{Seq: seq, Timestamp: timestamp}
}

// Push takes a packet that arrived at now. The payload is copied. It reports
// whether the packet was new and in time.
func (b *Buffer) Push(now time.Time, p Packet) bool {
	if len(p.Payload) > maxPayloadBytes {
		return false
	}
	b.mu.Lock()
	taken := b.pushLocked(now, p)
	b.mu.Unlock()
	if taken {
		select {
		case b.ready <- struct{}{}:
		default: // a signal is waiting already
		}
	}
	return taken
}

func (b *Buffer) pushLocked(now time.Time, p Packet) bool {
	if p.Resent {
		b.asking.answered()
	}
	if b.stragglerLocked(now, p.Seq) {
		b.stats.Late++
		return false
	}
	if !b.begun {
		b.beginLocked(p)
	}
	ahead := audio.SeqDiff(p.Seq, b.next)
	if ahead < 0 && !b.popped && -ahead < ringPackets/2 {
		b.next, ahead = p.Seq, 0 // reordered before the first was played
		b.position = p.Timestamp
	}
	switch {
	case ahead < 0 && -ahead < ringPackets:
		b.stats.Late++
		return false
	case ahead < 0 || ahead >= ringPackets:
		b.clearLocked()
		b.stats.Restarts++
		b.beginLocked(p)
	}
	s := &b.slots[p.Seq%ringPackets]
	if s.full {
		b.stats.Duplicate++
		return false
	}
	b.storeLocked(s, p)
	b.markHolesLocked(now, p.Seq)
	return true
}

// stragglerLocked reports whether a packet was sent before the last flush.
func (b *Buffer) stragglerLocked(now time.Time, seq uint16) bool {
	if b.gate.IsZero() {
		return false
	}
	if audio.SeqDiff(seq, b.gateSeq) < 0 && now.Before(b.gate) {
		return true
	}
	b.gate = time.Time{}
	return false
}

func (b *Buffer) beginLocked(p Packet) {
	b.begun, b.popped, b.starved, b.silence = true, false, false, 0
	b.next, b.newest, b.position = p.Seq, p.Seq, p.Timestamp
	if e := b.expected; e != nil && b.leads(*e, p) {
		b.next, b.newest, b.position = e.Seq, e.Seq-1, e.Timestamp
	}
	b.expected = nil
}

// leads reports whether packets from e on came before p and are missing.
func (b *Buffer) leads(e, p Packet) bool {
	missing := audio.SeqDiff(p.Seq, e.Seq)
	frames := audio.TimestampDiff(p.Timestamp, e.Timestamp)
	return missing > 0 && missing <= longestLead && frames == int64(missing)*int64(b.options.FrameLength)
}

func (b *Buffer) storeLocked(s *slot, p Packet) {
	b.stats.Received++
	if p.Resent || !s.asked.IsZero() {
		b.stats.Recovered++
		b.asking.answered()
	}
	var buf []byte
	if n := len(b.free); n > 0 {
		buf, b.free = b.free[n-1], b.free[:n-1]
	}
	*s = slot{payload: append(buf[:0], p.Payload...), timestamp: p.Timestamp, seq: p.Seq, full: true}
}

// markHolesLocked notes since when the packets before seq are missing.
func (b *Buffer) markHolesLocked(now time.Time, seq uint16) {
	if audio.SeqDiff(seq, b.newest) <= 0 {
		return
	}
	for q := b.newest + 1; q != seq; q++ {
		if s := &b.slots[q%ringPackets]; !s.full {
			*s = slot{seq: q, missed: now}
		}
	}
	b.newest = seq
}

// Flush drops what was sent before seq (all says: everything) and lets what
// was sent after it begin anew. It reports whether some of that is here already.
func (b *Buffer) Flush(now time.Time, seq uint16, all bool) (kept bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = nil
	if !b.begun {
		if !all {
			b.gateSeq, b.gate = seq, now.Add(flushGate)
		}
		return false
	}
	if ahead := audio.SeqDiff(seq, b.next); all || ahead < -ringPackets || ahead > ringPackets {
		b.clearLocked()
		return false
	}
	from, found := seq, false
	for q := b.next; audio.SeqDiff(q, b.newest) <= 0; q++ {
		s := &b.slots[q%ringPackets]
		switch {
		case audio.SeqDiff(q, seq) < 0:
			b.releaseLocked(s)
		case s.full && !found:
			from, found = q, true
		}
	}
	b.begun, b.popped, b.starved, b.silence = found, false, false, 0
	if found {
		b.next, b.position = from, b.slots[from%ringPackets].timestamp
	}
	b.gateSeq, b.gate = seq, now.Add(flushGate)
	return found
}

// clearLocked empties the ring; the next packet begins anew.
func (b *Buffer) clearLocked() {
	for i := range b.slots {
		b.releaseLocked(&b.slots[i])
	}
	b.begun, b.popped, b.starved, b.silence = false, false, false, 0
}

// releaseLocked empties a slot and keeps its buffer for another packet.
func (b *Buffer) releaseLocked(s *slot) {
	if s.full {
		b.free = append(b.free, s.payload)
	}
	*s = slot{}
}
