package mdns

import (
	"math/rand/v2"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// A claim is one name that we hold or want to hold: that of a service instance,
// or that of the host.
type claim struct {
	state state
	due   time.Time // of the next tick; zero when none is to come

	label   string
	pub     *Publication // nil for the host
	service Service      // of pub
}

func (c *claim) isHost() bool { return c.pub == nil }

// live reports whether others may be told of the name.
func (c *claim) live() bool {
	return c.state.phase == phaseAnnouncing || c.state.phase == phaseEstablished
}

func (c *claim) name() string {
	if c.isHost() {
		return hostName(c.label)
	}
	return instanceName(c.label, c.service.Type)
}

// step moves a claim and does what the move asks for; what is to be sent is
// gathered in e.batch.
func (e *engine) step(c *claim, ev event, now time.Time) {
	from := c.state
	to, do, when := next(from, ev)
	c.state = to
	if when.set {
		c.due = e.dueAt(when, now)
	}
	if from.phase != to.phase {
		e.forgetZones()
		e.logMove(c, from, ev)
	}
	switch do {
	case actNothing:
		// The move is all
	case actProbe:
		e.batch.probes = append(e.batch.probes, c)
	case actAnnounce:
		e.batch.announcements = append(e.batch.announcements, c)
	case actGoodbye:
		e.batch.goodbyes = append(e.batch.goodbyes, c)
	case actRename:
		e.rename(c, now)
	}
}

func (e *engine) logMove(c *claim, from state, trigger event) {
	e.log.Debug().Str("name", c.label).Stringer("from", from.phase).Stringer("to", c.state.phase).
		Stringer("trigger", trigger).Msg("mDNS name changed state")
}

// dueAt is the time of the next tick. Claims that begin within the same random
// while begin together, so that their probes and announcements share packets.
func (e *engine) dueAt(when timing, now time.Time) time.Time {
	if when.spread == 0 {
		return now.Add(when.least)
	}
	latest := now.Add(when.least + when.spread)
	for _, c := range e.claims() {
		if c.state.phase == phaseWaiting && c.due.After(now) && !c.due.After(latest) {
			return c.due
		}
	}
	return now.Add(when.least + rand.N(when.spread))
}

// rename gives a claim whose name is taken the next one that is not ours either.
func (e *engine) rename(c *claim, now time.Time) {
	old := c.label
	if c.isHost() {
		c.label = nextHost(c.label)
	} else {
		c.label = e.freeLabel(nextInstance(c.label), c.service.Type)
		e.opts.registry.rename(c.pub, c.label)
	}
	e.stats.Renames++
	e.forgetZones()
	e.log.Warn().Str("name", old).Str("now", c.label).Msg("another host has this mDNS name; taking the next")
	if c.isHost() {
		for _, s := range e.services {
			e.step(s, eventChanged, now)
		}
	}
}

// freeLabel is label, or the next one after it that no service of ours has.
func (e *engine) freeLabel(label, serviceType string) string {
	for e.named(instanceName(label, serviceType)) {
		label = nextInstance(label)
	}
	return label
}

// named reports whether a service of ours claims the name.
func (e *engine) named(name string) bool {
	for _, c := range e.services {
		if c.state.phase != phaseLeaving && fold(c.name()) == fold(name) {
			return true
		}
	}
	return false
}

// unique are the records of a claim on one interface that nobody else may have.
func (e *engine) unique(c *claim, i netif.Interface) []record {
	if c.isHost() {
		return addressRecords(c.name(), e.addresses(i))
	}
	return serviceRecords(c.name(), c.service, e.host.name())[1:]
}

// reconcile makes the claims agree with what is published.
func (e *engine) reconcile(now time.Time) {
	if e.leaving {
		return
	}
	orders := make(map[*Publication]order)
	claimed := make(map[*Publication]bool)
	list := e.opts.registry.orders()
	for _, o := range list {
		orders[o.pub] = o
	}
	for _, c := range e.services {
		if c.state.phase == phaseLeaving || c.state.phase == phaseGone {
			continue
		}
		o, wanted := orders[c.pub]
		if !wanted || o.label != c.label { // avahi renames as well, where it announces for us
			e.step(c, eventWithdraw, now)
			continue
		}
		claimed[c.pub] = true
	}
	for _, o := range list {
		if !claimed[o.pub] {
			e.claim(o, now)
		}
	}
}

// claim begins to claim a service's name.
func (e *engine) claim(o order, now time.Time) {
	c := &claim{pub: o.pub, service: o.service}
	c.label = e.freeLabel(o.label, o.service.Type)
	if c.label != o.label {
		e.opts.registry.rename(o.pub, c.label)
	}
	e.services = append(e.services, c)
	e.forgetZones()
	if len(e.lanes) > 0 {
		e.step(c, eventLinked, now)
	}
}
