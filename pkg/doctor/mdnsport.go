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

// An mdnsPortCheck looks at 5353/UDP, without which senders do not find the
// speakers.
type mdnsPortCheck struct {
	survey     *portSurvey
	ownAddress *ownAddress
	query      *selfQuery
	running    *runningInstance
}

// check judges by who has the port: mDNS answers that come from another one are
// ignored (RFC 6762 section 6).
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

// heldByOther judges a port that another program may hold exclusively, by whether
// our answers are heard all the same: Breezeway may answer through a raw socket, or
// avahi for it.
func (p *mdnsPortCheck) heldByOther(ctx context.Context, s portState) Result {
	hearings := p.query.hearings(ctx)
	over4, over6 := heardOver(hearings, false), heardOver(hearings, true)
	r := Result{Status: Warning, Seen: s.seen(), Do: freeSteps(s, p.ownAddress)}
	switch {
	case over4 == audienceAny:
		r.Status = Note
		r.Means = "Nothing is lost: Breezeway answers beside the holder, and is heard."
		r.Do = append([]Step{{Text: "Nothing has to be done. If the port shall be free:"}}, r.Do...)
	case over6 == audienceAny:
		r.Means = "Only senders that ask over IPv6 find the speakers: over IPv4 " + s.names() + " does not let others have the port."
	case over4 == audienceUnknown && s.access != sockets.AccessExclusive:
		r.Status = Note
		r.Means = "Whether senders find the speakers only the next check can tell."
	case over4 == audienceUnknown && over6 == audienceUnknown && p.query.ask != nil && p.canAnswer(ctx):
		r.Means = "No speaker is announced yet, so that nobody can be heard. Breezeway answers beside the holder as soon as there is one."
	default:
		r.Status = Failed
		r.Means = "Senders cannot find the speakers: mDNS answers count only when they come from this port, and " + s.names() +
			" does not let others have it. Breezeway answers beside it where it may open raw sockets (NET_RAW), or avahi speaks for it."
	}
	return r
}

// canAnswer reports whether a daemon runs that can answer beside a holder, as far
// as is known.
func (p *mdnsPortCheck) canAnswer(ctx context.Context) bool {
	r, ok := p.running.get(ctx)
	return p.running.ask == nil || ok && len(r.Missing) == 0
}

// withIPv6 judges a port that is free for IPv4 by IPv6, which matters less.
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
		Means:  "Senders find the speakers over IPv4, as nearly all do; those that ask by IPv6 alone do not.",
		Do:     freeSteps(s, p.ownAddress),
	}
	if heardOver(p.query.hearings(ctx), true) == audienceAny {
		r.Means = "Nothing is lost: Breezeway answers over IPv6 beside the holder, too, and is heard."
	}
	return r
}
