package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
)

// maxRenderers is how many speakers are checked.
const maxRenderers = 32

// speakers finds the speakers and checks each.
type speakers struct {
	find  func(context.Context) ([]Renderer, error) // nil: not possible
	named []Named
	scan  *secondScan
	way   *speakerWay
}

// branch has the checks of all speakers.
func (s *speakers) branch() Check {
	var found []Renderer
	var missing []Named
	return Check{
		Name: "speakers",
		Run: func(ctx context.Context) (r Result) {
			found, r = s.check(ctx)
			found, missing = s.withNamed(found)
			return r
		},
		Then: func() []Check {
			checks := []Check{{
				Name: "who answers M-SEARCH",
				Run:  func(ctx context.Context) Result { return s.scan.check(ctx, found) },
			}}
			for _, r := range found[:min(len(found), maxRenderers)] {
				checks = append(checks, (&speakerExam{speakerWay: s.way, Renderer: r}).branch())
			}
			for _, n := range missing[:min(len(missing), maxRenderers)] {
				checks = append(checks, s.missing(n))
			}
			return checks
		},
	}
}

// withNamed adds to the renderers found those that are named by URL; missing are
// those named by address that were not found.
func (s *speakers) withNamed(found []Renderer) (all []Renderer, missing []Named) {
	for _, n := range s.named {
		isFound := slices.ContainsFunc(found, func(r Renderer) bool { return r.Addr.Unmap() == n.Addr.Unmap() })
		switch {
		case isFound:
			// It is checked as it was found
		case n.Location != "":
			found = append(found, Renderer{Name: "named by URL", Location: n.Location, Addr: n.Addr})
		default:
			missing = append(missing, n)
		}
	}
	return found, missing
}

// missing warns about a speaker that the user named and that does not answer.
func (s *speakers) missing(n Named) Check {
	return Check{Name: "named in BREEZEWAY_DEVICES: " + n.Addr.String(), Watched: true, Run: func(context.Context) Result {
		way := "there is no way to it from here"
		if source, err := s.way.source(n.Addr); err == nil {
			way = "asked from our " + source.String()
		}
		return Result{
			Status: Warning,
			Seen:   "no speaker is found there; " + way,
			Means:  "The named speaker does not answer: it is off, has another address now, or a firewall blocks it. Some speakers do not answer unicast searches. One that supports AirPlay itself is deliberately not offered.",
			Do: []Step{
				{Text: "Switch the speaker on, and compare its address with the router's list."},
				{Text: "If it is on, name it by the URL of its description, which needs no search:", Paste: "BREEZEWAY_DEVICES=http://" + netip.AddrPortFrom(n.Addr, 49152).String() + "/description.xml"},
			},
		}
	}}
}

// check finds the speakers.
func (s *speakers) check(ctx context.Context) ([]Renderer, Result) {
	if s.find == nil {
		return nil, skip("a search is not possible here")
	}
	found, err := s.find(ctx)
	switch {
	case err != nil:
		return nil, Result{Status: Failed, Seen: err.Error(), Means: "The search for speakers does not work."}
	case len(found) == 0:
		return nil, Result{
			Status: Warning,
			Seen:   "none found",
			Means:  "No speaker answers. They are off, in another network, or multicast does not reach them.",
			Do: []Step{
				{Text: "Switch a speaker on and run the doctor again; the checks below show which devices answer at all."},
				{Text: "A speaker in another network or behind difficult Wi-Fi can be named:", Paste: "BREEZEWAY_DEVICES=192.0.2.10"},
			},
		}
	case len(found) > maxRenderers:
		return found, Result{Status: OK, Seen: fmt.Sprintf("%d found, the first %d are checked", len(found), maxRenderers)}
	}
	return found, fine(fmt.Sprintf("%d found", len(found)))
}
