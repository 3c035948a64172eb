package renderer

import (
	"context"
	"net/netip"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

const (
	// doubtTime is how late an event may be.
	doubtTime = 2 * time.Second
	// eventPause spaces the events of one service. Services may send five a
	// second (RenderingControl:1 section 2.3); who floods fills the
	// subscription's queue and is refused.
	eventPause = 50 * time.Millisecond
	// maxLies is how often a device may change its state without an event
	// before it is asked again for all, for good.
	maxLies = 3
)

// A feed is the subscription to the events of one service.
type feed struct {
	service upnp.Service
	looks   []look             // what it tells
	cancel  context.CancelFunc // ends the subscription under way; guarded by Renderer.mu
}

// A notice is an event on its way to the goroutine of watch.
type notice struct {
	feed  *feed
	event upnp.Event
}

// newFeeds are the subscriptions that a device is to be followed by.
func newFeeds(d deck, m mixer) []*feed {
	feeds := []*feed{{service: d.service(), looks: []look{lookTransport}}}
	if m != nil {
		feeds = append(feeds, &feed{service: m.service(), looks: []look{lookVolume, lookMute}})
	}
	return feeds
}

// follow keeps f subscribed until ctx ends, or until its events are of no use.
func (r *Renderer) follow(ctx context.Context, f *feed) error {
	for r.trusting() {
		err := r.subscribe(ctx, f)
		r.untell(f)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			r.log.Debug().Err(err).Str("service", f.service.Type).Msg("renderer: no events; it is asked instead")
			return nil
		}
	}
	return nil
}

// subscribe holds one subscription until resubscribe or the end of ctx.
func (r *Renderer) subscribe(ctx context.Context, f *feed) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.mu.Lock()
	f.cancel = cancel
	r.mu.Unlock()
	var peer netip.Addr
	if f.service.Event != nil {
		// Not an address: then no NOTIFY comes from there either.
		peer, _ = netip.ParseAddr(f.service.Event.Hostname())
	}
	return r.events.Run(ctx, upnp.Subscription{
		Service:      f.service,
		CallbackBase: r.callback,
		Peer:         peer,
		OnEvent: func(e upnp.Event) {
			select {
			case r.noticeC <- notice{feed: f, event: e}:
				_ = sleep(ctx, eventPause) // cut short, the subscription ends too
			case <-ctx.Done():
			}
		},
	})
}

// resubscribe ends all subscriptions; follow makes them anew.
func (r *Renderer) resubscribe() {
	r.mu.Lock()
	var cancels []context.CancelFunc
	for _, f := range r.feeds {
		if f.cancel != nil {
			cancels = append(cancels, f.cancel)
		}
	}
	r.mu.Unlock()
	for _, cancel := range cancels {
		cancel()
	}
}

// trusting reports whether events are worth a subscription.
func (r *Renderer) trusting() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lies < maxLies
}

// untell has the device asked again for what f told.
func (r *Renderer) untell(f *feed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range f.looks {
		r.told[l] = false
	}
	r.doubtAt = time.Time{}
	r.wakeLocked()
}

// hear takes an event of the device.
func (r *Renderer) hear(ctx context.Context, n notice) {
	if n.event.Lost != nil {
		r.log.Debug().Err(n.event.Lost).Str("service", n.feed.service.Type).Msg("renderer: no subscription")
		r.untell(n.feed)
		return
	}
	t := readEvent(n.event.Properties)
	serial := r.snapshot()
	// Whose stream it is comes first: a device that was taken over also stops.
	r.hearURI(serial, t.queuedURI, ofTransport)
	r.hearURI(serial, t.trackURI, ofTrack)
	if t.state != StateUnknown {
		r.tellState(t.state)
		r.hearState(ctx, serial, t.state, t.queuedURI)
	}
	if t.volume == "" && t.mute == "" {
		return
	}
	lctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	if s, err := r.volumeScale(lctx); err == nil {
		r.hearLevels(s, t)
	}
}

func (r *Renderer) hearLevels(s scale, t telling) {
	if raw, err := parseVolume(t.volume); err == nil {
		r.tell(lookVolume)
		r.hearVolume(s, raw)
	}
	if t.mute != "" && s.mutes {
		r.tell(lookMute)
		r.hearMute(parseMute(t.mute))
	}
}

// tell notes that events tell what l asks for.
func (r *Renderer) tell(l look) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told[l] = r.lies < maxLies
}

func (r *Renderer) tellState(s State) {
	r.tell(lookTransport)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state, r.toldState, r.doubtAt = s, s, time.Time{}
}

// compare holds the state that the device was asked for against the one that
// it told by itself. Where they differ for longer than an event may take, no
// event came: the device forgot the subscription, or its events lie.
func (r *Renderer) compare(asked State) {
	r.mu.Lock()
	lied := r.liedLocked(asked)
	hopeless := r.lies == maxLies
	r.mu.Unlock()
	if !lied {
		return
	}
	if hopeless {
		r.log.Info().Msg("renderer: its events cannot be relied on; it is asked instead")
	}
	r.resubscribe()
}

func (r *Renderer) liedLocked(asked State) bool {
	if !r.told[lookTransport] || seen(asked) == signalNone || seen(asked) == seen(r.toldState) {
		r.doubtAt = time.Time{}
		return false
	}
	if r.doubtAt.IsZero() {
		r.doubtAt = time.Now()
		return false
	}
	if time.Since(r.doubtAt) < doubtTime {
		return false
	}
	r.doubtAt = time.Time{}
	r.lies++
	return true
}
