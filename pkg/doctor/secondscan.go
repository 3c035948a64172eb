package doctor

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// rendererTargets are the device types of renderers.
var rendererTargets = []string{":device:MediaRenderer:", ":device:ZonePlayer:"}

// A secondScan searches with go-ssdp, a library that shares no code with ours, and
// compares the results: this distinguishes a problem of the network from a bug of
// ours.
type secondScan struct {
	network *network
	running *runningInstance
	scan    func(context.Context, []netif.Interface) ([]scanAnswer, error)
}

// check compares with the speakers that our own search found.
func (s *secondScan) check(ctx context.Context, known []Renderer) Result {
	answers, err := s.scan(ctx, s.network.selected)
	if err != nil {
		return skip(err.Error())
	}
	var hosts, missed []string
	for _, a := range answers {
		addr, text := describeAnswer(a)
		if !slices.Contains(hosts, text) {
			hosts = append(hosts, text)
		}
		if a.isRenderer() && !s.isExpected(ctx, known, addr) && !slices.Contains(missed, text) {
			missed = append(missed, text)
		}
	}
	slices.Sort(hosts)
	seen := "go-ssdp hears: " + orNone(hosts)
	switch {
	case len(answers) == 0:
		return Result{
			Status: Warning,
			Seen:   seen,
			Means:  "No UPnP device at all answers, not even a router or a television. All are off, or multicast is blocked: Wi-Fi isolation, IGMP snooping without a querier, another VLAN.",
			Do: []Step{
				{Text: "In the router or switch turn off \"AP isolation\" and turn on the IGMP querier, or turn off IGMP snooping."},
				{Text: "Or name the speakers, which are then asked by unicast:", Paste: "BREEZEWAY_DEVICES=192.0.2.10,192.0.2.11"},
			},
		}
	case len(missed) > 0:
		return Result{
			Status: Warning,
			Seen:   seen,
			Means:  "These devices answer as speakers, but Breezeway did not find them, or BREEZEWAY_RULES leaves them out: " + orNone(missed),
			Do:     []Step{{Text: "Run the doctor again; if the result is the same, please report it with the output of:", Paste: "breezeway doctor --json"}},
		}
	}
	return fine(seen)
}

// isExpected reports whether a host that answers as a speaker is one of ours, or is
// deliberately not offered.
func (s *secondScan) isExpected(ctx context.Context, known []Renderer, addr netip.Addr) bool {
	if s.running.leavesOut(ctx, addr) {
		return true
	}
	return slices.ContainsFunc(known, func(r Renderer) bool { return r.Addr.Unmap() == addr })
}

// describeAnswer names the host of an answer: that of its LOCATION, since go-ssdp
// does not return the source address.
func describeAnswer(a scanAnswer) (netip.Addr, string) {
	host := "an unreadable LOCATION"
	var addr netip.Addr
	if u, err := url.Parse(a.location); err == nil {
		if addr, err = netip.ParseAddr(u.Hostname()); err == nil {
			host = addr.String()
		}
	}
	const most = 80
	server := a.server
	if len(server) > most {
		server = server[:most] + "..."
	}
	return addr.Unmap(), host + " (" + server + ")"
}

func (a scanAnswer) isRenderer() bool {
	return slices.ContainsFunc(rendererTargets, func(t string) bool { return strings.Contains(a.target, t) })
}
