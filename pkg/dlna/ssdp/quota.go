package ssdp

import "net/netip"

// maxSources bounds the addresses that are listened to side by side.
const maxSources = 2 * maxDevices

// A quota bounds how many datagrams of each source are looked at. Its owner
// renews it from time to time.
type quota struct {
	perSource int
	sources   map[netip.Addr]int
}

func newQuota(perSource int) quota {
	return quota{perSource, make(map[netip.Addr]int)}
}

// admit reports whether one more datagram of this source is to be looked at.
func (q *quota) admit(source netip.Addr) bool {
	n, known := q.sources[source]
	if n >= q.perSource || !known && len(q.sources) >= maxSources {
		return false
	}
	q.sources[source] = n + 1
	return true
}
