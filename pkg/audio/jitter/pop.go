package jitter

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

//go:generate go tool stringer -type=Kind -linecomment -output=kind_string.go

// A Kind is what Pop returned.
type Kind uint8

const (
	Empty   Kind = iota // empty
	Wait                // wait
	Play                // play
	Conceal             // conceal
	Starve              // starve
)

// An Item is what to do now, by its Kind:
//   - Empty: no packet has arrived yet; wait for Ready.
//   - Wait: nothing is due before Due.
//   - Play: play Payload, then call Played.
//   - Conceal: a packet was lost; play Frames of concealment.
//   - Starve: no packets arrive at all; play Frames of silence.
type Item struct {
	Kind          Kind
	Seq           uint16    // Play
	Timestamp     uint32    // Play, Conceal, Starve: of its first frame
	Payload       []byte    // Play: valid until the next call of Pop
	Frames        int       // Conceal, Starve
	Discontinuity bool      // Wait: what comes then does not follow on what was played
	Due           time.Time // Wait: when to come back; else: when it was due
}

// Pop returns what to play at now. due is the local time of a timestamp.
func (b *Buffer) Pop(now time.Time, due func(timestamp uint32) time.Time) Item {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lent != nil {
		b.free = append(b.free, b.lent)
		b.lent = nil
	}
	if !b.begun {
		return Item{Kind: Empty}
	}
	b.dropLateLocked(now, due)
	first := b.firstLocked()
	if first == nil {
		return b.silenceLocked(now, due, Starve, int64(b.options.FrameLength))
	}
	gap := audio.TimestampDiff(first.timestamp, b.position)
	if gap > 0 && gap <= b.options.Format.Frames(longestGap) {
		return b.concealLocked(now, due, first, gap)
	}
	// Any other step means that the sender's timeline moved: begin there.
	return b.playLocked(now, due, first)
}

// Played moves the position past the packet that Pop returned last, which turned
// out, once decoded, to hold so many frames.
func (b *Buffer) Played(item Item, frames int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.popped && b.position == item.Timestamp {
		b.position += uint32(frames)
	}
}

// firstLocked is the packet to play next: the one at next, or the first after a
// gap.
func (b *Buffer) firstLocked() *slot {
	for q := b.next; audio.SeqDiff(q, b.newest) <= 0; q++ {
		if s := &b.slots[q%ringPackets]; s.full {
			return s
		}
	}
	return nil
}

// skipToLocked gives up the packets before seq: their time has passed.
func (b *Buffer) skipToLocked(seq uint16) {
	for ; b.next != seq; b.next++ {
		b.stats.Lost++
		b.releaseLocked(&b.slots[b.next%ringPackets])
	}
}

// dropLateLocked drops packets that arrived after silence was played in their
// place. But while no packets arrived at all, the sender may have paused without
// saying so, which moves its timeline: the silence then reaches ahead of the new
// timeline, and the packet continues the stream.
func (b *Buffer) dropLateLocked(now time.Time, due func(uint32) time.Time) {
	for b.silence > 0 {
		s := b.firstLocked()
		if s == nil {
			return
		}
		behind := audio.TimestampDiff(b.position, s.timestamp)
		if behind <= 0 || behind > b.silence {
			return
		}
		if b.starved && due(b.position).Add(b.options.RetransmitWait).After(now.Add(timelineMoved)) {
			b.position, b.silence = s.timestamp, 0
			return
		}
		b.stats.Late++
		b.next = s.seq + 1
		b.releaseLocked(s)
	}
}

// early reports whether at is still to come. A time further ahead than any buffer
// reaches belongs to timestamps that the sender no longer uses: nobody waits for it.
func early(now, at time.Time) bool {
	return now.Before(at) && at.Sub(now) < longestWait
}

func (b *Buffer) playLocked(now time.Time, due func(uint32) time.Time, s *slot) Item {
	at := due(s.timestamp)
	if early(now, at) {
		return Item{Kind: Wait, Due: at, Discontinuity: !b.popped || b.starved}
	}
	b.skipToLocked(s.seq)
	b.position = s.timestamp
	item := Item{Kind: Play, Seq: s.seq, Timestamp: s.timestamp, Payload: s.payload, Due: at}
	b.lent = s.payload
	*s = slot{}
	b.next++
	b.popped, b.starved, b.silence = true, false, 0
	return item
}

func (b *Buffer) concealLocked(now time.Time, due func(uint32) time.Time, first *slot, gap int64) Item {
	kind := Conceal
	if b.starved && b.next == first.seq {
		kind = Starve // the rest of a pause, not a loss
	}
	item := b.silenceLocked(now, due, kind, min(gap, int64(b.options.FrameLength)))
	if item.Kind != Wait && b.position == first.timestamp {
		b.skipToLocked(first.seq)
	}
	return item
}

// silenceLocked plays frames of silence when they are due and RetransmitWait is
// over.
func (b *Buffer) silenceLocked(now time.Time, due func(uint32) time.Time, kind Kind, frames int64) Item {
	at := due(b.position)
	if until := at.Add(b.options.RetransmitWait); early(now, until) {
		return Item{Kind: Wait, Due: until}
	}
	item := Item{Kind: kind, Timestamp: b.position, Frames: int(frames), Due: at}
	b.position += uint32(frames)
	b.silence += frames
	b.popped = true
	if kind == Starve {
		b.starved = true
		b.stats.StarvedFrames += uint64(frames)
	} else {
		b.stats.ConcealedFrames += uint64(frames)
	}
	return item
}
