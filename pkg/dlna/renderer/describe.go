package renderer

import (
	"context"
	"fmt"
)

// Describe brings new metadata to the device while the stream m.URL plays on.
//
// ErrUnsupported where that cannot be done without a stop in the sound: what
// AVTransport has for it, another SetAVTransportURI, begins the stream anew
// (seen with gmediarender 0.1, read in upmpdcli's avtransport.cxx), and
// OpenHome has nothing. Those learn titles from the stream itself (ICY), or
// with the next Play.
func (r *Renderer) Describe(ctx context.Context, m Media) error {
	if !r.redescribe {
		return fmt.Errorf("renderer: Describe: %w", ErrUnsupported)
	}
	if err := acquire(ctx, r.commandC); err != nil {
		return err
	}
	defer release(r.commandC)
	if !r.plays(m.URI()) {
		return nil // it gets the new metadata with its next Play
	}
	return r.deck.load(ctx, m)
}

// plays reports whether uri is the stream that the device was given and has
// not ended.
func (r *Renderer) plays(uri string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.phase != phaseIdle && r.uri == uri
}
