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
	// askUntold is how often a player is asked that sends no events, askTold
	// how often one that does: to see that it is there.
	askUntold = 10 * time.Second
	askTold   = time.Minute
	// cacheTime is how long a topology that was told is not asked for again,
	// however often there is doubt: the answer is long, and costs the player.
	cacheTime = 5 * time.Second
	// askAgain is when a question is repeated that nobody answered well.
	askAgain = 2 * time.Second
	// failuresAllowed in a row, then another player is asked. One is lost to
	// Wi-Fi.
	failuresAllowed = 2
	// failedPause is how long a player that failed is left alone.
	failedPause = 15 * time.Second
)

// faultActionFailed is what a player of a large household answers to
// GetZoneGroupState (seen by SoCo with some twenty players): events tell all
// the same.
const faultActionFailed = 501

var (
	errTooLarge = errors.New("the household is too large to be asked for, and no events come")
	errNotHere  = errors.New("the player has left the household, or moved")
	errNotIn    = errors.New("the player is not in the topology that it tells")
)

// A watch follows the topology through one player.
type watch struct {
	*home
	player   Player
	next     *time.Timer // when the player is asked
	told     bool        // by events
	refused  bool        // it does not answer, only tell
	failures int         // in a row
}

// follow learns the topology as p knows it until ctx ends or p fails.
func (h *home) follow(ctx context.Context, p Player) error {
	ctx, cancel := context.WithCancel(ctx)
	var g errgroup.Group
	defer func() {
		cancel()
		_ = g.Wait() // a subscription that cannot be made is no fault: the player is asked
	}()
	eventC := make(chan upnp.Event)
	if sub, ok := h.subscription(ctx, p, eventC); ok {
		g.Go(func() error { return h.options.Events.Run(ctx, sub) })
	}
	w := watch{home: h, player: p, next: time.NewTimer(0)}
	defer w.next.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case e := <-eventC:
			err = w.hear(e)
		case <-h.lookC:
			err = w.doubt()
		case <-w.next.C:
			err = w.ask(ctx)
			w.rest()
		}
		if err != nil {
			return fmt.Errorf("sonos: follow %s: %w", p.UUID, err)
		}
	}
}

// subscription is that to the topology's events, if there can be one. OnEvent
// hands them to follow.
func (h *home) subscription(ctx context.Context, p Player, eventC chan<- upnp.Event) (upnp.Subscription, bool) {
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

// doubt has the player asked sooner, unless that is due in any case, or it has
// shown that it does not answer. An error means that it is of no use.
func (w *watch) doubt() error {
	if !w.has(w.player) {
		return errNotHere
	}
	if w.failures == 0 && !w.refused {
		w.next.Reset(max(0, cacheTime-w.age()))
	}
	return nil
}

// rest leaves the player alone for a while.
func (w *watch) rest() {
	switch {
	case w.failures > 0:
		w.next.Reset(askAgain)
	case w.told:
		w.next.Reset(askTold)
	default:
		w.next.Reset(askUntold)
	}
}

// hear takes an event. An error means that the player is of no use.
func (w *watch) hear(e upnp.Event) error {
	if e.Lost != nil {
		if w.told {
			w.told = false
			w.rest()
		}
		return nil
	}
	state := e.Properties["ZoneGroupState"]
	if state == "" {
		return nil // it tells of another variable of the service
	}
	w.told = true
	err := w.take(state)
	w.rest()
	return err
}

// ask asks the player. An error means that it is of no use.
func (w *watch) ask(ctx context.Context) error {
	var out struct{ ZoneGroupState string }
	err := w.options.Client.Call(ctx, w.player.topology, "GetZoneGroupState", nil, &out)
	switch {
	case err == nil:
		return w.take(out.ZoneGroupState)
	case fault(err, faultActionFailed):
		return w.refuse()
	}
	return w.fail(err)
}

// refuse takes it that the household is too large to be asked for. Without
// events the player is of no use, but the first may be under way.
func (w *watch) refuse() error {
	if w.refused && !w.told {
		return errTooLarge
	}
	w.refused, w.failures = true, 0
	return nil
}

// take learns what the player tells.
func (w *watch) take(state string) error {
	t, err := ParseTopology(state)
	if err != nil {
		return w.fail(err)
	}
	switch {
	case !w.has(w.player):
		return errNotHere
	case !t.listed()[w.player.UUID]:
		return errNotIn
	}
	w.failures = 0
	w.learn(t)
	return nil
}

// fail counts a failure and returns it once there are too many.
func (w *watch) fail(err error) error {
	w.failures++
	if w.failures < failuresAllowed {
		return nil
	}
	return err
}
