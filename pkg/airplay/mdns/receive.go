package mdns

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"github.com/breezeway-audio/breezeway/pkg/multicast"
)

const (
	// A query that is marked as truncated is answered after this while, since the
	// rest of the known answers follows (RFC 6762 section 7.2).
	heldLeast = 400 * time.Millisecond
	heldMost  = 500 * time.Millisecond

	// maxHeld bounds the queries that wait so; more are answered at once.
	maxHeld = 32

	// malformedLogInterval is the least time between two lines about packets that
	// could not be read.
	malformedLogInterval = time.Minute
)

// A heldQuery is the answer to a truncated query, which shrinks with each known
// answer that follows from the same asker.
type heldQuery struct {
	lane    laneKey
	from    netip.AddrPort
	records []record
	due     time.Time
}

// receive looks at one packet. Packets from interfaces that we do not work on,
// and unicast from beyond the link (RFC 6762 section 11), are not for us.
func (e *engine) receive(p multicast.Packet, now time.Time) {
	l := e.lanes[laneKey{index: p.Index, family: p.Family()}]
	if l == nil || e.echoes.has(p.Data) {
		return
	}
	if !p.To.IsMulticast() && !l.iface.OnLink(p.From.Addr()) {
		return
	}
	e.stats.Received++
	var m dns.Msg
	if err := m.Unpack(p.Data); err != nil {
		e.malformed(p, err, now)
		return
	}
	switch {
	case m.Opcode != dns.OpcodeQuery || m.Rcode != dns.RcodeSuccess:
		// To be ignored (RFC 6762 sections 18.3 and 18.11)
	case !m.Response:
		e.asked(l, p.From, &m, now)
	case p.From.Port() == e.opts.Port && l.iface.OnLink(p.From.Addr()):
		e.heard(l, &m, now)
	}
}

func (e *engine) malformed(p multicast.Packet, err error, now time.Time) {
	e.stats.Malformed++
	if now.Sub(e.malformedLogged) < malformedLogInterval {
		return
	}
	e.malformedLogged = now
	e.log.Warn().Err(err).Stringer("from", p.From).Uint64("total", e.stats.Malformed).
		Msg("mDNS packet could not be read")
}

// asked answers a query.
func (e *engine) asked(l *lane, from netip.AddrPort, query *dns.Msg, now time.Time) {
	e.compareProbes(l, query, now)
	z := e.zoneOn(l.iface)
	if from.Port() != e.opts.Port {
		if a := z.respond(query, true); len(a.toAsker) > 0 && l.iface.OnLink(from.Addr()) {
			e.unicast(l, from, legacyResponse(query), legacyBundles(z, a.toAsker), legacyForm)
		}
		return
	}
	e.knownFollow(l, from, query)
	a := z.respond(query, false)
	toAll := a.toAll
	if l.iface.Has(from.Addr()) || !l.iface.OnLink(from.Addr()) {
		// Another program on this machine shares the port: unicast might go to
		// any of us. And nobody beyond the link is written to.
		toAll, a.toAsker = union(toAll, a.toAsker), nil
	}
	if len(a.toAsker) > 0 {
		e.unicast(l, from, response(), answerBundles(z, a.toAsker), fullForm)
		toAll = union(toAll, l.box.stale(a.toAsker, now))
	}
	if len(toAll) > 0 {
		e.schedule(l, from, query, toAll, now)
	}
}

// schedule lets answers wait as RFC 6762 section 6 asks: a random while where
// others may answer, too, and longer where more known answers follow; a probe is
// answered at once.
func (e *engine) schedule(l *lane, from netip.AddrPort, query *dns.Msg, records []record, now time.Time) {
	switch probe := len(query.Ns) > 0; {
	case probe:
		l.box.add(records, now, defenceGap)
	case query.Truncated && len(e.held) < maxHeld:
		due := now.Add(heldLeast + rand.N(heldMost-heldLeast))
		e.held = append(e.held, heldQuery{lane: l.laneKey, from: from, records: records, due: due})
	case anyShared(records):
		l.box.add(records, now.Add(sharedDelayLeast+rand.N(sharedDelayMost-sharedDelayLeast)), recordGap)
	default:
		l.box.add(records, now, recordGap)
	}
}

// knownFollow takes the known answers of a packet off the answers that its
// sender waits for.
func (e *engine) knownFollow(l *lane, from netip.AddrPort, query *dns.Msg) {
	if len(e.held) == 0 || len(query.Answer) == 0 {
		return
	}
	known := knownAnswers(query.Answer)
	for i := range e.held {
		if h := &e.held[i]; h.from == from && h.lane == l.laneKey {
			h.records = known.remove(h.records)
		}
	}
}

// releaseHeld hands the answers that have waited long enough to their lanes.
func (e *engine) releaseHeld(now time.Time) {
	var waiting []heldQuery
	for _, h := range e.held {
		if h.due.After(now) {
			waiting = append(waiting, h)
			continue
		}
		l := e.lanes[h.lane]
		l.box.add(e.zoneOn(l.iface).current(h.records), now, recordGap)
	}
	e.held = waiting
}

// compareProbes settles with a host that probes for a name while we do.
func (e *engine) compareProbes(l *lane, query *dns.Msg, now time.Time) {
	proposed := make(map[*claim][]dns.RR)
	for _, rr := range query.Ns {
		c := e.claimOf(fold(rr.Header().Name))
		if c != nil && c.state.phase == phaseProbing {
			proposed[c] = append(proposed[c], rr)
		}
	}
	for c, theirs := range proposed {
		if outranks(theirs, e.unique(c, l.iface)) {
			e.step(c, eventOutranked, now)
		}
	}
}

// heard looks at what another responder says: whether it denies a name of ours,
// and whether it lets a record of ours run out.
func (e *engine) heard(l *lane, m *dns.Msg, now time.Time) {
	z := e.zoneOn(l.iface)
	rivalled := make(map[*claim]bool)
	var rescued []record
	for _, rrs := range [][]dns.RR{m.Answer, m.Ns, m.Extra} {
		for _, rr := range rrs {
			c := e.claimOf(fold(rr.Header().Name))
			if c != nil && !rivalled[c] && e.rivals(c, l, rr) {
				rivalled[c] = true
			}
			if r, ok := z.find(rr); ok && rr.Header().Ttl < r.rr.Header().Ttl/2 {
				rescued = append(rescued, r)
			}
		}
	}
	l.box.add(rescued, now.Add(sharedDelayLeast+rand.N(sharedDelayMost-sharedDelayLeast)), recordGap)
	for c := range rivalled {
		e.step(c, eventRival, now)
	}
}

// rivals reports whether rr denies a claim. An address that is ours on any
// interface does not: two interfaces may be on one network.
func (e *engine) rivals(c *claim, l *lane, rr dns.RR) bool {
	if c.isHost() && e.ours(rr) {
		return false
	}
	return contradicts(e.unique(c, l.iface), rr)
}

func (e *engine) ours(rr dns.RR) bool {
	var addr netip.Addr
	switch rr := rr.(type) {
	case *dns.A:
		addr, _ = netip.AddrFromSlice(rr.A)
	case *dns.AAAA:
		addr, _ = netip.AddrFromSlice(rr.AAAA)
	}
	for _, i := range e.interfaces {
		if addr.IsValid() && i.Has(addr) {
			return true
		}
	}
	return false
}
