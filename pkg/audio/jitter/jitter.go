// Package jitter holds the packets of one stream between the network and the
// decoder: it puts them in order, waits for late ones, lists the missing ones so
// that they can be requested again, and at the due time says what to play: a
// packet or, where none came, how many frames of silence.
//
// Order is kept by sequence number, time by timestamp: a packet may hold any
// number of frames (HTC and others vary it), and the length of a gap follows from
// the timestamps around it. Both numbers wrap. The clock is the caller's: Pop takes the
// time and a function from timestamp to due time (see Timeline).
//
// A Fader conceals a gap: it fades out before it and in after it.
//
// Left out: sockets and decoding.
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
	// flushGate is how long packets older than a FLUSH are dropped as stragglers.
	// After it they are a restart: iOS may resume below the flushed number.
	flushGate = time.Second
	// longestGap is the longest gap that is filled with silence. A greater step of
	// the timestamp is a restart, not a loss.
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

// Options describe the stream and when its missing packets are requested.
type Options struct {
	Format         audio.Format
	FrameLength    int           // frames in a usual packet, and in one Item of silence
	RetransmitWait time.Duration // how long after its due time a missing packet is still waited for, at first
	ResendAfter    time.Duration // how long a packet is missing until it is requested: reordering takes less
	ResendEvery    time.Duration // how long until it is requested again
	ResendStop     time.Duration // not requested this close to the time at which it is given up
}

// DefaultOptions are the resend times for a LAN. A request costs 8 bytes, and a
// packet that was only overtaken mostly arrives in the same tick: so the first
// request goes out at once, and another at each tick.
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
	Received         uint64        // packets stored
	Recovered        uint64        // of these, arrived after a request
	Duplicate        uint64        // had arrived before
	Late             uint64        // arrived after they were given up, or were sent before a flush
	Lost             uint64        // never arrived: concealed
	ConcealedFrames  uint64        // frames concealed for lost packets
	StarvedFrames    uint64        // frames of silence played while no packets arrived at all
	ResendsRequested uint64        // packets requested again, each request counted
	Restarts         uint64        // jumps of the sequence numbers that emptied the buffer
	RetransmitWait   time.Duration // how long after its due time a missing packet is waited for now
	IgnoresResends   bool          // the sender answers no resend requests: only probes are sent to it
}

// Packet is one audio packet as received from the network.
type Packet struct {
	Seq       uint16
	Timestamp uint32
	Resent    bool
	Payload   []byte
}

type slot struct {
	payload      []byte
	timestamp    uint32
	seq          uint16
	full         bool
	missingSince time.Time // zero: not known to be missing
	requested    time.Time // last request for it
}

// Buffer is the jitter buffer of one stream. Push and Pop may be called from
// different goroutines.
type Buffer struct {
	options Options
	ready   chan struct{}

	mu       sync.Mutex // guards everything below
	slots    [ringPackets]slot
	free     [][]byte // payload buffers not in use
	lent     []byte   // payload returned by the last Pop
	begun    bool     // next and position are known
	popped   bool     // something was played since begun
	starved  bool     // the last item was Starve
	silence  int64    // frames of silence played since the last packet
	next     uint16   // sequence number to play next
	newest   uint16   // highest sequence number seen
	position uint32   // timestamp to play next
	expected *Packet  // the first packet as the sender announced it, or nil
	gateSeq  uint16   // after a flush: older numbers are stragglers
	gate     time.Time
	limiter  resendLimiter
	stats    Stats
}

// New makes an empty buffer.
func New(options Options) *Buffer {
	return &Buffer{options: options, ready: make(chan struct{}, 1)}
}

// Ready signals that a packet arrived, with a capacity of one, for a caller whose
// Pop returned Empty.
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
	s.IgnoresResends = b.limiter.unresponsive()
	s.RetransmitWait = b.options.RetransmitWait
	return s
}

// Expect sets which packet the sender announced as its first, after New or Flush:
// so packets lost at the very beginning are requested too. An announcement that
// does not fit the packets that arrive is ignored.
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
		b.limiter.answered()
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
	b.markMissingLocked(now, p.Seq)
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
	if p.Resent || !s.requested.IsZero() {
		b.stats.Recovered++
		b.limiter.answered()
	}
	var buf []byte
	if n := len(b.free); n > 0 {
		buf, b.free = b.free[n-1], b.free[:n-1]
	}
	*s = slot{payload: append(buf[:0], p.Payload...), timestamp: p.Timestamp, seq: p.Seq, full: true}
}

// markMissingLocked records since when the packets before seq are missing.
func (b *Buffer) markMissingLocked(now time.Time, seq uint16) {
	if audio.SeqDiff(seq, b.newest) <= 0 {
		return
	}
	for q := b.newest + 1; q != seq; q++ {
		if s := &b.slots[q%ringPackets]; !s.full {
			*s = slot{seq: q, missingSince: now}
		}
	}
	b.newest = seq
}

// Flush drops the packets before seq, or all of them, and starts again with the
// first one after it. It reports whether such a packet has arrived already.
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

// clearLocked empties the ring; the next packet is the first of a stream.
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
