package mdns

import (
	"fmt"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// maxMessageBytes keeps a message in one Ethernet frame, with room for a tunnel
// on the way (RFC 6762 section 17 allows up to the link's MTU).
const maxMessageBytes = 1440

// legacyTTL is the most that an asker who will not hear a goodbye is told to
// keep a record for (RFC 6762 section 6.7).
const legacyTTL = 10 * time.Second

// maxLegacyQuestions are sent back to a legacy asker, who has one.
const maxLegacyQuestions = 4

// A bundle is what belongs together in one message. The extras may be left out
// when there is no room.
type bundle struct {
	questions []dns.Question
	answers   []record
	authority []record
	extras    []record
}

// A form writes a record for one kind of message.
type form func(record) dns.RR

func fullForm(r record) dns.RR     { return r.forWire(r.ttl(), true) }
func proposalForm(r record) dns.RR { return r.forWire(r.ttl(), false) }
func legacyForm(r record) dns.RR   { return r.forWire(min(r.ttl(), legacyTTL), false) }
func goodbyeForm(r record) dns.RR  { return r.forWire(0, true) }

// pack writes bundles into as few messages as their order allows, each at most
// 1440 bytes unless a single bundle is larger by itself. Every message begins
// with head. A record that is an answer is not repeated among the extras.
func pack(head dns.Msg, bundles []bundle, write form) ([][]byte, error) {
	answered := make(map[string]bool)
	for _, b := range bundles {
		for _, r := range b.answers {
			answered[r.key] = true
		}
	}
	var messages [][]byte
	for len(bundles) > 0 {
		m := newMessage(head, write, answered)
		used := m.fill(bundles)
		b, err := m.msg.Pack()
		if err != nil {
			return messages, fmt.Errorf("mdns: write message: %w", err)
		}
		messages = append(messages, b)
		bundles = withoutExtras(bundles[used:])
	}
	return messages, nil
}

// withoutExtras drops bundles that are extras alone: what has no room beside
// answers is left out.
func withoutExtras(bundles []bundle) []bundle {
	return slices.DeleteFunc(slices.Clone(bundles), func(b bundle) bool {
		return len(b.questions)+len(b.answers)+len(b.authority) == 0
	})
}

// A message is one that is being filled.
type message struct {
	msg   dns.Msg
	write form
	seen  map[string]bool // keys of the records that are not to be extras (any more)
}

func newMessage(head dns.Msg, write form, answered map[string]bool) *message {
	m := &message{msg: head, write: write, seen: make(map[string]bool, len(answered))}
	m.msg.Compress = true
	for key := range answered {
		m.seen[key] = true
	}
	return m
}

// fill takes in as many bundles as fit, at least one, and gives their number.
// The first goes without its extras when it is too large with them.
func (m *message) fill(bundles []bundle) int {
	if before := m.msg; !m.add(bundles[0]) {
		m.msg = before
		bare := bundles[0]
		bare.extras = nil
		m.add(bare)
		return 1
	}
	for i, b := range bundles[1:] {
		if before := m.msg; !m.add(b) {
			m.msg = before
			return i + 1
		}
	}
	return len(bundles)
}

// add appends a bundle and reports whether the message is still small enough.
func (m *message) add(b bundle) bool {
	m.msg.Question = append(m.msg.Question, b.questions...)
	for _, r := range b.answers {
		m.msg.Answer = append(m.msg.Answer, m.write(r))
	}
	for _, r := range b.authority {
		m.msg.Ns = append(m.msg.Ns, m.write(r))
	}
	for _, r := range b.extras {
		if !m.seen[r.key] {
			m.seen[r.key] = true
			m.msg.Extra = append(m.msg.Extra, m.write(r))
		}
	}
	return m.msg.Len() <= maxMessageBytes
}

// response is the header of a multicast response: no id, no questions.
func response() dns.Msg {
	return dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Authoritative: true}}
}

// legacyResponse is the header of a response to a legacy asker, who expects its
// id and questions back.
func legacyResponse(query *dns.Msg) dns.Msg {
	head := response()
	head.Id = query.Id
	questions := query.Question[:min(len(query.Question), maxLegacyQuestions)]
	head.Question = append([]dns.Question(nil), questions...)
	return head
}

// answerBundles are records, each with what goes along with it from the zone.
func answerBundles(z *zone, records []record) []bundle {
	bundles := make([]bundle, 0, len(records))
	for _, r := range records {
		bundles = append(bundles, bundle{answers: []record{r}, extras: z.extras(r)})
	}
	return bundles
}

// legacyBundles are records, and behind all of them what goes along: a legacy
// asker reads one message, and rather gets all answers than all about a few.
func legacyBundles(z *zone, records []record) []bundle {
	bundles := loneBundles(records)
	for _, r := range records {
		bundles = append(bundles, bundle{extras: z.extras(r)})
	}
	return bundles
}

// loneBundles are records without anything beside them.
func loneBundles(records []record) []bundle {
	bundles := make([]bundle, 0, len(records))
	for _, r := range records {
		bundles = append(bundles, bundle{answers: []record{r}})
	}
	return bundles
}

// probeBundle asks whether name is taken and proposes records for it (RFC 6762
// section 8.1). It does not ask for a unicast answer: where the port is shared
// the kernel gives that to one program only, which need not be this one.
func probeBundle(name string, records []record) bundle {
	return bundle{
		questions: []dns.Question{{Name: name, Qtype: dns.TypeANY, Qclass: dns.ClassINET}},
		authority: records,
	}
}
