package bridge

import (
	"net/netip"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

const (
	// maxPlaces bounds the LOCATIONs remembered: whoever floods the search
	// with more gets no others described.
	maxPlaces = 256
	// lookAgain and lookAgainMost space the looks at a LOCATION that failed.
	lookAgain     = 5 * time.Second
	lookAgainMost = 10 * time.Minute
	// describeAgain is how old a description may become: not every speaker tells
	// when its name changes.
	describeAgain = 10 * time.Minute
	// forgetAfter is how long a LOCATION that nobody names is remembered.
	forgetAfter = 30 * time.Minute
)

// A place is one LOCATION that an answer to a search or the user named.
type place struct {
	seen      time.Time
	looking   bool
	done      time.Time // when it was described: no further look for a while; zero: not
	bootID    int
	configID  int
	failures  int        // looks in a row
	next      time.Time  // no look before
	udns      []string   // the renderers there
	named     netip.Addr // its host, if the user named it; never forgotten
	leftOut   netip.Addr // its host, if a rule leaves out a renderer there
	household string     // of a Sonos player, as it was told last; empty: not
}

// places are what the manager knows about LOCATIONs. It is used by its loop
// alone.
type places struct {
	all map[string]*place
}

func newPlaces() *places { return &places{all: make(map[string]*place)} }

// visit notes an answer and reports whether its LOCATION is to be looked at:
// a new one, one whose device restarted or says that it changed, or one that
// failed or was described long enough ago.
func (p *places) visit(a ssdp.Answer, now time.Time) bool {
	pl := p.all[a.Location]
	if pl == nil {
		p.forget(now)
		if len(p.all) >= maxPlaces {
			return false
		}
		pl = &place{bootID: a.BootID, configID: a.ConfigID}
		p.all[a.Location] = pl
	}
	pl.seen = now
	if a.Household != "" {
		pl.household = a.Household
	}
	restarted, changed := differs(&pl.bootID, a.BootID), differs(&pl.configID, a.ConfigID)
	if restarted || changed || now.Sub(pl.done) > describeAgain {
		pl.done = time.Time{}
	}
	return pl.claim(now)
}

// differs reports whether a number is another than the one known, and notes it.
// Some devices tell it only when they announce themselves: 0 says nothing.
func differs(known *int, told int) bool {
	if told == 0 || told == *known {
		return false
	}
	*known = told
	return true
}

// claim reports whether a look is due now, and marks it as under way.
func (pl *place) claim(now time.Time) bool {
	if pl.looking || !pl.done.IsZero() || now.Before(pl.next) {
		return false
	}
	pl.looking = true
	return true
}

// again has a LOCATION looked at anew and reports whether a look is due.
func (p *places) again(location string, now time.Time) bool {
	pl := p.all[location]
	if pl == nil {
		pl = &place{seen: now}
		p.all[location] = pl
	}
	pl.done = time.Time{}
	return pl.claim(now)
}

// described notes the outcome of a look.
func (p *places) described(f finding, now time.Time) {
	pl := p.all[f.location]
	if pl == nil {
		return
	}
	pl.looking = false
	if f.err != nil {
		pl.next = now.Add(pl.pause())
		pl.failures++
		return
	}
	pl.done, pl.failures, pl.next = now, 0, time.Time{}
	pl.udns, pl.leftOut = pl.udns[:0], netip.Addr{}
	for _, t := range f.targets {
		pl.udns = append(pl.udns, t.udn)
		if t.skip {
			pl.leftOut = f.from.Unmap()
		}
	}
}

// pause is how long to wait after a look that failed.
func (pl *place) pause() time.Duration {
	longest := lookAgainMost
	if pl.named.IsValid() {
		longest = lookAgainNamed
	}
	return min(lookAgain<<min(pl.failures, 10), longest)
}

// devices are the UDNs of the renderers at a LOCATION.
func (p *places) devices(location string) []string {
	if pl := p.all[location]; pl != nil {
		return pl.udns
	}
	return nil
}

// household is that of a Sonos player at a LOCATION, if it is known.
func (p *places) household(location string) string {
	if pl := p.all[location]; pl != nil {
		return pl.household
	}
	return ""
}

// forget drops what nobody has named for long.
func (p *places) forget(now time.Time) {
	for location, pl := range p.all {
		if !pl.looking && !pl.named.IsValid() && now.Sub(pl.seen) > forgetAfter {
			delete(p.all, location)
		}
	}
}

// recheck lets the next answer have a LOCATION looked at.
func (p *places) recheck(location string) {
	if pl := p.all[location]; pl != nil {
		pl.done = time.Time{}
	}
}
