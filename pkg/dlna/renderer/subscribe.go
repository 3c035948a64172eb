package renderer

import (
	"context"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/poll"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/volume"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// subscribe keeps s subscribed until ctx ends, or until its events turn out to be
// unreliable.
func (r *Renderer) subscribe(ctx context.Context, s *subscription) error {
	for r.eventsReliable() {
		err := s.hold(ctx, func(ctx context.Context, e upnp.Event) {
			select {
			case r.noticeC <- notice{from: s, event: e}:
			case <-ctx.Done():
			}
		})
		r.subscriptionEnded(s)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			r.log.Debug().Err(err).Str("service", s.service.Type).Msg("speaker sends no events; it is polled")
			return nil
		}
	}
	return nil
}

func (r *Renderer) eventsReliable() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events.Reliable()
}

// subscriptionEnded makes Run poll the values that s reported.
func (r *Renderer) subscriptionEnded(s *subscription) {
	r.mu.Lock()
	r.events.Ended(s.questions)
	r.mu.Unlock()
	r.wake()
}

// resubscribe renews all subscriptions.
func (r *Renderer) resubscribe() {
	for _, s := range r.subscriptions {
		s.renew()
	}
}

// observeEvent handles an event of the device.
func (r *Renderer) observeEvent(ctx context.Context, n notice) {
	if n.event.Lost != nil {
		r.log.Debug().Err(n.event.Lost).Str("service", n.from.service.Type).Msg("no subscription to the events of the speaker")
		r.subscriptionEnded(n.from)
		return
	}
	e := transport.ParseEvent(n.event.Properties)
	commands := r.commands()
	// First check whose stream it is: a device that was taken over also stops.
	r.observeURI(commands, e.MediaURI, transport.EventedMediaURI)
	r.observeURI(commands, e.TrackURI, transport.EventedTrackURI)
	if e.State != StateUnknown {
		r.mu.Lock()
		r.events.ReportedState(e.State)
		r.mu.Unlock()
		r.observeState(ctx, commands, e.State, e.MediaURI)
	}
	r.observeVolumeEvent(ctx, volume.ParseEvent(n.event.Properties))
}

func (r *Renderer) observeVolumeEvent(ctx context.Context, e volume.ParsedEvent) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	changes, known := r.volume.Note(ctx, e)
	r.mu.Lock()
	if known.Level {
		r.events.Reported(poll.AskVolume)
	}
	if known.Mute {
		r.events.Reported(poll.AskMute)
	}
	r.mu.Unlock()
	r.observeVolume(changes)
}
