package doctor

import (
	"context"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// check reports which interfaces are used, and why the others are not.
func (n *network) check(context.Context) Result {
	if n.fault != nil {
		return Result{Status: Failed, Seen: n.fault.Error(), Means: "Without the list of interfaces no speaker can be found or announced."}
	}
	var used, left []string
	for _, i := range n.selected {
		used = append(used, describeInterface(i))
	}
	for _, i := range n.all {
		if !n.uses(i) {
			left = append(left, i.Name+" ("+whyUnused(i, n.wanted)+")")
		}
	}
	seen := "used: " + orNone(used) + "; left out: " + orNone(left)
	if len(n.selected) == 0 {
		return Result{
			Status: Failed,
			Seen:   seen,
			Means:  "There is no network on which speakers can be found or announced. Breezeway waits until there is one.",
			Do:     n.nameSteps(),
		}
	}
	if missing := n.unmatched(); len(missing) > 0 {
		return Result{
			Status: Warning,
			Seen:   seen,
			Means:  "BREEZEWAY_INTERFACES names interfaces that do not exist: " + strings.Join(missing, ", "),
			Do:     n.nameSteps(),
		}
	}
	if !n.selected[0].Default {
		return Result{
			Status: Note,
			Seen:   seen,
			Means:  "None of them has the default route. That is right for a separate network of speakers; otherwise the wrong interfaces are used.",
			Do:     n.nameSteps(),
		}
	}
	return fine(seen)
}

func describeInterface(i netif.Interface) string {
	var about []string
	if i.Default {
		about = append(about, "the default route")
	}
	for _, p := range i.Prefixes {
		about = append(about, p.String())
	}
	return i.Name + " (" + strings.Join(about, ", ") + ")"
}

func whyUnused(i netif.Interface, wanted []string) string {
	switch {
	case !i.Up:
		return "down, or no cable"
	case len(i.Prefixes) == 0:
		return "no address"
	case len(wanted) > 0:
		return "not in BREEZEWAY_INTERFACES"
	case i.Loopback:
		return "loopback"
	case !i.Multicast:
		return "no multicast"
	}
	return "a virtual one by its name"
}
