package query

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Limits of what one query keeps; what comes beyond them is dropped.
const (
	maxInstances = 256
	maxAddresses = 16 // of one host
	maxTXTBytes  = 4096
	maxQuestions = 16 // of one packet; the rest are asked after the next answer
)

const (
	domain = "local."
	// topBit of a question's class asks for an answer by unicast, that of a
	// record's says that it replaces others (RFC 6762 sections 5.4 and 10.2).
	topBit = 1 << 15
)

// A gathering is all that has been received in answer to one query.
type gathering struct {
	serviceType string // folded full name: "_dacp._tcp.local."
	typeLabels  int
	instances   map[string]*instance // by folded full name
	asked       map[dns.Question]bool
}

type instance struct {
	name      string // full, in presentation form, as its owner wrote it
	host      string // in presentation form; empty until the SRV record is known
	hostKey   string // host, folded
	port      uint16
	addresses []netip.Addr
	txt       []string
	txtKnown  bool
}

func newGathering(serviceType string) (*gathering, error) {
	name := fold(serviceType) + "." + domain
	labels, ok := dns.IsDomainName(name)
	if !ok || labels != 3 || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("%q is no service type", serviceType)
	}
	return &gathering{
		serviceType: name,
		typeLabels:  labels,
		instances:   make(map[string]*instance),
		asked:       make(map[dns.Question]bool),
	}, nil
}

// questions begins a round: which instances of the type there are, and what is
// still missing of the known ones.
func (g *gathering) questions() []dns.Question {
	clear(g.asked)
	return append([]dns.Question{question(g.serviceType, dns.TypePTR)}, g.followUps()...)
}

// followUps are the questions for what answers left out, each once a round.
func (g *gathering) followUps() []dns.Question {
	var list []dns.Question
	for _, name := range g.names() {
		for _, q := range g.instances[name].missing() {
			if !g.asked[q] && len(list) < maxQuestions {
				g.asked[q] = true
				list = append(list, q)
			}
		}
	}
	return list
}

// missing are the questions for what is not known of an instance yet.
func (i *instance) missing() []dns.Question {
	var list []dns.Question
	if i.host == "" {
		list = append(list, question(i.name, dns.TypeSRV))
	}
	if !i.txtKnown {
		list = append(list, question(i.name, dns.TypeTXT))
	}
	if i.host != "" && len(i.addresses) == 0 {
		list = append(list, question(i.host, dns.TypeA), question(i.host, dns.TypeAAAA))
	}
	return list
}

func question(name string, qtype uint16) dns.Question {
	return dns.Question{Name: name, Qtype: qtype, Qclass: dns.ClassINET | topBit}
}

// add takes in one answer; zone is that of link-local addresses in it.
func (g *gathering) add(m *dns.Msg, zone string) {
	records := slices.Concat(m.Answer, m.Ns, m.Extra)
	// A record without lifetime is a goodbye
	records = slices.DeleteFunc(records, func(rr dns.RR) bool {
		return rr.Header().Ttl == 0 || rr.Header().Class&^topBit != dns.ClassINET
	})
	for _, rr := range records {
		switch rr := rr.(type) {
		case *dns.PTR:
			if fold(rr.Hdr.Name) == g.serviceType {
				g.instance(rr.Ptr)
			}
		case *dns.SRV:
			// The root as host says that there is none (RFC 2782)
			if i := g.instance(rr.Hdr.Name); i != nil && rr.Port != 0 && rr.Target != "." {
				i.locate(rr)
			}
		case *dns.TXT:
			if i := g.instance(rr.Hdr.Name); i != nil {
				i.txt, i.txtKnown = texts(rr.Txt), true
			}
		}
	}
	// Only now all hosts of this packet are known
	for _, rr := range records {
		switch rr := rr.(type) {
		case *dns.A:
			g.address(rr.Hdr.Name, rr.A, zone)
		case *dns.AAAA:
			g.address(rr.Hdr.Name, rr.AAAA, zone)
		}
	}
}

// instance returns the one of a full name, made when it is new. It is nil when the
// name is not of the type, or there is no more room.
func (g *gathering) instance(name string) *instance {
	key := fold(name)
	if i := g.instances[key]; i != nil {
		return i
	}
	if !strings.HasSuffix(key, "."+g.serviceType) || dns.CountLabel(name) != g.typeLabels+1 || len(g.instances) >= maxInstances {
		return nil
	}
	i := &instance{name: name}
	g.instances[key] = i
	return i
}

// locate takes in where an instance is. One that moved loses the addresses of
// its old host.
func (i *instance) locate(srv *dns.SRV) {
	key := fold(srv.Target)
	if key != i.hostKey {
		i.addresses = nil
	}
	i.host, i.hostKey, i.port = srv.Target, key, srv.Port
}

// address takes in an address of a host, for all instances on it.
func (g *gathering) address(host string, ip []byte, zone string) {
	addr, _ := netip.AddrFromSlice(ip)
	addr = addr.Unmap()
	if !addr.IsValid() || addr.IsUnspecified() || addr.IsMulticast() {
		return
	}
	if addr.Is6() && addr.IsLinkLocalUnicast() {
		addr = addr.WithZone(zone)
	}
	key := fold(host)
	for _, i := range g.instances {
		if i.hostKey == key && len(i.addresses) < maxAddresses && !slices.Contains(i.addresses, addr) {
			i.addresses = append(i.addresses, addr)
		}
	}
}

// services are the instances whose host and port are known, in the order of their
// names.
func (g *gathering) services() []Service {
	var list []Service
	for _, name := range g.names() {
		i := g.instances[name]
		if i.host == "" {
			continue
		}
		list = append(list, Service{
			Instance:  unescape(i.name[:dns.Split(i.name)[1]-1]),
			Host:      strings.TrimSuffix(unescape(i.host), "."),
			Port:      i.port,
			Addresses: slices.SortedFunc(slices.Values(i.addresses), netip.Addr.Compare),
			TXT:       slices.Clone(i.txt),
		})
	}
	return list
}

func (g *gathering) names() []string {
	list := make([]string, 0, len(g.instances))
	for name := range g.instances {
		list = append(list, name)
	}
	slices.SortFunc(list, cmp.Compare)
	return list
}

// texts are the strings of a TXT record as their owner wrote them; those beyond
// the limit, and the one empty string that stands for none (RFC 6763 section
// 6.1), are left out.
func texts(escaped []string) []string {
	var list []string
	bytes := 0
	for _, text := range escaped {
		text = unescape(text)
		if bytes += len(text); bytes > maxTXTBytes {
			break
		}
		if text != "" {
			list = append(list, text)
		}
	}
	return list
}

// fold makes names that DNS holds equal equal as strings.
func fold(name string) string { return strings.ToLower(name) }

// unescape undoes the presentation form of names and texts (RFC 1035 section
// 5.1): \DDD is a byte in decimal, any other escaped character itself.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b.WriteByte(text[i])
			continue
		}
		if c, ok := decimalByte(text[i+1:]); ok {
			b.WriteByte(c)
			i += 3
		} else if i++; i < len(text) {
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

// decimalByte reads the three digits of a byte.
func decimalByte(text string) (c byte, ok bool) {
	if len(text) < 3 {
		return 0, false
	}
	n := 0
	for _, digit := range []byte(text[:3]) {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		n = n*10 + int(digit-'0')
	}
	return byte(n), n <= 255
}
