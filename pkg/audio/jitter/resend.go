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

// Missing appends the runs of packets to request at now, the latest first, and
// records them as requested. due is the local time of a timestamp, as for Pop: a
// packet that could not arrive in time any more is not requested. The number of
// requests is limited, see resendLimiter.
func (b *Buffer) Missing(now time.Time, due func(timestamp uint32) time.Time, runs []Range) []Range {
	b.mu.Lock()
	defer b.mu.Unlock()
	allowed, again := b.limiter.allowance(now)
	if !b.begun || allowed <= 0 {
		return runs
	}
	before := len(runs)
	timestamp := b.position // of the next packet after q that is there
	for q := b.newest; audio.SeqDiff(q, b.next) >= 0; q-- {
		s := &b.slots[q%ringPackets]
		switch {
		case s.full:
			timestamp = s.timestamp
		case b.wantedLocked(s, now, again) && now.Add(b.options.ResendStop).Before(due(timestamp).Add(b.options.RetransmitWait)):
			runs = prepend(runs, before, q)
		}
	}
	runs = soonest(runs, before, allowed)
	b.recordRequestsLocked(now, runs[before:])
	return runs
}

func (b *Buffer) wantedLocked(s *slot, now time.Time, again bool) bool {
	switch {
	case s.missingSince.IsZero():
		return false
	case s.requested.IsZero():
		return now.Sub(s.missingSince) >= b.options.ResendAfter
	default:
		return again && now.Sub(s.requested) >= b.options.ResendEvery
	}
}

func (b *Buffer) recordRequestsLocked(now time.Time, runs []Range) {
	packets := 0
	for _, r := range runs {
		packets += r.Count
		for i := range r.Count {
			b.slots[(int(r.First)+i)%ringPackets].requested = now
		}
	}
	if packets > 0 {
		b.stats.ResendsRequested += uint64(packets)
		b.limiter.requested(now, packets)
	}
}

// prepend adds seq, found going backwards, to the last of the runs from start
// on, or as a new one.
func prepend(runs []Range, start int, seq uint16) []Range {
	if n := len(runs); n > start {
		if last := &runs[n-1]; last.First == seq+1 && last.Count < maxRequestPackets {
			last.First, last.Count = seq, last.Count+1
			return runs
		}
	}
	return append(runs, Range{First: seq, Count: 1})
}

// soonest shortens the runs from start on to the packets that are due first, which
// are in the last runs.
func soonest(runs []Range, start, packets int) []Range {
	for i := len(runs) - 1; i >= start; i-- {
		if runs[i].Count < packets {
			packets -= runs[i].Count
			continue
		}
		runs[i].Count = packets
		return append(runs[:start], runs[i:]...)
	}
	return runs
}
