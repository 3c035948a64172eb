package doctor

import (
	"context"
	"strings"
	"sync"
)

// A selfQuery asks the network by mDNS for our own speakers, once.
type selfQuery struct {
	ask     func(context.Context) []SelfQueryResult // nil: not possible
	running *runningInstance

	once  sync.Once // sets heard
	heard []SelfQueryResult
}

// results are the outcomes of the questions; the first call sends them.
func (q *selfQuery) results(ctx context.Context) []SelfQueryResult {
	q.once.Do(func() {
		if q.ask != nil {
			q.heard = q.ask(ctx)
		}
	})
	return q.heard
}

// check asks for our speakers as a sender would.
func (q *selfQuery) check(ctx context.Context) Result {
	if q.ask == nil {
		return skip("no mDNS responder of ours runs here")
	}
	if _, ok := q.running.get(ctx); !ok && q.running.ask != nil {
		return skip("no Breezeway runs here")
	}
	var heard, unheard []string
	for _, h := range q.results(ctx) {
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
			Means:  "Senders that ask only that way do not see the speakers.",
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

// A reach is whether our mDNS answers are received over one address family.
type reach uint8

const (
	reachUnknown reach = iota // no question was asked
	reachNone
	reachAny // on one interface at least
)

// reachOver is the reach over one address family.
func reachOver(results []SelfQueryResult, ipv6 bool) reach {
	a := reachUnknown
	for _, h := range results {
		switch {
		case h.IPv6 != ipv6:
		case h.Err == nil:
			return reachAny
		default:
			a = reachNone
		}
	}
	return a
}
