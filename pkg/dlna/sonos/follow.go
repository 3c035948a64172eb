package sonos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

const (
	// pollInterval is how often a player without events is polled, eventedPollInterval
	// how often one that sends events: only to see that it still answers.
	pollInterval        = 10 * time.Second
	eventedPollInterval = time.Minute
	// cacheTime is the least time between two requests for a topology: the answer is
	// long, and a load for the player.
	cacheTime = 5 * time.Second
	// retryInterval is the pause before a request is repeated after a failure.
	retryInterval = 2 * time.Second
	// maxFailures in a row, then another player is used: a single one may be due to
	// Wi-Fi.
	maxFailures = 2
	// failedPause is how long a player that failed is not used.
	failedPause = 15 * time.Second
)

// faultActionFailed is what a player of a large household answers to
// GetZoneGroupState (seen by SoCo with some twenty players). It still sends
// events.
const faultActionFailed = 501

var (
	errTooLarge = errors.New("the household is too large for a request, and there are no events")
	errNotHere  = errors.New("the player is in another household, or has another address")
	errNotIn    = errors.New("the player is missing in the topology that it reports")
)

// A topologyWatch follows the topology through one player.
type topologyWatch struct {
	*household
	player   Player
	next     *time.Timer // of the next request
	evented  bool        // events report the topology
	tooLarge bool        // the player cannot answer requests, only send events
	failures int         // in a row
}

// follow keeps the topology up to date through p until ctx ends or p fails.
func (h *household) follow(ctx context.Context, p Player) error {
	ctx, cancel := context.WithCancel(ctx)
	var g errgroup.Group
	defer func() {
		cancel()
		_ = g.Wait() // a subscription that fails is no error: the player is polled instead
	}()
	eventC := make(chan upnp.Event)
	if sub, ok := h.subscription(ctx, p, eventC); ok {
		g.Go(func() error { return h.options.Events.Run(ctx, sub) })
	}
	w := topologyWatch{household: h, player: p, next: time.NewTimer(0)}
	defer w.next.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case e := <-eventC:
			err = w.event(e)
		case <-h.wakeC:
			err = w.recheck()
		case <-w.next.C:
			err = w.ask(ctx)
			w.schedule()
		}
		if err != nil {
			return fmt.Errorf("sonos: follow %s: %w", p.UUID, err)
		}
	}
}

// subscription is the subscription to the topology's events, if there can be one. Its
// OnEvent sends them to eventC.
func (h *household) subscription(ctx context.Context, p Player, eventC chan<- upnp.Event) (upnp.Subscription, bool) {
	if h.options.Events == nil || h.options.Callback == nil {
		return upnp.Subscription{}, false
	}
	base := h.options.Callback(p.Address)
	return upnp.Subscription{
		Service:      p.topology,
		CallbackBase: base,
		Peer:         p.Address,
		OnEvent: func(e upnp.Event) {
			select {
			case eventC <- e:
			case <-ctx.Done():
			}
		},
	}, base != ""
}

// recheck makes the next request come sooner, unless it is due anyway, or the player
// is known not to answer. An error means that another player is needed.
func (w *topologyWatch) recheck() error {
	if !w.has(w.player) {
		return errNotHere
	}
	if w.failures == 0 && !w.tooLarge {
		w.next.Reset(max(0, cacheTime-w.age()))
	}
	return nil
}

// schedule sets the time of the next request.
func (w *topologyWatch) schedule() {
	switch {
	case w.failures > 0:
		w.next.Reset(retryInterval)
	case w.evented:
		w.next.Reset(eventedPollInterval)
	default:
		w.next.Reset(pollInterval)
	}
}

// event handles an event. An error means that another player is needed.
func (w *topologyWatch) event(e upnp.Event) error {
	if e.Lost != nil {
		if w.evented {
			w.evented = false
			w.schedule()
		}
		return nil
	}
	state := e.Properties["ZoneGroupState"]
	if state == "" {
		return nil // the event is of another variable
	}
	w.evented = true
	err := w.accept(state)
	w.schedule()
	return err
}

// ask requests the topology. An error means that another player is needed.
func (w *topologyWatch) ask(ctx context.Context) error {
	var out struct{ ZoneGroupState string }
	err := w.options.Client.Call(ctx, w.player.topology, "GetZoneGroupState", nil, &out)
	switch {
	case err == nil:
		return w.accept(out.ZoneGroupState)
	case fault(err, faultActionFailed):
		return w.noteTooLarge()
	}
	return w.countFailure(err)
}

// noteTooLarge records that the household is too large for a request. Then another
// player is needed if there are no events; but the first event may be on its way.
func (w *topologyWatch) noteTooLarge() error {
	if w.tooLarge && !w.evented {
		return errTooLarge
	}
	w.tooLarge, w.failures = true, 0
	return nil
}

// accept handles a topology that the player reports.
func (w *topologyWatch) accept(state string) error {
	t, err := ParseTopology(state)
	if err != nil {
		return w.countFailure(err)
	}
	switch {
	case !w.has(w.player):
		return errNotHere
	case !t.listed()[w.player.UUID]:
		return errNotIn
	}
	w.failures = 0
	w.update(t)
	return nil
}

// countFailure counts a failure and returns it once there are too many.
func (w *topologyWatch) countFailure(err error) error {
	w.failures++
	if w.failures < maxFailures {
		return nil
	}
	return err
}
