package poll

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer/transport"
)

const (
	// eventDelay is how late an event may be.
	eventDelay = 2 * time.Second
	// maxMissed is how often a renderer may change its state without an event
	// before it is polled for good.
	maxMissed = 3
)

// Events tracks the events of a renderer: which values need no polling because of them,
// and whether they are reliable. The zero Events are for a renderer that sends none. It
// is not safe for concurrent use.
type Events struct {
	evented [Questions]bool
	state   transport.State // by the last event
	differs time.Time       // since when the polled state differs from it; zero: it does not
	missed  int             // changes of state without an event
}

// Reliable reports whether events are worth a subscription.
func (e *Events) Reliable() bool { return e.missed < maxMissed }

// Evented is the questions whose answers are reported by events.
func (e *Events) Evented() [Questions]bool { return e.evented }

// Doubt reports whether the polled state differs from that of the last event.
func (e *Events) Doubt() bool { return !e.differs.IsZero() }

// Reported notes that an event reported what q asks for.
func (e *Events) Reported(q Question) { e.evented[q] = e.Reliable() }

// ReportedState notes the state that an event reported.
func (e *Events) ReportedState(s transport.State) {
	e.Reported(AskState)
	e.state, e.differs = s, time.Time{}
}

// Ended records that the subscription that reports questions has ended.
func (e *Events) Ended(questions []Question) {
	for _, q := range questions {
		e.evented[q] = false
	}
	e.differs = time.Time{}
}

// Polled compares the polled state with that of the last event. If they differ for
// longer than an event may take, the renderer has forgotten the subscription, or its
// events are wrong. Then it returns true, once for each occurrence.
func (e *Events) Polled(s transport.State, now time.Time) (missed bool) {
	polled := transport.InputOf(s)
	if !e.evented[AskState] || polled == transport.InputNone || polled == transport.InputOf(e.state) {
		e.differs = time.Time{}
		return false
	}
	if e.differs.IsZero() {
		e.differs = now
		return false
	}
	if now.Sub(e.differs) < eventDelay {
		return false
	}
	e.differs = time.Time{}
	e.missed++
	return true
}
