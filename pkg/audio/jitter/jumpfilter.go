package jitter

import (
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// agreesWithin is how many sequence numbers after or before the first packet of a
// jump the packet that confirms it may be: some may be lost or overtaken.
const agreesWithin = 16

// An Arrival is a packet and when it came.
type Arrival struct {
	Packet
	At time.Time
}

// A JumpFilter keeps single wrong packets out of a stream. UDP shows who sent a packet
// only by an address that anybody can write, and one packet with another sequence
// number or timestamp would restart the buffer and the timeline, twice: at it and at
// the next right one. So a packet that does not continue the stream is held back until
// another one continues that packet. Then both are passed on: a sender that does jump
// loses nothing.
//
// It is used before Timeline and Buffer. It does not allocate once it is made.
type JumpFilter struct {
	options Options

	mu      sync.Mutex // guards everything below
	begun   bool       // newest is known
	newest  number     // of the packets that were passed on
	held    Arrival    // the first packet of what may be a jump
	holding bool
	payload [maxPayloadBytes]byte // of held
	passed  [2]Arrival            // returned by the last Filter
}

// number is the place of a packet in a stream.
type number struct {
	seq       uint16
	timestamp uint32
}

// NewJumpFilter makes the filter of a stream that begins.
func NewJumpFilter(options Options) *JumpFilter { return &JumpFilter{options: options} }

// Reset forgets the stream, as after a flush: the next packet may have any number.
func (f *JumpFilter) Reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun, f.holding = false, false
}

// Filter takes a packet and returns those to pass on now, in the order of their
// arrival: none, this one, or the one held back and this one. They are valid until the
// next call.
func (f *JumpFilter) Filter(a Arrival) []Arrival {
	if len(a.Payload) > maxPayloadBytes {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at := number{seq: a.Seq, timestamp: a.Timestamp}
	switch {
	case !f.begun:
		f.begun, f.newest = true, at
		return f.passLocked(a)
	case f.continues(f.newest, at, ringPackets):
		if audio.SeqDiff(at.seq, f.newest.seq) > 0 {
			f.newest = at
		}
		return f.passLocked(a)
	case a.Resent:
		return nil // the answer to no request of ours
	case f.holding && at.seq != f.held.Seq && f.continues(number{f.held.Seq, f.held.Timestamp}, at, agreesWithin):
		f.newest, f.holding = at, false
		return f.passLocked(f.held, a)
	default:
		f.holdLocked(a)
		return nil
	}
}

// continues reports whether to belongs to the stream of from: its number is fewer
// than within away, and its timestamp about where that many packets put it.
func (f *JumpFilter) continues(from, to number, within int) bool {
	packets := audio.SeqDiff(to.seq, from.seq)
	if packets <= -within || packets >= within {
		return false
	}
	off := audio.TimestampDiff(to.timestamp, from.timestamp) - int64(packets)*int64(f.options.FrameLength)
	most := f.options.Format.Frames(longestGap)
	return -most <= off && off <= most
}

func (f *JumpFilter) passLocked(arrivals ...Arrival) []Arrival {
	return f.passed[:copy(f.passed[:], arrivals)]
}

// holdLocked keeps a copy of a packet, in place of one that nothing confirmed.
func (f *JumpFilter) holdLocked(a Arrival) {
	a.Payload = f.payload[:copy(f.payload[:], a.Payload)]
	f.held, f.holding = a, true
}
