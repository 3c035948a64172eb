package mdns

import (
	"hash/maphash"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
)

// A batch is what the claims want to have sent, gathered so that many of them
// share packets.
type batch struct {
	probes, announcements, goodbyes []*claim
}

// sendBatch sends what was gathered, out of every lane.
func (e *engine) sendBatch(now time.Time) {
	b := e.batch
	e.batch = batch{}
	for _, l := range e.lanes {
		if len(b.probes) > 0 {
			e.multicast(l, dns.Msg{}, e.probeBundles(l, b.probes), proposalForm)
		}
		if len(b.announcements) > 0 {
			e.announce(l, b.announcements, now)
		}
		if len(b.goodbyes) > 0 {
			e.multicast(l, response(), e.goodbyeBundles(b.goodbyes), goodbyeForm)
		}
	}
}

func (e *engine) probeBundles(l *lane, claims []*claim) []bundle {
	bundles := make([]bundle, 0, len(claims))
	for _, c := range claims {
		bundles = append(bundles, probeBundle(c.name(), e.unique(c, l.iface)))
	}
	return bundles
}

func (e *engine) goodbyeBundles(claims []*claim) []bundle {
	var bundles []bundle
	for _, c := range claims {
		bundles = append(bundles, loneBundles(serviceRecords(c.name(), c.service, e.host.name()))...)
	}
	return bundles
}

// announce tells the records of claims, and the host's addresses along with them
// in every packet that has room.
func (e *engine) announce(l *lane, claims []*claim, now time.Time) {
	z := e.zoneOn(l.iface)
	var records []record
	for _, c := range claims {
		if c.isHost() {
			records = union(records, z.addresses(c.name()))
			continue
		}
		records = append(records, serviceRecords(c.name(), c.service, e.host.name())...)
		records = union(records, []record{directoryRecord(c.service.Type)})
	}
	bundles := loneBundles(records)
	for i := range bundles {
		bundles[i].extras = z.addresses(e.host.name())
	}
	e.multicast(l, response(), bundles, fullForm)
	l.box.sent(records, now)
}

// sendOutboxes multicasts the answers that are due.
func (e *engine) sendOutboxes(now time.Time) {
	for _, l := range e.lanes {
		z := e.zoneOn(l.iface) // forgets first what is no longer true
		due := l.box.take(now)
		if len(due) == 0 {
			continue
		}
		e.multicast(l, response(), answerBundles(z, due), fullForm)
		l.box.sent(due, now)
	}
}

// multicast sends bundles to the group, and notes when a lane fails or works
// again.
func (e *engine) multicast(l *lane, head dns.Msg, bundles []bundle, write form) {
	group := query.Group(l.family, e.opts.Port)
	err := e.send(l, group, l.source, head, bundles, write)
	if broken := err != nil; broken != l.broken {
		l.broken = broken
		e.forgetZones()
		e.logBroken(l, err)
	}
}

func (e *engine) logBroken(l *lane, err error) {
	log := e.log.With().Str("interface", l.iface.Name).Stringer("family", l.family).Logger()
	if l.broken {
		log.Debug().Err(err).Msg("mDNS packets cannot be sent on this interface")
		return
	}
	log.Debug().Msg("mDNS packets can be sent on this interface again")
}

// unicast sends bundles to one asker, from the address that the kernel finds
// right for it. That it fails is the asker's loss alone; Stats counts it.
func (e *engine) unicast(l *lane, to netip.AddrPort, head dns.Msg, bundles []bundle, write form) {
	_ = e.send(l, to, netip.Addr{}, head, bundles, write)
}

// send gives the last error of several packets.
func (e *engine) send(l *lane, to netip.AddrPort, source netip.Addr, head dns.Msg, bundles []bundle, write form) error {
	messages, failure := pack(head, bundles, write)
	if failure != nil {
		e.stats.SendFailures++
	}
	for _, b := range messages {
		e.echoes.note(b)
		if err := l.conn.Write(b, to, l.index, source); err != nil {
			e.stats.SendFailures++
			failure = err
			continue
		}
		e.stats.Sent++
	}
	return failure
}

// echoMemory is how many of the packets sent last are remembered: more than the
// announcements of a hundred services on several interfaces.
const echoMemory = 512

// echoes remembers what was sent, to know it again when multicast loops it back
// or when two interfaces are on one network. What we said a moment ago may not
// be true any more and is no rival's word.
type echoes struct {
	seed maphash.Seed
	sums [echoMemory]uint64
	next int
	made bool
}

func (e *echoes) note(b []byte) {
	if !e.made {
		e.seed, e.made = maphash.MakeSeed(), true
	}
	e.sums[e.next] = maphash.Bytes(e.seed, b)
	e.next = (e.next + 1) % echoMemory
}

func (e *echoes) has(b []byte) bool {
	if !e.made {
		return false
	}
	sum := maphash.Bytes(e.seed, b)
	for _, s := range e.sums {
		if s == sum {
			return true
		}
	}
	return false
}
