package mdns

import (
	"net/netip"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/mdns/query"
	"github.com/breezeway-audio/breezeway/pkg/multicast"
	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// A laneKey names one interface in one address family.
type laneKey struct {
	index  int
	family multicast.Family
}

// A lane is the way to the senders behind one interface, in one address family.
type lane struct {
	laneKey
	iface  netif.Interface
	conn   conn
	source netip.Addr // to send from; not valid: the kernel picks
	box    outbox
	broken bool // the last packet could not be sent
}

// openPorts tries to get the ports that are due.
func (e *engine) openPorts(now time.Time) {
	opened := false
	for _, p := range e.ports {
		if p.due.After(now) || e.leaving {
			continue
		}
		if p.open(e.opts.listen, e.opts.listenRaw, now, e.log) {
			opened = true
			c := p.conn
			e.readers.Go(func() error { return e.read(c) })
		}
	}
	if opened {
		e.relink(now)
	}
}

// retryPorts makes the ports that are not ours due: much may be new along with
// the interfaces.
func (e *engine) retryPorts() {
	for _, p := range e.ports {
		p.due = time.Time{}
	}
}

// yield leaves a port that avahi gave up a moment ago to avahi, which may come
// back: it could not start beside us.
func (e *engine) yield(now time.Time) {
	for _, p := range e.ports {
		if p.state == PortHeld {
			p.due = now.Add(e.opts.waits.avahiGrace)
		}
	}
}

// read passes packets on until the socket fails, which it tells, or the engine
// ends.
func (e *engine) read(c conn) error {
	buf := make([]byte, query.MaxPacketBytes)
	for {
		p, err := c.Read(buf)
		if err != nil {
			select {
			case e.faultC <- fault{conn: c, err: err}:
			case <-e.doneC:
			}
			return nil
		}
		p.Data = slices.Clone(p.Data)
		select {
		case e.packetC <- p:
		case <-e.doneC:
			return nil
		}
	}
}

// lost closes a socket whose reader gave up; it is opened anew a little later.
func (e *engine) lost(f fault, now time.Time) {
	for _, p := range e.ports {
		if p.conn != f.conn {
			continue
		}
		e.log.Warn().Err(f.err).Stringer("family", p.family).Dur("retry", e.opts.waits.readRetry).Msg("mDNS socket failed")
		if err := p.close(now, e.opts.waits.readRetry); err != nil {
			e.log.Debug().Err(err).Msg("close failed mDNS socket")
		}
		e.relink(now)
	}
}

// relink works on the interfaces that there are now: it joins the groups anew,
// since a switch may have forgotten us, and announces anew.
func (e *engine) relink(now time.Time) {
	e.interfaces = e.opts.Interfaces()
	lanes := make(map[laneKey]*lane)
	for _, p := range e.ports {
		if p.conn != nil {
			e.join(p, lanes)
		}
	}
	e.lanes = lanes
	e.held = slices.DeleteFunc(e.held, func(h heldQuery) bool { return lanes[h.lane] == nil })
	e.forgetZones()
	e.opts.relinked()
	if len(lanes) == 0 {
		return
	}
	for _, c := range e.claims() {
		e.step(c, eventLinked, now)
	}
}

// join makes a port hear all interfaces that have an address of its family, and
// no others, and adds their lanes. A lane that existed keeps its memory.
func (e *engine) join(p *port, lanes map[laneKey]*lane) {
	wanted := make(map[int]bool)
	for _, i := range e.interfaces {
		source, ok := sourceOn(i, p.family)
		if !ok {
			continue
		}
		_ = p.conn.Leave(i.Index) // fails where it was no member
		if err := p.conn.Join(i.Index); err != nil {
			e.log.Warn().Err(err).Str("interface", i.Name).Stringer("family", p.family).
				Msg("cannot join the mDNS group: speakers are not shown there (the kernel allows 20 interfaces: sysctl net.ipv4.igmp_max_memberships)")
			continue
		}
		wanted[i.Index] = true
		key := laneKey{index: i.Index, family: p.family}
		l := e.lanes[key]
		if l == nil {
			l = &lane{laneKey: key}
		}
		l.iface, l.conn, l.source = i, p.conn, source
		lanes[key] = l
	}
	for index := range p.joined {
		if !wanted[index] {
			_ = p.conn.Leave(index) // the interface may be gone, and the membership with it
		}
	}
	p.joined = wanted
}

// addresses are those that senders behind an interface are told: IPv6 ones only
// while IPv6 works there.
func (e *engine) addresses(i netif.Interface) []netip.Addr {
	l := e.lanes[laneKey{index: i.Index, family: multicast.IPv6}]
	withIPv6 := l != nil && !l.broken
	var list []netip.Addr
	for _, p := range i.Prefixes {
		if p.Addr().Is4() || withIPv6 {
			list = append(list, p.Addr())
		}
	}
	return list
}

// zoneOn is all that may be said on an interface now.
func (e *engine) zoneOn(i netif.Interface) *zone {
	if z := e.zones[i.Index]; z != nil {
		return z
	}
	z := newZone()
	for _, c := range e.services {
		if c.live() {
			z.add(serviceRecords(c.name(), c.service, e.host.name())...)
			z.add(directoryRecord(c.service.Type), instanceAbsence(c.name()))
		}
	}
	if e.host.live() {
		addresses := addressRecords(e.host.name(), e.addresses(i))
		z.add(addresses...)
		z.add(hostAbsence(e.host.name(), addresses)...)
	}
	if e.zones == nil {
		e.zones = make(map[int]*zone)
	}
	e.zones[i.Index] = z
	for _, f := range []multicast.Family{multicast.IPv4, multicast.IPv6} {
		if l := e.lanes[laneKey{index: i.Index, family: f}]; l != nil {
			l.box.keep(z)
		}
	}
	return z
}

// forgetZones lets zones and names be made anew, after any change of claims or
// interfaces.
func (e *engine) forgetZones() {
	e.zones, e.names = nil, nil
}

// claimOf is the claim to a folded name, nil when it is not one of ours.
func (e *engine) claimOf(name string) *claim {
	if e.names == nil {
		e.names = make(map[string]*claim)
		for _, c := range e.claims() {
			if c.state.phase != phaseLeaving && c.state.phase != phaseGone {
				e.names[fold(c.name())] = c
			}
		}
	}
	return e.names[name]
}
