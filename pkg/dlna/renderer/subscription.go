package renderer

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/poll"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// eventPause spaces the events of one service. Services may send five a second
// (RenderingControl:1 section 2.3); a device that floods fills the
// subscription's queue and is refused.
const eventPause = 50 * time.Millisecond

// Events keeps a subscription to the events of one service until ctx ends;
// *upnp.Subscriptions is one.
type Events interface {
	Run(ctx context.Context, sub upnp.Subscription) error
}

// A subscription is the subscription to the events of one service of the device.
type subscription struct {
	events    Events
	callback  string
	service   upnp.Service
	questions []poll.Question // that its events answer

	mu     sync.Mutex         // guards cancel
	cancel context.CancelFunc // ends the subscription under way
}

// A notice is an event of the device on its way to the goroutine that polls.
type notice struct {
	from  *subscription
	event upnp.Event
}

// hold subscribes until renew is called or ctx ends. It calls deliver with each event,
// one after another; deliver's ctx ends with the subscription.
func (s *subscription) hold(ctx context.Context, deliver func(context.Context, upnp.Event)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	s.cancel = cancel
	s.mu.Unlock()
	var peer netip.Addr
	if s.service.Event != nil {
		// Not an address: then it cannot send a NOTIFY either.
		peer, _ = netip.ParseAddr(s.service.Event.Hostname())
	}
	return s.events.Run(ctx, upnp.Subscription{
		Service:      s.service,
		CallbackBase: s.callback,
		Peer:         peer,
		OnEvent: func(e upnp.Event) {
			deliver(ctx, e)
			wait(ctx, eventPause)
		},
	})
}

// renew ends the subscription under way.
func (s *subscription) renew() {
	s.mu.Lock()
	cancel := s.cancel
	s.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// wait waits for d or the end of ctx.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
