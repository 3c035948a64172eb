package bridge

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

const (
	// measureEvery is how often it is measured what a renderer has still to
	// fetch. It fetches in pieces: at times that are no multiple of theirs the
	// error is another one each time.
	measureEvery = 1062 * time.Millisecond
	// fullAfter is how much of the sound waits on our side when the renderer's
	// buffer is full: it fetches at the pace of its clock then.
	fullAfter = 100 * time.Millisecond
	// surelyFull is how many steps of it in a row, of two seconds each, must find it
	// so, or not so: the network, or this machine, may have stood still for a moment.
	surelyFull = 4
	// fetchedWithin is how exact the moments are at which something was fetched,
	// mostly: the governor finds out where they are not.
	fetchedWithin = 12 * time.Millisecond
)

// The gauges by which a renderer's clock is measured. What it says to have played
// is to be trusted: what it fetches also tells of buffers that grow.
//
// A renderer whose buffers are full holds so many bytes, not so much sound: of
// FLAC they are now more of it, now less, as the music is. There is a gauge for
// each number of bytes that it may hold, and the one that is right makes the
// straightest line.
const (
	gaugePosition = iota // what it says to have played
	gaugeFetched         // what it has fetched: the first of them
)

// What a renderer may hold of FLAC, each a fifth more than the one before: one that
// is off by so much is wrong by some 70 ppm while the music gets louder.
const (
	leastHeld = 16 << 10 // bytes
	mostHeld  = 2 << 20
)

// heldBytes are what may be held of a codec's sound. Where its rate is constant, any
// guess is right.
func heldBytes(codec audio.Codec) []int64 {
	all := []int64{0}
	if codec == audio.FLAC {
		for held := int64(leastHeld); held <= mostHeld; held += held / 5 {
			all = append(all, held)
		}
	}
	return all
}

// gaugeName says by what a clock is measured; "none" before there was enough.
func gaugeName(gauge int) string {
	switch {
	case gauge < 0:
		return "none"
	case gauge == gaugePosition:
		return "position"
	}
	return "fetched"
}

// A drift follows a renderer's clock for one stream.
type drift struct {
	governor *resample.Governor
	held     []int64   // bytes, of each gauge from gaugeFetched on
	seen     time.Time // the step of the fetching that was looked at last
	full     bool
	steps    int // in a row that found full as it is
}

func newDrift(codec audio.Codec) *drift {
	held := heldBytes(codec)
	return &drift{
		governor: resample.NewGovernor(resample.GovernorOptions{Gauges: gaugeFetched + len(held)}),
		held:     held,
	}
}

// fetched measures by what waits on our side: how much was to be played at a
// moment and was not fetched. While the renderer takes all as it comes, that says
// nothing. The sound up to a byte is played, by a renderer that holds what is
// behind it.
func (d *drift) fetched(at time.Time, due, fetched time.Duration, playedBefore func(held int64) (time.Duration, bool)) {
	if at.Equal(d.seen) {
		return
	}
	d.seen = at
	if full := due-fetched >= fullAfter; full != d.full {
		d.full, d.steps = full, 0
	}
	d.steps++
	switch {
	case d.full && d.steps >= surelyFull:
		for i, held := range d.held {
			if played, ok := playedBefore(held); ok {
				d.governor.Observe(gaugeFetched+i, resample.Measure{At: at, Delay: due - played, Within: fetchedWithin})
			}
		}
	case !d.full && d.steps == surelyFull:
		for i := range d.held {
			d.governor.Forget(gaugeFetched + i)
		}
	}
}

// measure looks at what the renderer has still to fetch, and has the sound made
// at its pace.
func (p *player) measure() {
	if p.drift == nil || p.stream == nil || p.sound == nil {
		return
	}
	if f, ok := p.stream.Fetched(); ok {
		second := float64(p.sound.format.SampleRate)
		p.drift.fetched(f.At, p.sound.due(p.output, f.At), inSeconds(f.Frames/second), func(held int64) (time.Duration, bool) {
			frames, ok := p.stream.FramesAt(f.Bytes - held)
			return inSeconds(frames / second), ok
		})
	}
	p.correct()
	p.measured.Reset(measureEvery)
}

func inSeconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// position takes what the renderer says to have played.
func (p *player) position(e renderer.Position) {
	if p.drift == nil || p.stream == nil || p.sound == nil {
		return
	}
	p.drift.governor.Observe(gaugePosition, resample.Measure{
		At: e.At, Delay: p.sound.due(p.output, e.At) - e.Rel, Within: e.Within,
	})
	p.correct()
}

func (p *player) correct() {
	p.sound.correct(p.output, p.drift.governor.PPM())
	s := p.drift.governor.Stats()
	held := s.Delay
	if !s.Learned {
		held = 0
	}
	p.sound.hold(p.output, held)
	p.update(func(st *playerStatus) { st.drift = Drift{By: gaugeName(s.Gauge), GovernorStats: s} })
}
