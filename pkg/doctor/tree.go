package doctor

import (
	"context"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// An exam is one run of all checks.
type exam struct {
	running  *runningInstance
	network  *network
	place    *placeCheck
	echo     func(context.Context, netif.Interface) error
	kernel   *kernel
	clocks   func() reading
	ssdp     *ssdpPortCheck
	mdns     *mdnsPortCheck
	query    *selfQuery
	ranges   *portRanges
	speakers *speakers
}

// newExam lists the interfaces and sockets of the host, and makes the checks.
func newExam(o Options, p probes) *exam {
	x := &exam{
		running: &runningInstance{ask: o.Running, leftOut: o.LeftOut},
		network: readNetwork(o.Interfaces, p.interfaces),
		echo:    p.echo,
		clocks:  p.clocks,
	}
	table := readHostSockets(p.table, p.isOwn)
	own := &ownAddress{network: x.network, links: p.links, gateway: p.gateway}
	survey := &portSurvey{network: x.network, sockets: table, survey: p.survey, ask: p.ask}
	x.place = &placeCheck{network: x.network, links: p.links, gateway: p.gateway, marks: p.marks, ownAddress: own}
	x.ranges = &portRanges{ours: o.Ports, sockets: table}
	x.kernel = &kernel{read: p.sysctl, network: x.network, ranges: x.ranges}
	x.query = &selfQuery{ask: o.SelfQuery, running: x.running}
	x.ssdp = &ssdpPortCheck{survey: survey, ownAddress: own, wanted: o.ListensSSDP}
	x.mdns = &mdnsPortCheck{survey: survey, ownAddress: own, query: x.query, running: x.running}
	x.speakers = &speakers{
		find:  o.Renderers,
		named: o.Named,
		scan:  &secondScan{network: x.network, running: x.running, scan: p.scan},
		way: &speakerWay{
			network: x.network, source: p.source, eventWait: p.eventWait,
			client: o.Client, subscriptions: o.Subscriptions, callbackBase: o.CallbackBase,
		},
	}
	return x
}

// tree is every check, in the order of the report: from the network interface to the
// speaker.
func (x *exam) tree() []Check {
	var checks []Check
	if x.running.ask != nil {
		checks = append(checks, Check{Name: "Breezeway itself", Run: x.running.check, Watched: true})
	}
	checks = append(checks, []Check{
		{Name: "network interfaces", Run: x.network.check, Watched: true, Then: func() []Check {
			return []Check{
				{Name: "kind of network", Run: x.place.check},
				{Name: "multicast comes back", Run: func(ctx context.Context) Result { return checkEcho(ctx, x.network, x.echo) }},
			}
		}},
		{Name: "kernel settings", Run: x.kernel.check, Then: x.kernel.settings},
		{Name: "clock", Run: func(ctx context.Context) Result { return checkClock(ctx, x.clocks) }},
		{Name: "1900/UDP (SSDP, finding speakers)", Run: x.ssdp.check},
		{Name: "5353/UDP (mDNS, being found)", Run: x.mdns.check, Then: func() []Check {
			return []Check{{Name: "our mDNS answers are heard", Run: x.query.check, Watched: true}}
		}},
		{Name: "ports of Plex", Run: x.ranges.checkPlex},
	}...)
	for _, p := range x.ranges.ours {
		checks = append(checks, Check{
			Name: p.Variable + " (" + p.Purpose + ")",
			Run:  func(context.Context) Result { return x.ranges.check(p) },
		})
	}
	return append(checks, x.speakers.branch())
}
