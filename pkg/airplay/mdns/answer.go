package mdns

import (
	"slices"

	"github.com/miekg/dns"
)

// maxQuestions bounds the work for one query; a sender asks a handful at once.
const maxQuestions = 128

// An answer is what a query deserves, before timing.
type answer struct {
	toAll   []record // by multicast
	toAsker []record // by unicast
}

// respond finds the answer to a query, without what the asker says it knows. A
// legacy asker is no Multicast DNS program and gets everything by unicast (RFC
// 6762 section 6.7).
func (z *zone) respond(query *dns.Msg, legacy bool) answer {
	var a answer
	known := knownAnswers(query.Answer)
	asked := make(map[dns.Question]bool)
	for _, q := range query.Question[:min(len(query.Question), maxQuestions)] {
		q.Name = fold(q.Name)
		if class := q.Qclass &^ topBit; asked[q] || (class != dns.ClassINET && class != dns.ClassANY) {
			continue
		}
		asked[q] = true
		found := known.remove(z.lookup(q.Name, q.Qtype))
		if legacy || q.Qclass&topBit != 0 {
			a.toAsker = union(a.toAsker, found)
		} else {
			a.toAll = union(a.toAll, found)
		}
	}
	return a
}

// known are the lifetimes in seconds that an asker's cache still gives to
// records, by record key.
type known map[string]uint32

func knownAnswers(answers []dns.RR) known {
	if len(answers) == 0 {
		return nil
	}
	k := make(known, len(answers))
	for _, rr := range answers {
		k[keyOf(rr)] = rr.Header().Ttl
	}
	return k
}

// remove leaves out the records that the asker knows for at least half of their
// lifetime still (RFC 6762 section 7.1).
func (k known) remove(records []record) []record {
	if len(k) == 0 {
		return records
	}
	var rest []record
	for _, r := range records {
		ttl, ok := k[r.key]
		if !ok || ttl < r.rr.Header().Ttl/2 {
			rest = append(rest, r)
		}
	}
	return rest
}

// union appends those of more that are not in list.
func union(list, more []record) []record {
	for _, r := range more {
		if !slices.ContainsFunc(list, func(o record) bool { return o.key == r.key }) {
			list = append(list, r)
		}
	}
	return list
}

// anyShared reports whether other hosts may answer as well.
func anyShared(records []record) bool {
	return slices.ContainsFunc(records, func(r record) bool { return r.shared })
}
