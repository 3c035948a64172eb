package bridge

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

const (
	// playTimeout bounds one start: some speakers leave standby first.
	playTimeout = 20 * time.Second
	// stopTimeout bounds one stop, also the last one before the program ends.
	stopTimeout = 3 * time.Second
	// volumeEvery spaces volume changes: a dragged slider sends dozens a
	// second, and slow speakers queue each of them.
	volumeEvery = 200 * time.Millisecond
)

// A device is the part of a renderer that a driver commands.
type device interface {
	Play(ctx context.Context, media renderer.Media) error
	Stop(ctx context.Context) error
	SetVolume(ctx context.Context, level float64) error
	SetMute(ctx context.Context, mute bool) error
	Volume(ctx context.Context) (level float64, err error)
	VolumeStep() float64 // the least change of level
}

// ending is a stream that ends with the order that replaces it.
type ending interface{ Discard() }

// An order is what the renderer is to do. Only the latest counts.
type order struct {
	media  *renderer.Media // nil: stop
	serial int             // told back with the outcome
	ends   ending          // discarded once the renderer was stopped
}

// loudness is a wanted volume.
type loudness struct {
	level float64 // 0 to 1
	mute  bool
}

// A driver has a renderer do what was ordered last. A new order cuts short
// the one being carried out, so that a slow speaker never works off a queue.
type driver struct {
	log     zerolog.Logger
	outcome func(serial int, err error) // of a start

	mu       sync.Mutex // guards below
	device   device     // nil while the renderer is unknown
	order    *order
	loudness *loudness
	muted    bool // what the renderer was told last, or says
	mutes    bool // it took the mute: its volume stays for when it is taken off
	cancel   context.CancelFunc
	wakeC    chan struct{}
	turnC    chan struct{} // wakes the volume loop
}

func newDriver(log zerolog.Logger, outcome func(serial int, err error)) *driver {
	return &driver{log: log, outcome: outcome, wakeC: make(chan struct{}, 1), turnC: make(chan struct{}, 1)}
}

// attach commands p from now on; nil where the renderer is gone. What the one
// before was about to do is cut short, and what it was not told of the volume,
// p is.
func (d *driver) attach(p device) {
	d.mu.Lock()
	d.device = p
	d.muted, d.mutes = false, false
	if d.cancel != nil {
		d.cancel()
	}
	d.mu.Unlock()
	signal(d.turnC)
}

// command replaces the order.
func (d *driver) command(o order) {
	d.mu.Lock()
	superseded := d.order
	d.order = &o
	if d.cancel != nil {
		d.cancel()
	}
	d.mu.Unlock()
	if superseded != nil && superseded.ends != nil {
		superseded.ends.Discard()
	}
	signal(d.wakeC)
}

// turn replaces the wanted volume.
func (d *driver) turn(l loudness) {
	d.mu.Lock()
	d.loudness = &l
	d.mu.Unlock()
	signal(d.turnC)
}

// heardMute notes that the mute was turned at the renderer.
func (d *driver) heardMute(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.muted, d.mutes = on, on
}

// volume asks the renderer, beside whatever it is doing.
func (d *driver) volume(ctx context.Context) (level float64, err error) {
	d.mu.Lock()
	p := d.device
	d.mu.Unlock()
	if p == nil {
		return 0, errAbsent
	}
	return p.Volume(ctx)
}

// volumeStep is the least by which the renderer can be turned; 0 where it is away.
func (d *driver) volumeStep() float64 {
	d.mu.Lock()
	p := d.device
	d.mu.Unlock()
	if p == nil {
		return 0
	}
	return p.VolumeStep()
}

// signal wakes the reader of a channel of capacity one.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is awake already
	}
}

// Run carries out orders until ctx ends, then stops what it started.
func (d *driver) Run(ctx context.Context) error {
	playing := false
	for {
		select {
		case <-ctx.Done():
			d.finish(playing)
			return nil
		case <-d.wakeC:
		}
		if ctx.Err() != nil {
			continue // both came at once: finish carries out the order
		}
		if o, p, octx, done := d.take(ctx); o != nil {
			playing = d.carryOut(octx, p, *o, playing)
			done()
		}
	}
}

// take picks up the order with a context that the next order cancels.
func (d *driver) take(ctx context.Context) (*order, device, context.Context, context.CancelFunc) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := d.order
	d.order = nil
	if o == nil {
		return nil, nil, nil, nil
	}
	timeout := playTimeout
	if o.media == nil {
		timeout, ctx = stopTimeout, context.WithoutCancel(ctx) // the end waits for a stop
	}
	octx, cancel := context.WithTimeout(ctx, timeout)
	d.cancel = cancel
	return o, d.device, octx, cancel
}

// carryOut reports whether the renderer may be playing afterwards.
func (d *driver) carryOut(ctx context.Context, p device, o order, playing bool) bool {
	switch {
	case o.media != nil && p == nil:
		d.outcome(o.serial, errAbsent)
		return false
	case o.media != nil:
		err := p.Play(ctx, *o.media)
		d.outcome(o.serial, err)
		return true
	case p != nil && playing:
		if err := p.Stop(ctx); err != nil && ctx.Err() == nil {
			d.log.Warn().Err(err).Msg("the speaker did not stop; its stream is ended instead")
		}
	}
	if o.ends != nil {
		o.ends.Discard()
	}
	return false
}

// finish stops a renderer that plays, at the end of the program or speaker.
func (d *driver) finish(playing bool) {
	d.mu.Lock()
	o, p := d.order, d.device
	d.order = nil
	d.mu.Unlock()
	if playing && p != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		if err := p.Stop(ctx); err != nil {
			d.log.Warn().Err(err).Msg("the speaker did not stop before the end")
		}
	}
	if o != nil && o.ends != nil {
		o.ends.Discard()
	}
}

// runVolume carries out changes of volume until ctx ends, beside the
// orders: a slider must work while a speaker takes its time to start.
func (d *driver) runVolume(ctx context.Context) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.turnC:
		}
		d.applyVolume(ctx)
		pause.Reset(volumeEvery)
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
	}
}

// applyVolume sets what is wanted: before a mute is taken off the volume, so
// that nothing is loud for a moment.
func (d *driver) applyVolume(ctx context.Context) {
	d.mu.Lock()
	want, p, muted := d.loudness, d.device, d.muted
	if p != nil {
		d.loudness = nil
	}
	d.mu.Unlock()
	if want == nil || p == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if want.mute && !muted {
		d.applyMute(ctx, p, true)
	}
	level := want.level
	if want.mute {
		level = 0 // not the lowest step above mute
	}
	if !want.mute || !d.silent() {
		d.setVolume(ctx, p, level)
	}
	if !want.mute && muted {
		d.applyMute(ctx, p, false)
	}
}

func (d *driver) setVolume(ctx context.Context, p device, level float64) {
	err := p.SetVolume(ctx, level)
	switch {
	case errors.Is(err, renderer.ErrUnsupported):
		d.log.Debug().Err(err).Msg("the speaker has no volume to be set")
	case err != nil:
		d.log.Warn().Err(err).Msg("the speaker did not take the volume")
	}
}

func (d *driver) applyMute(ctx context.Context, p device, on bool) {
	err := p.SetMute(ctx, on)
	if err != nil {
		d.log.Debug().Err(err).Msg("the speaker does not mute; its volume goes to zero")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.muted, d.mutes = on, on && err == nil
}

// silent reports whether the renderer took a mute.
func (d *driver) silent() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.muted && d.mutes
}
