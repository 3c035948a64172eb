package mdns

import (
	"net/netip"
	"slices"

	"github.com/miekg/dns"
)

// A zone is all that may be said on one interface. It is made anew when anything
// changes and is not altered afterwards.
type zone struct {
	records map[string][]record // by folded name
}

func newZone() *zone {
	return &zone{records: make(map[string][]record)}
}

// add puts a record in unless it is there: fifty services of one type share the
// pointer from the directory of types.
func (z *zone) add(records ...record) {
	for _, r := range records {
		name := fold(r.rr.Header().Name)
		if !z.has(r) {
			z.records[name] = append(z.records[name], r)
		}
	}
}

func (z *zone) has(r record) bool {
	return slices.ContainsFunc(z.records[fold(r.rr.Header().Name)], func(o record) bool { return o.key == r.key })
}

// current are the records that still stand in the zone.
func (z *zone) current(records []record) []record {
	return slices.DeleteFunc(slices.Clone(records), func(r record) bool { return !z.has(r) })
}

// find is the record that rr equals in name, type and data.
func (z *zone) find(rr dns.RR) (record, bool) {
	owned := z.records[fold(rr.Header().Name)]
	if len(owned) == 0 {
		return record{}, false
	}
	key := keyOf(rr)
	i := slices.IndexFunc(owned, func(r record) bool { return r.key == key })
	if i < 0 {
		return record{}, false
	}
	return owned[i], true
}

// lookup is what answers a question. For a name that is ours and has no record
// of the type asked for it is the record that says so.
func (z *zone) lookup(name string, qtype uint16) []record {
	var found, absence []record
	for _, r := range z.records[fold(name)] {
		switch rrtype := r.rr.Header().Rrtype; {
		case rrtype == dns.TypeNSEC:
			absence = append(absence, r)
		case qtype == dns.TypeANY || qtype == rrtype:
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		return absence
	}
	return found
}

// extras are the records that whoever hears r will ask for next (RFC 6763
// section 12): the service behind a pointer, the addresses behind a service.
func (z *zone) extras(r record) []record {
	switch rr := r.rr.(type) {
	case *dns.PTR:
		return z.instance(rr.Ptr)
	case *dns.SRV:
		return z.addresses(rr.Target)
	case *dns.A, *dns.AAAA:
		return z.addresses(rr.Header().Name)
	}
	return nil
}

func (z *zone) instance(name string) []record {
	var list []record
	for _, r := range z.records[fold(name)] {
		switch rr := r.rr.(type) {
		case *dns.SRV:
			list = append(list, r)
			list = append(list, z.addresses(rr.Target)...)
		case *dns.TXT:
			list = append(list, r)
		}
	}
	return list
}

// addresses are the address records of a host, with the record that says which
// kind it has not.
func (z *zone) addresses(host string) []record {
	return z.records[fold(host)]
}

// serviceRecords are the records that belong to one service alone: the pointer
// to it, its place, its description.
func serviceRecords(name string, s Service, host string) []record {
	return []record{
		pointerRecord(typeName(s.Type), name),
		srvRecord(name, host, s.Port),
		txtRecord(name, s.TXT),
	}
}

// directoryRecord names a service type in the directory of types. Others on the
// network may say the same, so it is never taken back.
func directoryRecord(serviceType string) record {
	return pointerRecord(directoryName, typeName(serviceType))
}

// addressRecords are a host's addresses on one interface.
func addressRecords(name string, addrs []netip.Addr) []record {
	list := make([]record, 0, len(addrs))
	for _, addr := range addrs {
		list = append(list, addressRecord(name, addr))
	}
	return list
}

// hostAbsence says, where all addresses are of one kind, that there is none of
// the other.
func hostAbsence(name string, addresses []record) []record {
	var types []uint16
	for _, r := range addresses {
		if rrtype := r.rr.Header().Rrtype; !slices.Contains(types, rrtype) {
			types = append(types, rrtype)
		}
	}
	if len(types) != 1 {
		return nil
	}
	return []record{absenceRecord(name, hostTTL, types...)}
}

// instanceAbsence says that a service instance has no records but its own.
func instanceAbsence(name string) record {
	return absenceRecord(name, otherTTL, dns.TypeSRV, dns.TypeTXT)
}
