package mdns

import (
	"bytes"
	"slices"

	"github.com/miekg/dns"
)

// contradicts reports whether rr, heard from another host, denies what we hold:
// a live record of a type that we have under that name, with data that is none
// of ours (RFC 6762 section 9). The caller has compared the names.
func contradicts(own []record, rr dns.RR) bool {
	h := rr.Header()
	if h.Class&^topBit != dns.ClassINET || h.Ttl == 0 {
		return false
	}
	theirs, sameType := dataOf(rr), false
	for _, r := range own {
		if r.rr.Header().Rrtype != h.Rrtype {
			continue
		}
		sameType = true
		if bytes.Equal(dataOf(r.rr), theirs) {
			return false
		}
	}
	return sameType
}

// outranks reports whether the records that another host proposes in its probe
// for the same name come later than ours, so that we have to wait (RFC 6762
// section 8.2). With equal records nobody has to.
func outranks(theirs []dns.RR, own []record) bool {
	mine := make([]dns.RR, 0, len(own))
	for _, r := range own {
		mine = append(mine, r.rr)
	}
	return slices.CompareFunc(inOrder(theirs), inOrder(mine), compareRecords) > 0
}

// inOrder sorts a copy in the order of section 8.2.1.
func inOrder(rrs []dns.RR) []dns.RR {
	sorted := slices.Clone(rrs)
	slices.SortFunc(sorted, compareRecords)
	return sorted
}

// compareRecords orders by class without the flush bit, type, and raw data.
func compareRecords(a, b dns.RR) int {
	ah, bh := a.Header(), b.Header()
	if c := int(ah.Class&^topBit) - int(bh.Class&^topBit); c != 0 {
		return c
	}
	if c := int(ah.Rrtype) - int(bh.Rrtype); c != 0 {
		return c
	}
	return bytes.Compare(dataOf(a), dataOf(b))
}
