package player

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

// errAbsent is the outcome of a start while the renderer is away.
var errAbsent = errors.New("player: the speaker is not on the network")

// discarder is a stream that ends with the order that replaces it.
type discarder interface{ Discard() }

// An order is what the renderer is to do. Only the latest counts.
type order struct {
	media   *renderer.Media // nil: stop
	serial  int             // reported with the outcome
	discard discarder       // ended once the renderer was stopped; may be nil
}

// Loudness is a wanted volume.
type Loudness struct {
	Level float64 // 0 to 1
	Mute  bool
}

// A driver has a renderer do what was ordered last. A new order cuts short
// the one being carried out, so that a slow speaker never works off a queue.
type driver struct {
	log     zerolog.Logger
	outcome func(serial int, err error) // of a start

	mu       sync.Mutex // guards below
	device   device     // nil while the renderer is unknown
	latest   *order     // nil: none waits
	loudness *Loudness
	muted    bool // as the renderer was ordered last, or reports
	mutes    bool // it accepted the mute: its volume stays for when it is taken off
	cancel   context.CancelFunc
	wakeC    chan struct{}
	volumeC  chan struct{} // wakes the volume loop
}

func newDriver(log zerolog.Logger, outcome func(serial int, err error)) *driver {
	return &driver{log: log, outcome: outcome, wakeC: make(chan struct{}, 1), volumeC: make(chan struct{}, 1)}
}

// attach commands p from now on; nil where the renderer is gone. What the one
// before was about to do is cut short; a volume that it did not get yet goes to p.
func (d *driver) attach(p device) {
	d.mu.Lock()
	d.device = p
	d.muted, d.mutes = false, false
	if d.cancel != nil {
		d.cancel()
	}
	d.mu.Unlock()
	signal(d.volumeC)
}

// order replaces the order that waits or is being carried out.
func (d *driver) order(o order) {
	d.mu.Lock()
	superseded := d.latest
	d.latest = &o
	if d.cancel != nil {
		d.cancel()
	}
	d.mu.Unlock()
	if superseded != nil && superseded.discard != nil {
		superseded.discard.Discard()
	}
	signal(d.wakeC)
}

// setLoudness replaces the wanted volume.
func (d *driver) setLoudness(l Loudness) {
	d.mu.Lock()
	d.loudness = &l
	d.mu.Unlock()
	signal(d.volumeC)
}

// muteReported notes that the renderer was muted or unmuted at itself.
func (d *driver) muteReported(on bool) {
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
	o := d.latest
	d.latest = nil
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
			d.log.Warn().Err(err).Msg("speaker did not stop; its stream is ended instead")
		}
	}
	if o.discard != nil {
		o.discard.Discard()
	}
	return false
}

// finish stops a renderer that plays, at the end of the program or speaker.
func (d *driver) finish(playing bool) {
	d.mu.Lock()
	o, p := d.latest, d.device
	d.latest = nil
	d.mu.Unlock()
	if playing && p != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		if err := p.Stop(ctx); err != nil {
			d.log.Warn().Err(err).Msg("speaker did not stop before the end")
		}
	}
	if o != nil && o.discard != nil {
		o.discard.Discard()
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
		case <-d.volumeC:
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
	if want.Mute && !muted {
		d.applyMute(ctx, p, true)
	}
	level := want.Level
	if want.Mute {
		level = 0 // not the lowest step above mute
	}
	if !want.Mute || !d.silent() {
		d.setVolume(ctx, p, level)
	}
	if !want.Mute && muted {
		d.applyMute(ctx, p, false)
	}
}

func (d *driver) setVolume(ctx context.Context, p device, level float64) {
	err := p.SetVolume(ctx, level)
	switch {
	case errors.Is(err, renderer.ErrUnsupported):
		d.log.Debug().Err(err).Msg("speaker has no volume that can be set")
	case err != nil:
		d.log.Warn().Err(err).Msg("speaker did not accept the volume")
	}
}

func (d *driver) applyMute(ctx context.Context, p device, on bool) {
	err := p.SetMute(ctx, on)
	if err != nil {
		d.log.Debug().Err(err).Msg("speaker does not mute; its volume goes to zero")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.muted, d.mutes = on, on && err == nil
}

// silent reports whether the renderer accepted a mute.
func (d *driver) silent() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.muted && d.mutes
}
