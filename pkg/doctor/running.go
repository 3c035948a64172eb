package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// A runningInstance is the daemon that runs on this host, if any. It is asked once.
type runningInstance struct {
	ask     func(context.Context) (Running, bool) // nil: this is it
	leftOut func(netip.Addr) bool                 // what this process leaves out; may be nil

	once   sync.Once // guards the setting of below
	report Running
	found  bool
}

// get is what the instance reports of itself; the first call asks it.
func (n *runningInstance) get(ctx context.Context) (Running, bool) {
	n.once.Do(func() {
		if n.ask != nil {
			n.report, n.found = n.ask(ctx)
		}
	})
	return n.report, n.found
}

// check passes on what the daemon reports of itself: it knows best.
func (n *runningInstance) check(ctx context.Context) Result {
	r, ok := n.get(ctx)
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

// leavesOut reports whether the renderers of a host are not offered on purpose.
func (n *runningInstance) leavesOut(ctx context.Context, addr netip.Addr) bool {
	r, _ := n.get(ctx)
	return n.leftOut != nil && n.leftOut(addr) || slices.Contains(r.LeftOut, addr.Unmap())
}
