package doctor

import (
	"context"
	"net/netip"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

var (
	ssdpGroup     = netip.AddrPortFrom(netip.MustParseAddr("239.255.255.250"), ssdpPort)
	mdnsGroup     = netip.AddrPortFrom(netip.MustParseAddr("224.0.0.251"), mdnsPort)
	mdnsGroupIPv6 = netip.AddrPortFrom(netip.MustParseAddr("ff02::fb"), mdnsPort)
)

// checkSSDP looks at the port that Breezeway does not need: whoever has it, this
// never fails.
func (x *exam) checkSSDP(ctx context.Context) Result {
	if x.socketFault != nil {
		return skip(x.socketFault.Error())
	}
	s := x.lookAt(ctx, ssdpGroup, 0)
	switch s.access {
	case sockets.AccessFree, sockets.AccessBeside, sockets.AccessShared:
		return fine(s.seen())
	}
	r := Result{
		Status: Note,
		Seen:   s.seen(),
		Means: "Nothing is lost that matters: Breezeway searches from ports of its own, finds every speaker and plays. " +
			"It only does not hear speakers that announce themselves, and sees a new one at its next search.",
		Do: append([]Step{{Text: "Nothing has to be done. If the port shall be free:"}}, x.cures(s)...),
	}
	if x.ListensSSDP {
		r.Status = Warning
		r.Means += " BREEZEWAY_SSDP_LISTEN asks for the port; it is tried again and again."
	}
	return r
}

// checkMDNS looks at the port that nobody can do without: answers that do not
// come from it are ignored (RFC 6762 section 6).
func (x *exam) checkMDNS(ctx context.Context) Result {
	if x.socketFault != nil {
		return skip(x.socketFault.Error())
	}
	s := x.lookAt(ctx, mdnsGroup, 0)
	if s.access == sockets.AccessFree || s.access == sockets.AccessShared || s.ours {
		return x.besideIPv6(ctx, s)
	}
	return x.besideHolder(ctx, s)
}

// besideHolder judges a port that another program has, perhaps for itself, by what
// is heard all the same: a raw socket or avahi may speak for us.
func (x *exam) besideHolder(ctx context.Context, s portState) Result {
	hearings := x.hearings(ctx)
	over4, over6 := heardOver(hearings, false), heardOver(hearings, true)
	r := Result{Status: Warning, Seen: s.seen(), Do: x.cures(s)}
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
	case over4 == audienceUnknown && over6 == audienceUnknown && x.SelfQuery != nil && x.answers(ctx):
		r.Means = "No speaker is announced yet, so that nobody can be heard. Breezeway answers beside the holder as soon as there is one."
	default:
		r.Status = Failed
		r.Means = "Senders cannot find the speakers: mDNS answers count only when they come from this port, and " + s.names() +
			" does not let others have it. Breezeway answers beside it where it may open raw sockets (NET_RAW), or avahi speaks for it."
	}
	return r
}

// answers reports whether a bridge is there that can answer beside a holder, as
// far as it is known.
func (x *exam) answers(ctx context.Context) bool {
	r, ok := x.running(ctx)
	return x.Running == nil || ok && len(r.Missing) == 0
}

// besideIPv6 adds how the port stands for IPv6, which matters less.
func (x *exam) besideIPv6(ctx context.Context, ipv4 portState) Result {
	if len(x.selected) == 0 {
		return fine(ipv4.seen())
	}
	s := x.lookAt(ctx, mdnsGroupIPv6, x.selected[0].Index)
	if s.access != sockets.AccessExclusive {
		return fine(ipv4.seen())
	}
	r := Result{
		Status: Note,
		Seen:   "over IPv4 " + ipv4.stands() + ", over IPv6 " + s.seen(),
		Means:  "Senders find the speakers over IPv4, as nearly all do; those that ask by IPv6 alone do not.",
		Do:     x.cures(s),
	}
	if heardOver(x.hearings(ctx), true) == audienceAny {
		r.Means = "Nothing is lost: Breezeway answers over IPv6 beside the holder, too, and is heard."
	}
	return r
}

// checkSelfQuery asks as a sender would.
func (x *exam) checkSelfQuery(ctx context.Context) Result {
	if x.SelfQuery == nil {
		return skip("no mDNS responder of ours runs here")
	}
	if _, ok := x.running(ctx); !ok && x.Running != nil {
		return skip("no Breezeway runs here")
	}
	var heard, unheard []string
	for _, h := range x.hearings(ctx) {
		if h.Err == nil {
			heard = append(heard, h.Way)
		} else {
			unheard = append(unheard, h.Way+" ("+h.Err.Error()+")")
		}
	}
	switch {
	case len(heard)+len(unheard) == 0:
		return skip("no speaker is announced yet: there is nothing to ask for")
	case len(unheard) == 0:
		return fine("questions to the multicast group were answered, over " + strings.Join(heard, ", "))
	case len(heard) > 0:
		return Result{
			Status: Warning,
			Seen:   "not answered over " + strings.Join(unheard, ", ") + "; answered over " + strings.Join(heard, ", "),
			Means:  "Senders that ask that way alone do not see the speakers.",
			Do:     letInMDNS,
		}
	}
	return Result{
		Status: Failed,
		Seen:   "not answered over " + strings.Join(unheard, ", "),
		Means:  "Senders do not see the speakers: our answers do not reach the network.",
		Do:     letInMDNS,
	}
}

var letInMDNS = []Step{
	{
		Text:  "Let mDNS through this host's firewall, with one of:",
		Paste: "sudo ufw allow in proto udp to 224.0.0.251 port 5353\nsudo firewall-cmd --permanent --add-service=mdns && sudo firewall-cmd --reload",
	},
	{Text: "If another program holds 5353/UDP, see the check above."},
}
