package renderer

import (
	"context"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
)

// A deck is the part of a device that plays: its AVTransport, or what
// OpenHome has in that place.
type deck interface {
	// service is the one whose events tell the state.
	service() upnp.Service
	state(ctx context.Context) (State, error)
	// dequeue readies a device that plays somebody else's music: what was to
	// come next must not follow ours.
	dequeue(ctx context.Context) error
	load(ctx context.Context, m Media) error
	play(ctx context.Context) error
	// stop is a success too where nothing plays.
	stop(ctx context.Context) error
	pause(ctx context.Context) error
	position(ctx context.Context) (progress, error)
	// loaded is the URI that play would play; "": not told.
	loaded(ctx context.Context) (string, error)
}

// A progress is how far a device says it has come.
type progress struct {
	uri    string        // of what it plays; "": not told
	rel    time.Duration // played of it
	counts bool          // rel is told
	when   stretch       // in which rel was so; only if it counts
}

// A mixer is the part of a device that turns its volume.
type mixer interface {
	// service is the one whose events tell volume and mute.
	service() upnp.Service
	// scale fails only where the device was not reached.
	scale(ctx context.Context) (scale, error)
	volume(ctx context.Context) (raw int, err error)
	setVolume(ctx context.Context, raw int) error
	mute(ctx context.Context) (raw int, err error)
	setMute(ctx context.Context, raw int) error
}

// newDeck finds the deck of a device: AVTransport where both are there, since
// that is what is tried more. Nil: it has none.
func newDeck(l *line, device *upnp.Device) deck {
	if svc, ok := device.Service(typeAVTransport); ok {
		return &avTransport{line: l, svc: svc}
	}
	if d := newOpenHome(l, device); d != nil {
		return d
	}
	return nil
}

// newMixer finds the mixer of a device, nil if it has none.
func newMixer(l *line, device *upnp.Device) mixer {
	if svc, ok := device.Service(typeRenderingControl); ok {
		return &renderingControl{line: l, svc: svc}
	}
	if svc, ok := device.Service(typeVolume); ok {
		return &openHomeVolume{line: l, svc: svc}
	}
	return nil
}
