package fleet

import (
	"fmt"
	"net/netip"
	neturl "net/url"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

const (
	// maxLocations bounds the LOCATIONs that are remembered: whoever floods the search
	// with more gets no others described.
	maxLocations = 256
	// lookAgain and lookAgainMost space the looks at a LOCATION that failed.
	lookAgain     = 5 * time.Second
	lookAgainMost = 10 * time.Minute
	// describeAgain is how old a description may become: not every speaker says
	// when its name changes.
	describeAgain = 10 * time.Minute
	// lookAgainNamed is the same for a description that the user named: its speaker
	// was perhaps switched on just now, and nothing else says so.
	lookAgainNamed = time.Minute
	// forgetAfter is how long a LOCATION that no answer names is remembered.
	forgetAfter = 30 * time.Minute
)

// A location is one LOCATION that an answer to a search, or the user, named.
type location struct {
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
	household string     // of a Sonos player, as it was named last; empty: not
}

// locations are what is known about LOCATIONs: which are to be looked at, and when.
// The manager's loop alone uses it.
type locations struct {
	all map[string]*location // by URL
}

func newLocations() *locations { return &locations{all: make(map[string]*location)} }

// visit notes an answer and reports whether its LOCATION is to be looked at:
// a new one, one whose device restarted or says that it changed, or one that
// failed or was described long enough ago.
func (k *locations) visit(a ssdp.Answer, now time.Time) bool {
	l := k.all[a.Location]
	if l == nil {
		k.forget(now)
		if len(k.all) >= maxLocations {
			return false
		}
		l = &location{bootID: a.BootID, configID: a.ConfigID}
		k.all[a.Location] = l
	}
	l.seen = now
	if a.Household != "" {
		l.household = a.Household
	}
	restarted, changed := differs(&l.bootID, a.BootID), differs(&l.configID, a.ConfigID)
	if restarted || changed || now.Sub(l.done) > describeAgain {
		l.done = time.Time{}
	}
	return l.claim(now)
}

// differs reports whether a number is another than the one known, and notes it. Some
// devices give it only when they announce themselves: 0 says nothing.
func differs(known *int, given int) bool {
	if given == 0 || given == *known {
		return false
	}
	*known = given
	return true
}

// claim reports whether a look is due now, and marks it as under way.
func (l *location) claim(now time.Time) bool {
	if l.looking || !l.done.IsZero() || now.Before(l.next) {
		return false
	}
	l.looking = true
	return true
}

// again has a LOCATION looked at anew and reports whether a look is due.
func (k *locations) again(url string, now time.Time) bool {
	l := k.all[url]
	if l == nil {
		l = &location{seen: now}
		k.all[url] = l
	}
	l.done = time.Time{}
	return l.claim(now)
}

// described notes the outcome of a look.
func (k *locations) described(f finding, now time.Time) {
	l := k.all[f.location]
	if l == nil {
		return
	}
	l.looking = false
	if f.err != nil {
		l.next = now.Add(l.pause())
		l.failures++
		return
	}
	l.done, l.failures, l.next = now, 0, time.Time{}
	l.udns, l.leftOut = l.udns[:0], netip.Addr{}
	for _, one := range f.found {
		l.udns = append(l.udns, one.UDN)
		if one.skip {
			l.leftOut = f.from.Unmap()
		}
	}
}

// pause is how long to wait after a look that failed.
func (l *location) pause() time.Duration {
	longest := lookAgainMost
	if l.named.IsValid() {
		longest = lookAgainNamed
	}
	return min(lookAgain<<min(l.failures, 10), longest)
}

// devices are the UDNs of the renderers at a LOCATION.
func (k *locations) devices(url string) []string {
	if l := k.all[url]; l != nil {
		return l.udns
	}
	return nil
}

// household is that of a Sonos player at a LOCATION, if it is known.
func (k *locations) household(url string) string {
	if l := k.all[url]; l != nil {
		return l.household
	}
	return ""
}

// forget drops what nobody has named for long.
func (k *locations) forget(now time.Time) {
	for url, l := range k.all {
		if !l.looking && !l.named.IsValid() && now.Sub(l.seen) > forgetAfter {
			delete(k.all, url)
		}
	}
}

// recheck lets the next answer have a LOCATION looked at.
func (k *locations) recheck(url string) {
	if l := k.all[url]; l != nil {
		l.done = time.Time{}
	}
}

// name adds a LOCATION that is looked at though no answer brings it, for ever.
func (k *locations) name(url string) error {
	u, err := neturl.Parse(url)
	if err != nil {
		return fmt.Errorf("fleet: named description: %w", err)
	}
	host, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return fmt.Errorf("fleet: named description: %w", err)
	}
	k.all[url] = &location{named: host.Unmap()}
	return nil
}

func (k *locations) isNamed(url string) bool {
	l := k.all[url]
	return l != nil && l.named.IsValid()
}

// due claims the named LOCATIONs that are to be looked at now, with their hosts.
func (k *locations) due(now time.Time) map[string]netip.Addr {
	due := make(map[string]netip.Addr)
	for url, l := range k.all {
		if l.named.IsValid() && l.claim(now) {
			due[url] = l.named
		}
	}
	return due
}

// failedFirst reports whether a look at a named LOCATION has failed that did not
// fail before: once for a row of failures.
func (k *locations) failedFirst(url string) bool {
	return k.isNamed(url) && k.all[url].failures == 1
}

// leftOutHosts are the hosts of renderers that a rule leaves out.
func (k *locations) leftOutHosts() []netip.Addr {
	var hosts []netip.Addr
	for _, l := range k.all {
		if l.leftOut.IsValid() {
			hosts = append(hosts, l.leftOut)
		}
	}
	return hosts
}
