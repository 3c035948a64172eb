package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// ourselves asks a Breezeway that runs on this host, if this is not it.
func (x *exam) ourselves() []Check {
	if x.Running == nil {
		return nil
	}
	return []Check{{Name: "Breezeway itself", Run: x.checkRunning, Watched: true}}
}

// checkRunning tells what the bridge says of itself: it knows best.
func (x *exam) checkRunning(ctx context.Context) Result {
	r, ok := x.running(ctx)
	if !ok {
		return skip("none runs here: this report tells what one would meet")
	}
	seen := fmt.Sprintf("it runs, its page is on port %d; speakers offered: %d; 5353/UDP is %s", r.Port, r.Speakers, r.MDNS)
	switch {
	case len(r.Missing) > 0:
		return Result{
			Status: Failed,
			Seen:   seen + "; " + strings.Join(r.Missing, "; "),
			Means:  "Nothing can be played until this is mended.",
			Do:     []Step{{Text: "See the checks below, and the page."}},
		}
	case len(r.Wrong) > 0:
		return Result{
			Status: Warning,
			Seen:   seen + "; " + strings.Join(r.Wrong, "; "),
			Means:  "It works but for this.",
			Do:     []Step{{Text: "See the page, which says what to do about each."}},
		}
	}
	return fine(seen)
}

// askRunning makes a function that asks the first time that somebody wants to know.
func (x *exam) askRunning() func(context.Context) (Running, bool) {
	var once sync.Once
	var r Running
	var ok bool
	return func(ctx context.Context) (Running, bool) {
		once.Do(func() {
			if x.Running != nil {
				r, ok = x.Running(ctx)
			}
		})
		return r, ok
	}
}

// askHearings makes a function that listens the first time that somebody wants to
// know.
func (x *exam) askHearings() func(context.Context) []Hearing {
	var once sync.Once
	var hearings []Hearing
	return func(ctx context.Context) []Hearing {
		once.Do(func() {
			if x.SelfQuery != nil {
				hearings = x.SelfQuery(ctx)
			}
		})
		return hearings
	}
}

// An audience is who hears our mDNS answers over one address family.
type audience uint8

const (
	audienceUnknown audience = iota // nothing was asked for
	audienceNone
	audienceAny // on one interface at least
)

// heardOver tells whether our answers are heard over an address family.
func heardOver(hearings []Hearing, ipv6 bool) audience {
	a := audienceUnknown
	for _, h := range hearings {
		switch {
		case h.IPv6 != ipv6:
		case h.Err == nil:
			return audienceAny
		default:
			a = audienceNone
		}
	}
	return a
}

// leavesOut reports whether the renderers of a host are not offered on purpose.
func (x *exam) leavesOut(ctx context.Context, addr netip.Addr) bool {
	r, _ := x.running(ctx)
	return x.LeftOut != nil && x.LeftOut(addr) || slices.Contains(r.LeftOut, addr.Unmap())
}
