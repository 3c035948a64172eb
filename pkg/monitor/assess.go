package monitor

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
)

// interfaceForgotten is how long an interface may stay away: then it was taken out
// for good.
const interfaceForgotten = 24 * time.Hour

// A State is what an assessment leaves for the next. The zero value is that
// before the first.
type State struct {
	seen       []Condition // with those that were not seen for long enough yet
	interfaces interfaces
	sounds     map[string]sound  // by UDN of the speaker
	outlets    map[string]outlet // by UDN of the speaker and the renderer
	addresses  addresses
}

// addresses holds where each speaker was last, by its UDN.
type addresses map[string]netip.Addr

// interfaces holds when each was there last, by name.
type interfaces map[string]time.Time

func (i interfaces) names() []string { return slices.Sorted(maps.Keys(i)) }

// Assess judges a snapshot that was taken at now, beside what others found. It is
// pure.
func Assess(previous State, s bridge.Snapshot, findings []Condition, now time.Time) State {
	next := State{
		interfaces: make(interfaces),
		sounds:     make(map[string]sound),
		outlets:    make(map[string]outlet),
		addresses:  previous.addresses.follow(s),
	}
	for name, last := range previous.interfaces {
		if now.Sub(last) < interfaceForgotten {
			next.interfaces[name] = last
		}
	}
	for _, name := range s.Interfaces {
		next.interfaces[name] = now
	}
	seen := append(look(s), lost(next.interfaces, s)...)
	seen = append(seen, next.addresses.silent(s.Named)...)
	for _, speaker := range s.Speakers {
		sound := previous.sounds[speaker.UDN].follow(speaker, now)
		next.sounds[speaker.UDN] = sound
		seen = append(seen, sound.conditions(speaker)...)
		for _, m := range renderers(speaker) {
			key := speaker.UDN + " " + m.UDN
			o := previous.outlets[key].follow(m, now)
			next.outlets[key] = o
			seen = append(seen, o.conditions(m, now)...)
		}
	}
	for _, c := range append(seen, findings...) {
		next.seen = append(next.seen, previous.carry(c, now))
	}
	return next
}

// carry gives a condition the age and the holder that are known of it.
func (st State) carry(c Condition, now time.Time) Condition {
	c.Since = now
	for _, before := range st.seen {
		if before.is(c) {
			c.Since, c.Holder = before.Since, before.Holder
		}
	}
	return c
}

// Raised are the conditions that were seen for long enough.
func (st State) Raised(now time.Time) []Condition {
	var raised []Condition
	for _, c := range st.seen {
		if c.Age(now) >= c.Kind.patience() {
			raised = append(raised, c)
		}
	}
	return raised
}

// follow takes up where the speakers are now; one that is away was last where it
// was.
func (a addresses) follow(s bridge.Snapshot) addresses {
	next := make(addresses)
	for _, speaker := range s.Speakers {
		next[speaker.UDN] = a[speaker.UDN]
		if addr, err := netip.ParseAddr(speaker.Address); err == nil {
			next[speaker.UDN] = addr.Unmap()
		}
	}
	return next
}

// silent tells which named speakers are not among those listed.
func (a addresses) silent(named []netip.Addr) []Condition {
	var conditions []Condition
	listed := slices.Collect(maps.Values(a))
	for _, addr := range named {
		if slices.Contains(listed, addr.Unmap()) {
			continue
		}
		conditions = append(conditions, Condition{
			Kind:    KindNamedSilent,
			Subject: addr.String(),
			Seen:    "no speaker is offered from this address of BREEZEWAY_DEVICES",
			Do:      "Switch the speaker on and compare its address with the router's list; one that answers no search can be named by the URL of its description; one that speaks AirPlay itself is left out unless BREEZEWAY_SKIP_NATIVE=off",
		})
	}
	return conditions
}
