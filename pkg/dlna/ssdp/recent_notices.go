package ssdp

import (
	"net/netip"
	"time"
)

const (
	// noticeWindow is the time in which a repeated notice is passed on once. A
	// device says everything two or three times, for each of its services.
	noticeWindow = 10 * time.Second
	// maxNoticesPerSource is for one window. A server may stand for many
	// devices, each of which sends some ten notices three times.
	maxNoticesPerSource = 512
)

// A noticeKey is the part of a notice that tells something new: notices with
// equal keys are repetitions.
type noticeKey struct {
	kind               NoticeKind
	location           string
	bootID, nextBootID int
}

// recentNotices remembers what devices announced in the current window.
type recentNotices struct {
	quota
	began time.Time
	last  map[string]noticeKey // by UDN; at most maxDevices
}

// admit reports whether one more datagram of this source is to be looked at.
func (r *recentNotices) admit(source netip.Addr, now time.Time) bool {
	if r.last == nil || now.Sub(r.began) >= noticeWindow {
		*r = recentNotices{quota: newQuota(maxNoticesPerSource), began: now, last: make(map[string]noticeKey)}
	}
	return r.quota.admit(source)
}

// enter notes a notice that was admitted.
func (r *recentNotices) enter(n Notice) entryKind {
	key := noticeKey{n.Kind, n.Location, n.BootID, n.NextBootID}
	before, device := r.last[n.UDN]
	switch {
	case device && before == key:
		return entryKnown
	case !device && len(r.last) >= maxDevices:
		return entryFull
	}
	r.last[n.UDN] = key
	return entryNew
}
