package mdns

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// topBit marks a record whose older versions are to be flushed from caches, and
// a question that may be answered by unicast (RFC 6762 sections 10.2 and 5.4).
const topBit = 1 << 15

const (
	maxTXTString = 255  // bytes: its length is one byte on the wire
	maxTXT       = 1300 // bytes of all strings together (RFC 6763 section 6.2)
)

// A record is one resource record of ours.
type record struct {
	rr     dns.RR // of class IN, with its full lifetime
	shared bool   // others may have records of the same name and type
	key    string // equal for records of equal name, type and data
}

func newRecord(rr dns.RR, shared bool) record {
	return record{rr: rr, shared: shared, key: keyOf(rr)}
}

// keyOf is equal for records of equal name, type and data, whatever their
// lifetime and flush bit.
func keyOf(rr dns.RR) string {
	h := rr.Header()
	return fold(h.Name) + string(binary.BigEndian.AppendUint16([]byte{0}, h.Rrtype)) + string(dataOf(rr))
}

// rrFixedBytes is what precedes the data of a record whose name is the root:
// name 1, type 2, class 2, lifetime 4, length 2.
const rrFixedBytes = 11

// dataOf is a record's data, uncompressed, as it is compared in RFC 6762 section
// 8.2; nil when the record cannot be written.
func dataOf(rr dns.RR) []byte {
	anonymous := dns.Copy(rr)
	anonymous.Header().Name = "."
	buf := make([]byte, dns.Len(anonymous)+rrFixedBytes)
	n, err := dns.PackRR(anonymous, buf, 0, nil, false)
	if err != nil || n < rrFixedBytes {
		return nil
	}
	return buf[rrFixedBytes:n]
}

// forWire is the record as it is sent: with another lifetime, and with the flush
// bit where the record is ours alone and flush is asked for.
func (r record) forWire(ttl time.Duration, flush bool) dns.RR {
	rr := dns.Copy(r.rr)
	rr.Header().Ttl = seconds(ttl)
	if flush && !r.shared {
		rr.Header().Class |= topBit
	}
	return rr
}

func (r record) ttl() time.Duration {
	return time.Duration(r.rr.Header().Ttl) * time.Second
}

func seconds(d time.Duration) uint32 {
	return uint32(d / time.Second)
}

func header(name string, rrtype uint16, ttl time.Duration) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: seconds(ttl)}
}

func pointerRecord(name, target string) record {
	return newRecord(&dns.PTR{Hdr: header(name, dns.TypePTR, otherTTL), Ptr: target}, true)
}

func srvRecord(name, host string, port uint16) record {
	return newRecord(&dns.SRV{Hdr: header(name, dns.TypeSRV, hostTTL), Port: port, Target: host}, false)
}

func txtRecord(name string, txt []string) record {
	return newRecord(&dns.TXT{Hdr: header(name, dns.TypeTXT, otherTTL), Txt: txtStrings(txt)}, false)
}

func addressRecord(name string, addr netip.Addr) record {
	if addr.Is4() {
		return newRecord(&dns.A{Hdr: header(name, dns.TypeA, hostTTL), A: addr.AsSlice()}, false)
	}
	return newRecord(&dns.AAAA{Hdr: header(name, dns.TypeAAAA, hostTTL), AAAA: addr.AsSlice()}, false)
}

// absenceRecord says that name has records of these types and no others (RFC
// 6762 section 6.1), so that nobody waits for an address that is not there.
func absenceRecord(name string, ttl time.Duration, types ...uint16) record {
	slices.Sort(types)
	return newRecord(&dns.NSEC{Hdr: header(name, dns.TypeNSEC, ttl), NextDomain: name, TypeBitMap: types}, false)
}

// txtStrings are the fitting ones in the form that miekg/dns reads.
func txtStrings(txt []string) []string {
	fitting := fittingTXT(txt)
	for i, s := range fitting {
		fitting[i] = strings.ReplaceAll(s, `\`, `\\`)
	}
	return fitting
}

// fittingTXT fits strings into a TXT record: each is cut to 255 bytes, and those
// that would make the record larger than 1300 bytes are left out. No string at
// all becomes one empty one (RFC 6763 section 6.1).
func fittingTXT(txt []string) []string {
	var fitting []string
	size := 0
	for _, s := range txt {
		s = cutAtRune(s, maxTXTString)
		size += 1 + len(s)
		if size > maxTXT {
			break
		}
		fitting = append(fitting, s)
	}
	if len(fitting) == 0 {
		return []string{""}
	}
	return fitting
}
