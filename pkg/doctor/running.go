package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// A runningInstance is the daemon that runs on this host, if any. Its status is
// requested once.
type runningInstance struct {
	ask     func(context.Context) (Running, bool) // nil: this process is the daemon
	leftOut func(netip.Addr) bool                 // hosts that this process does not offer; may be nil

	once   sync.Once // sets what follows
	report Running
	found  bool
}

// get is what the instance reports about itself; the first call requests it.
func (n *runningInstance) get(ctx context.Context) (Running, bool) {
	n.once.Do(func() {
		if n.ask != nil {
			n.report, n.found = n.ask(ctx)
		}
	})
	return n.report, n.found
}

// check is what the daemon reports about itself.
func (n *runningInstance) check(ctx context.Context) Result {
	r, ok := n.get(ctx)
	if !ok {
		return skip("none runs here: this report shows what one would find")
	}
	seen := fmt.Sprintf("it runs, its page is on port %d; speakers offered: %d; 5353/UDP is %s", r.Port, r.Speakers, r.MDNS)
	switch {
	case len(r.Missing) > 0:
		return Result{
			Status: Failed,
			Seen:   seen + "; " + strings.Join(r.Missing, "; "),
			Means:  "Nothing can be played until this is fixed.",
			Do:     []Step{{Text: "See the checks below, and the status page."}},
		}
	case len(r.Wrong) > 0:
		return Result{
			Status: Warning,
			Seen:   seen + "; " + strings.Join(r.Wrong, "; "),
			Means:  "Everything else works.",
			Do:     []Step{{Text: "See the status page, which shows what to do about each."}},
		}
	}
	return fine(seen)
}

// leavesOut reports whether the renderers of a host are deliberately not offered.
func (n *runningInstance) leavesOut(ctx context.Context, addr netip.Addr) bool {
	r, _ := n.get(ctx)
	return n.leftOut != nil && n.leftOut(addr) || slices.Contains(r.LeftOut, addr.Unmap())
}
