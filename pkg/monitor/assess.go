package monitor

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/fleet"
)

// A State is the input of an assessment from the one before. The zero value is for the
// first one.
type State struct {
	seen       []Condition // also those that were not seen for long enough to be raised
	interfaces interfaces
	addresses  addresses
	receptions map[string]reception // by UDN of the speaker
	deliveries map[string]delivery  // by UDN of the speaker and of the renderer
}

// Assess finds the conditions in a snapshot of the time now, and adds the findings of
// the doctor. It is pure.
func Assess(previous State, s fleet.Snapshot, findings []Condition, now time.Time) State {
	next := State{
		interfaces: previous.interfaces.update(s.Interfaces, now),
		addresses:  previous.addresses.update(s.Speakers),
		receptions: make(map[string]reception),
		deliveries: make(map[string]delivery),
	}
	seen := append(Missing(s), heldPorts(s)...)
	seen = append(seen, unheard(s.MDNS)...)
	if s.MemoryErr != nil {
		seen = append(seen, stateNotKept(s.MemoryErr))
	}
	seen = append(seen, lostSpeakers(s.Speakers)...)
	seen = append(seen, next.interfaces.conditions(s.Interfaces)...)
	seen = append(seen, next.addresses.conditions(s.Named)...)
	for _, speaker := range s.Speakers {
		r := previous.receptions[speaker.UDN].update(speaker, now)
		next.receptions[speaker.UDN] = r
		seen = append(seen, r.conditions(speaker)...)
		for _, m := range renderersOf(speaker) {
			key := speaker.UDN + " " + m.UDN
			d := previous.deliveries[key].update(m, now)
			next.deliveries[key] = d
			seen = append(seen, d.conditions(m, now)...)
		}
	}
	for _, c := range append(seen, findings...) {
		next.seen = append(next.seen, previous.continued(c, now))
	}
	return next
}

// continued is a condition with the age and the holder that it had before.
func (st State) continued(c Condition, now time.Time) Condition {
	c.Since = now
	for _, before := range st.seen {
		if before.sameAs(c) {
			c.Since, c.Holder = before.Since, before.Holder
		}
	}
	return c
}

// Raised are the conditions that were seen for long enough.
func (st State) Raised(now time.Time) []Condition {
	var raised []Condition
	for _, c := range st.seen {
		if c.Age(now) >= classes[c.Code].settle {
			raised = append(raised, c)
		}
	}
	return raised
}

// keepHolder stores the holder of a port that was found.
func (st State) keepHolder(c Condition) {
	for i := range st.seen {
		if st.seen[i].sameAs(c) {
			st.seen[i].Holder = c.Holder
		}
	}
}
