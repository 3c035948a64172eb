package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// firstEventWait is the time for the first event: 5 s until a subscription counts as
// refused, and some more for the speaker.
const firstEventWait = 9 * time.Second

// An eventing is the outcome of one subscription.
type eventing struct {
	base    string // our URL, as sent to the speaker
	refused error  // the speaker did not accept it
	arrived bool   // the first event arrived
	took    time.Duration
}

// checkEvents subscribes and waits for the first event, which every device sends
// at once (UDA 1.1 section 4.1.2). The check below reports whether it arrived.
func (s *speakerExam) checkEvents(ctx context.Context) Result {
	if s.subscriptions == nil || s.callbackBase == nil {
		return skip("we have no HTTP port to receive events")
	}
	service, ok := s.transportService()
	if !ok || service.Event == nil {
		return skip("it offers no events of its transport")
	}
	base, err := s.callbackBase(s.Addr)
	if err != nil {
		return skip(err.Error())
	}
	events := s.subscribe(ctx, upnp.Subscription{Service: service, CallbackBase: base, Peer: s.Addr})
	if ctx.Err() != nil {
		return skip("there was no time left")
	}
	s.events = events
	if s.events.refused != nil {
		return Result{
			Status: Warning,
			Seen:   s.events.refused.Error(),
			Means:  "Without events Breezeway asks the speaker every second while it plays: volume and pause at the speaker are noticed later.",
		}
	}
	return fine("subscribed with " + base)
}

// subscribe keeps one subscription until its first event, its refusal, or the end
// of eventWait.
func (s *speakerExam) subscribe(ctx context.Context, sub upnp.Subscription) eventing {
	ctx, cancel := context.WithTimeout(ctx, s.eventWait)
	defer cancel()
	began, e := time.Now(), eventing{base: sub.CallbackBase}
	sub.OnEvent = func(event upnp.Event) {
		if ctx.Err() != nil {
			return // the subscription was ended by us
		}
		e.refused, e.arrived, e.took = event.Lost, event.Lost == nil, time.Since(began)
		cancel()
	}
	if err := s.subscriptions.Run(ctx, sub); err != nil {
		e.refused = err
	}
	return e
}

// checkWayBack checks whether the speaker reaches our HTTP port, from which it also
// fetches the sound.
func (s *speakerExam) checkWayBack(context.Context) Result {
	e := s.events
	switch {
	case e.base == "":
		return skip("no events were requested")
	case e.refused != nil:
		return skip("the speaker sends no events: the stream, which it fetches from the same port, may still work")
	case e.arrived:
		return fine(fmt.Sprintf("the first event came after %v", e.took.Round(time.Millisecond)))
	}
	return Result{
		Status: Failed,
		Seen:   fmt.Sprintf("the speaker accepted the subscription, but sent no event to %s within %v", e.base, s.eventWait),
		Means:  "The speaker does not reach our HTTP port. It cannot fetch the sound from there either, and stays silent: a firewall on this host, or networks that are separated.",
		Do:     s.openPort(e.base),
	}
}

// openPort is the step with the firewall rules for our HTTP port.
func (s *speakerExam) openPort(base string) []Step {
	to, err := netip.ParseAddrPort(strings.TrimPrefix(base, "http://"))
	if err != nil {
		return nil
	}
	from := s.Addr.WithZone("")
	family := "ip"
	if from.Is6() {
		family = "ip6"
	}
	return []Step{
		{
			Text: "Allow the speaker's connections, with the command for the firewall in use here (`breezeway ports` prints the rules for all ports):",
			Paste: fmt.Sprintf("sudo ufw allow proto tcp from %[1]s to any port %[2]d\n"+
				"sudo firewall-cmd --add-port=%[2]d/tcp\n"+
				"sudo nft insert rule inet filter input %[3]s saddr %[1]s tcp dport %[2]d accept", from, to.Port(), family),
		},
		{Text: "If the speaker is in a network of its own (guests, IoT), allow this port in the router as well."},
	}
}
