package mdns

import (
	"slices"
	"time"
)

// Rules of pace for multicast on one interface (RFC 6762 section 6).
const (
	sharedDelayLeast = 20 * time.Millisecond // others may answer, too: not all at once
	sharedDelayMost  = 120 * time.Millisecond
	recordGap        = time.Second            // least time between two sendings of a record
	defenceGap       = 250 * time.Millisecond // the same when the record is under a probe
)

// An outbox holds the records that wait to be multicast on one interface and
// remembers when each was last. Its size is bounded by that of the zone.
type outbox struct {
	waiting []waitingRecord
	last    map[string]time.Time // by record key
}

type waitingRecord struct {
	record
	due time.Time
}

// add lets records wait until due, or until gap has passed since they were last
// sent. One that waits already keeps the earlier time.
func (o *outbox) add(records []record, due time.Time, gap time.Duration) {
	for _, r := range records {
		at := due
		if last, ok := o.last[r.key]; ok && last.Add(gap).After(at) {
			at = last.Add(gap)
		}
		o.addOne(waitingRecord{record: r, due: at})
	}
}

func (o *outbox) addOne(w waitingRecord) {
	i := slices.IndexFunc(o.waiting, func(x waitingRecord) bool { return x.key == w.key })
	switch {
	case i < 0:
		o.waiting = append(o.waiting, w)
	case w.due.Before(o.waiting[i].due):
		o.waiting[i].due = w.due
	}
}

// next is when take has something to give; ok is false when nothing waits.
func (o *outbox) next() (at time.Time, ok bool) {
	for _, w := range o.waiting {
		if !ok || w.due.Before(at) {
			at, ok = w.due, true
		}
	}
	return at, ok
}

// take removes what is due.
func (o *outbox) take(now time.Time) []record {
	var due []record
	o.waiting = slices.DeleteFunc(o.waiting, func(w waitingRecord) bool {
		if w.due.After(now) {
			return false
		}
		due = append(due, w.record)
		return true
	})
	return due
}

// sent notes that records went out by multicast; they need not wait any longer.
func (o *outbox) sent(records []record, now time.Time) {
	if o.last == nil {
		o.last = make(map[string]time.Time)
	}
	for _, r := range records {
		o.last[r.key] = now
	}
	o.waiting = slices.DeleteFunc(o.waiting, func(w waitingRecord) bool { return o.last[w.key].Equal(now) })
}

// stale are the records that were not multicast within the last quarter of
// their lifetime, so that other caches deserve them, too (RFC 6762 section 5.4).
func (o *outbox) stale(records []record, now time.Time) []record {
	var list []record
	for _, r := range records {
		if last, ok := o.last[r.key]; !ok || now.Sub(last) > r.ttl()/4 {
			list = append(list, r)
		}
	}
	return list
}

// keep forgets all that is no longer in the zone.
func (o *outbox) keep(z *zone) {
	valid := make(map[string]bool)
	for _, records := range z.records {
		for _, r := range records {
			valid[r.key] = true
		}
	}
	o.waiting = slices.DeleteFunc(o.waiting, func(w waitingRecord) bool { return !valid[w.key] })
	for key := range o.last {
		if !valid[key] {
			delete(o.last, key)
		}
	}
}
