package monitor

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
)

const (
	// starvedAfter is how long a speaker that plays may leave its stream alone.
	// Some take ten seconds before they fetch it, and those with a large buffer
	// as long between two readings.
	starvedAfter = 20 * time.Second

	// In each window of a session not more than lossLimit may be missing.
	lossWindow = 10 * time.Second
	lossLimit  = time.Second

	// An interface that stays away for so long was taken out for good.
	interfaceForgotten = 24 * time.Hour
)

// A State is what an assessment leaves for the next. The zero value is that
// before the first.
type State struct {
	seen       []Condition // with those that were not seen for long enough yet
	interfaces interfaces
	streams    map[string]progress // by UDN of the speaker
	addresses  addresses
}

// addresses holds where each speaker was last, by its UDN.
type addresses map[string]netip.Addr

// interfaces holds when each was there last, by name.
type interfaces map[string]time.Time

func (i interfaces) names() []string { return slices.Sorted(maps.Keys(i)) }

// progress is how far a speaker's stream has come.
type progress struct {
	read  int64     // bytes that it fetched
	moved time.Time // when that last grew, or the stream was opened

	missing    uint64    // frames that did not come, at the window's beginning
	windowFrom time.Time // zero: there is no session
	lossy      bool      // the last whole window was
}

// Assess judges a snapshot that was taken at now, beside what others found. It is
// pure.
func Assess(previous State, s bridge.Snapshot, findings []Condition, now time.Time) State {
	next := State{
		interfaces: make(interfaces),
		streams:    make(map[string]progress),
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
		p := previous.streams[speaker.UDN].follow(speaker, now)
		next.streams[speaker.UDN] = p
		seen = append(seen, p.conditions(speaker, now)...)
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

// follow takes up what a speaker's counters say now.
func (p progress) follow(s bridge.Speaker, now time.Time) progress {
	if !s.Playing() {
		return progress{}
	}
	if s.Stream.BytesRead != p.read || p.moved.Before(s.Stream.Opened) {
		p.read, p.moved = s.Stream.BytesRead, now
	}
	missing := s.Jitter.ConcealedFrames + s.Jitter.StarvedFrames
	switch {
	case p.windowFrom.IsZero() || missing < p.missing:
		p.missing, p.windowFrom, p.lossy = missing, now, false
	case now.Sub(p.windowFrom) >= lossWindow:
		p.lossy = audio.CD.Duration(int64(missing-p.missing)) > lossLimit
		p.missing, p.windowFrom = missing, now
	}
	return p
}

func (p progress) conditions(s bridge.Speaker, now time.Time) []Condition {
	var seen []Condition
	if !p.moved.IsZero() && now.Sub(p.moved) >= starvedAfter {
		seen = append(seen, Condition{
			Kind: KindStreamStarved, Subject: s.Name,
			Seen: "the speaker plays, but does not fetch its stream",
			Do:   "Let the speaker reach the HTTP port through the firewall (`breezeway ports` has the lines)",
		})
	}
	if p.lossy {
		seen = append(seen, Condition{
			Kind: KindSoundLost, Subject: s.Name,
			Seen: "more than a tenth of the sound does not arrive from the sender",
			Do:   "Bring the sender nearer to its access point, or raise BREEZEWAY_LATENCY",
		})
	}
	return seen
}
