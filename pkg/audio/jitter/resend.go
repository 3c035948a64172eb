package jitter

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// maxRequestPackets bounds one resend request: senders answer with a burst of
// that many packets.
const maxRequestPackets = 128

// A Range is a run of missing sequence numbers.
type Range struct {
	First uint16
	Count int
}

// Missing appends the runs that are to be asked for at now and notes that
// they were. due gives the local time of a timestamp, as for Pop: a packet
// that could not come in time any more is not asked for.
func (b *Buffer) Missing(now time.Time, due func(timestamp uint32) time.Time, runs []Range) []Range {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.begun {
		return runs
	}
	timestamp := b.position // of the next packet after q that is there
	for q := b.newest; audio.SeqDiff(q, b.next) >= 0; q-- {
		s := &b.slots[q%ringPackets]
		if s.full {
			timestamp = s.timestamp
			continue
		}
		if !b.wantedLocked(s, now) || !now.Add(b.options.ResendStop).Before(due(timestamp)) {
			continue
		}
		s.asked = now
		b.stats.Asked++
		runs = prepend(runs, q)
	}
	return runs
}

func (b *Buffer) wantedLocked(s *slot, now time.Time) bool {
	switch {
	case s.missed.IsZero():
		return false
	case s.asked.IsZero():
		return now.Sub(s.missed) >= b.options.ResendAfter
	default:
		return now.Sub(s.asked) >= b.options.ResendEvery
	}
}

// prepend adds seq, found going backwards, to the last run or as a new one.
func prepend(runs []Range, seq uint16) []Range {
	if n := len(runs); n > 0 {
		if last := &runs[n-1]; last.First == seq+1 && last.Count < maxRequestPackets {
			last.First, last.Count = seq, last.Count+1
			return runs
		}
	}
	return append(runs, Range{First: seq, Count: 1})
}
