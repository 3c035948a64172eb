package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// checkInterfaces tells which interfaces are used, and why not the others.
func (x *exam) checkInterfaces(context.Context) Result {
	if x.netFault != nil {
		return Result{Status: Failed, Seen: x.netFault.Error(), Means: "Without the list of interfaces nothing can be found or advertised."}
	}
	var used, left []string
	for _, i := range x.selected {
		used = append(used, describeInterface(i))
	}
	for _, i := range x.all {
		if !x.uses(i) {
			left = append(left, i.Name+" ("+whyLeft(i, x.Interfaces)+")")
		}
	}
	seen := "used: " + orNone(used) + "; left out: " + orNone(left)
	if len(x.selected) == 0 {
		return Result{
			Status: Failed,
			Seen:   seen,
			Means:  "There is no network to find speakers on or to be found on. Breezeway waits until there is one.",
			Do:     x.nameInterface(),
		}
	}
	if missing := x.unmatched(); len(missing) > 0 {
		return Result{
			Status: Warning,
			Seen:   seen,
			Means:  "BREEZEWAY_INTERFACES names what is not there: " + strings.Join(missing, ", "),
			Do:     x.nameInterface(),
		}
	}
	if !x.selected[0].Default {
		return Result{
			Status: Note,
			Seen:   seen,
			Means:  "None of them has the default route. That is right for a network of speakers alone, else the wrong interfaces are used.",
			Do:     x.nameInterface(),
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

func whyLeft(i netif.Interface, wanted []string) string {
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

// uses reports whether i is one of the interfaces that are used.
func (x *exam) uses(i netif.Interface) bool {
	for _, s := range x.selected {
		if s.Index == i.Index {
			return true
		}
	}
	return false
}

// unmatched are the wanted patterns that mean no interface that works.
func (x *exam) unmatched() []string {
	var missing []string
	for _, w := range x.Interfaces {
		if len(netif.Select(x.all, []string{w})) == 0 {
			missing = append(missing, w)
		}
	}
	return missing
}

// nameInterface offers the interfaces that could be named.
func (x *exam) nameInterface() []Step {
	var candidates []string
	for _, i := range x.all {
		if i.Up && !i.Loopback && i.Multicast && len(i.Prefixes) > 0 && safeInterface(i.Name) {
			candidates = append(candidates, "BREEZEWAY_INTERFACES="+i.Name)
		}
	}
	if len(candidates) == 0 {
		return []Step{{Text: "Plug in the cable, or give the interface an address."}}
	}
	return []Step{{
		Text:  "Name the interface that the speakers are on, as one of these:",
		Paste: strings.Join(candidates, "\n"),
	}}
}

func orNone(list []string) string {
	const most = 12
	switch {
	case len(list) == 0:
		return "none"
	case len(list) > most:
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}
