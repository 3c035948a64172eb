package doctor

import (
	"context"
	"net/netip"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

var (
	mdnsGroup     = netip.AddrPortFrom(netip.MustParseAddr("224.0.0.251"), mdnsPort)
	mdnsGroupIPv6 = netip.AddrPortFrom(netip.MustParseAddr("ff02::fb"), mdnsPort)
)

// An mdnsPortCheck checks 5353/UDP, without which senders do not find the speakers.
type mdnsPortCheck struct {
	survey     *portSurvey
	ownAddress *ownAddress
	query      *selfQuery
	running    *runningInstance
}

// check reports which program has the port: senders ignore mDNS answers from another
// port (RFC 6762 section 6).
func (p *mdnsPortCheck) check(ctx context.Context) Result {
	if p.survey.sockets.fault != nil {
		return skip(p.survey.sockets.fault.Error())
	}
	s := p.survey.of(ctx, mdnsGroup, 0)
	if s.access == sockets.AccessFree || s.access == sockets.AccessShared || s.ours {
		return p.withIPv6(ctx, s)
	}
	return p.heldByOther(ctx, s)
}

// heldByOther is the result for a port that another program may hold exclusively. It
// depends on whether our answers are received all the same: Breezeway may answer
// through a raw socket, or through avahi.
func (p *mdnsPortCheck) heldByOther(ctx context.Context, s portState) Result {
	results := p.query.results(ctx)
	over4, over6 := reachOver(results, false), reachOver(results, true)
	r := Result{Status: Warning, Seen: s.seen(), Do: freeSteps(s, p.ownAddress)}
	switch {
	case over4 == reachAny:
		r.Status = Note
		r.Means = "This does not matter: Breezeway also answers, and its answers are received."
		r.Do = append([]Step{{Text: "Nothing has to be done. To free the port anyway:"}}, r.Do...)
	case over6 == reachAny:
		r.Means = "Only senders that ask over IPv6 find the speakers: over IPv4 " + s.names() + " does not let others have the port."
	case over4 == reachUnknown && s.access != sockets.AccessExclusive:
		r.Status = Note
		r.Means = "The next check shows whether senders find the speakers."
	case over4 == reachUnknown && over6 == reachUnknown && p.query.ask != nil && p.canAnswer(ctx):
		r.Means = "No speaker is announced yet, so this cannot be checked. Breezeway answers in addition to the holder as soon as there is one."
	default:
		r.Status = Failed
		r.Means = "Senders cannot find the speakers: mDNS answers count only when they come from this port, and " + s.names() +
			" does not let others have it. Breezeway answers beside it where it may open raw sockets (NET_RAW), or avahi speaks for it."
	}
	return r
}

// canAnswer reports whether a daemon runs that can probably answer although another
// program holds the port.
func (p *mdnsPortCheck) canAnswer(ctx context.Context) bool {
	r, ok := p.running.get(ctx)
	return p.running.ask == nil || ok && len(r.Missing) == 0
}

// withIPv6 is the result for a port that is free for IPv4; it depends on IPv6, which
// matters less.
func (p *mdnsPortCheck) withIPv6(ctx context.Context, ipv4 portState) Result {
	if len(p.survey.network.selected) == 0 {
		return fine(ipv4.seen())
	}
	s := p.survey.of(ctx, mdnsGroupIPv6, p.survey.network.selected[0].Index)
	if s.access != sockets.AccessExclusive {
		return fine(ipv4.seen())
	}
	r := Result{
		Status: Note,
		Seen:   "over IPv4 " + ipv4.accessText() + ", over IPv6 " + s.seen(),
		Means:  "Nearly all senders find the speakers over IPv4; those that use only IPv6 do not.",
		Do:     freeSteps(s, p.ownAddress),
	}
	if reachOver(p.query.results(ctx), true) == reachAny {
		r.Means = "This does not matter: Breezeway also answers over IPv6, and its answers are received."
	}
	return r
}
