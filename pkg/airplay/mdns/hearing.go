package mdns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// checkInterval is the time between self-checks.
const checkInterval = time.Minute

// askers bounds the questions of one self-check that are open at a time.
const askers = 8

// Why nobody hears us.
var (
	errNothingToAsk = errors.New("no service is announced yet")
	errUnanswered   = errors.New("no answer came")
	errHeld         = errors.New("another program holds the port for itself")
	errNoPort       = errors.New("the port is not open")
)

// A Hearing is what a self-check found out on one interface: a question for a
// service of ours, put as any program on the network would put it, and whether
// the answer came. It covers the port's other holders, the firewall of this
// machine and our own answering, not the switches and access points beyond.
type Hearing struct {
	IPv6      bool   // asked over IPv6, otherwise over IPv4
	Interface string // name
	Heard     bool
	At        time.Time // of the question; zero when none was put
	Err       error     // why it was not heard
}

func (h Hearing) family() family {
	if h.IPv6 {
		return familyIPv6
	}
	return familyIPv4
}

// A question is asked out of one interface for the place (SRV) of a service.
type question struct {
	family  family
	iface   netif.Interface
	port    uint16 // of mDNS
	witness witness
}

// A witness is a service that is announced and asked for.
type witness struct {
	name string // full, in presentation form; empty when there is none
	port uint16 // where the service listens
}

// SelfCheck asks for one of our services out of every interface in both
// families, waits for the answers at most some seconds, and gives what came of
// it; Stats shows it as well. It may be called while Run runs, which does the
// same every minute.
func (r *Responder) SelfCheck(ctx context.Context) []Hearing {
	questions := r.questions()
	found := make([]Hearing, len(questions))
	var group errgroup.Group
	group.SetLimit(askers)
	for i, q := range questions {
		group.Go(func() error {
			found[i] = r.put(ctx, q)
			return nil
		})
	}
	_ = group.Wait() // what failed is in found
	if ctx.Err() == nil {
		r.listened(found)
	}
	return found
}

// questions are what to ask now.
func (r *Responder) questions() []question {
	w := r.witness()
	var list []question
	for _, f := range []family{familyIPv4, familyIPv6} {
		if r.portState(f) == PortAbsent {
			continue
		}
		for _, i := range r.opts.Interfaces() {
			if _, ok := sourceOn(i, f); ok {
				list = append(list, question{family: f, iface: i, port: r.opts.Port, witness: w})
			}
		}
	}
	return list
}

func (r *Responder) portState(f family) PortState {
	s := r.Stats()
	return [...]PortState{s.IPv4, s.IPv6}[f]
}

// witness is a service to ask for, of ours or of those that avahi has for us.
func (r *Responder) witness() witness {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.own.name != "" {
		return r.own
	}
	return r.proxy.witness
}

// put asks one question. When the service got another name meanwhile it asks
// once more, for that.
func (r *Responder) put(ctx context.Context, q question) Hearing {
	h := Hearing{IPv6: q.family == familyIPv6, Interface: q.iface.Name}
	err := errNothingToAsk
	if q.witness.name != "" {
		h.At = time.Now()
		err = r.ask(ctx, q)
	}
	if now := r.witness(); err != nil && now != q.witness && now.name != "" {
		q.witness, h.At = now, time.Now()
		err = r.ask(ctx, q)
	}
	if err == nil {
		h.Heard = true
		return h
	}
	switch r.portState(q.family) {
	case PortHeld:
		err = fmt.Errorf("%w: %w", errHeld, err)
	case PortClosed, PortFailed:
		err = fmt.Errorf("%w: %w", errNoPort, err)
	}
	h.Err = fmt.Errorf("mdns: ask for our own service over %v on %s: %w", q.family, q.iface.Name, err)
	return h
}

// listened keeps what a self-check found, and logs when it is another state. Of a
// port that is not open the log has said so.
func (r *Responder) listened(found []Hearing) {
	for _, f := range []family{familyIPv4, familyIPv6} {
		h := summary(found, f)
		r.mu.Lock()
		r.hearing[f] = h
		asked := !h.At.IsZero() && !errors.Is(h.Err, errNoPort)
		changed := asked && h.Heard == r.deaf[f]
		if changed {
			r.deaf[f] = !h.Heard
		}
		r.mu.Unlock()
		if changed {
			r.logHearing(h)
		}
	}
}

// summary is the state of a family: the first interface where we are not heard,
// or the first at all.
func summary(found []Hearing, f family) Hearing {
	var first Hearing
	for _, h := range found {
		if h.family() != f {
			continue
		}
		if !h.Heard {
			return h
		}
		if !first.Heard {
			first = h
		}
	}
	return first
}

func (r *Responder) logHearing(h Hearing) {
	log := r.opts.Log.With().Stringer("family", h.family()).Str("interface", h.Interface).Logger()
	switch {
	case h.Heard:
		log.Info().Msg("our mDNS answers are heard again")
	case errors.Is(h.Err, errHeld):
		log.Warn().Err(h.Err).Msgf("%d/UDP is held exclusively by another program: our mDNS answers are not heard; stop that program, let it share the port, or give the capability NET_RAW", r.opts.Port)
	default:
		log.Warn().Err(h.Err).Msgf("our mDNS answers are not heard, so senders cannot find the speakers: allow %d/UDP to %v in this host's firewall", r.opts.Port, h.family().group())
	}
}

// watchHearing checks every minute, and when something changed on which hearing
// depends.
func (r *Responder) watchHearing(ctx context.Context) error {
	timer := time.NewTimer(checkInterval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.checkC:
		case <-timer.C:
		}
		if r.witness().name != "" {
			r.SelfCheck(ctx)
		}
		timer.Reset(checkInterval)
	}
}
