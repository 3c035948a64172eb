package bridge

import (
	"math"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

const (
	// measureEvery is how often it is looked how far a renderer has fetched. A step
	// of that is told each two seconds: twice as often, none is missed.
	measureEvery = time.Second
	// staleAfter is how long what a renderer holds is known by the last measure.
	staleAfter = 30 * time.Second
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
	sought   bool      // the turn of the second of its position was worth seeking
	overruns uint64    // of the stream, at the last look
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

// position measures by what the renderer says to have played. It may turn out that
// its second turns by another clock than that of its sound.
func (d *drift) position(due time.Duration, e renderer.Position) {
	if d.sought && !e.EdgeDetected {
		d.governor.Recant(gaugePosition)
	}
	d.sought = e.EdgeDetected
	d.governor.Observe(gaugePosition, resample.Measure{At: e.At, Delay: due - e.Rel, Within: e.Uncertainty})
}

// overran forgets what was measured when sound was left out: nobody counts it.
func (d *drift) overran(overruns uint64) {
	if overruns == d.overruns {
		return
	}
	d.overruns = overruns
	for gauge := range gaugeFetched + len(d.held) {
		d.governor.Forget(gauge)
	}
}

// holds is how much sound the renderer has to play, by its own count; 0: that is not
// known.
func (d *drift) holds(now time.Time) time.Duration {
	s := d.governor.Stats()
	if !s.Learned || now.Sub(s.Latest.At) > staleAfter {
		return 0
	}
	return min(s.Delay, s.Latest.Delay-s.Latest.Within/2)
}

// measure looks at what the renderer has still to fetch, and has the sound made
// at its pace.
func (p *player) measure() {
	if p.drift == nil || p.stream == nil || p.sound == nil {
		return
	}
	p.drift.overran(p.stream.Stats().Overruns)
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
	p.drift.position(p.sound.due(p.output, e.At), e)
	p.correct()
}

// correct has the sound made as is known now, and says what is new of that.
func (p *player) correct() {
	s := p.drift.governor.Stats()
	p.sound.correct(p.output, s.PPM)
	p.sound.hold(p.output, p.drift.holds(time.Now()))
	shown := Drift{By: gaugeName(s.Gauge), GovernorStats: s}
	var before Drift
	p.update(func(st *playerStatus) { before, st.drift = st.drift, shown })
	if before.By != shown.By || before.Learned != s.Learned || (before.PPM == 0) != (s.PPM == 0) {
		p.log.Info().Str("by", shown.By).Float64("ppm", math.Round(s.PPM)).Bool("known", s.Learned).
			Int64("delay_ms", s.Delay.Milliseconds()).Int64("target_ms", s.Target.Milliseconds()).Msg("the speaker's clock")
	}
}
