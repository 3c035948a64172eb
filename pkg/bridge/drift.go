package bridge

import (
	"math"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

const (
	// driftCheckEvery is how often it is checked whether what is known of a
	// renderer's clock still holds.
	driftCheckEvery = time.Second
	// staleAfter is how long the sound that a renderer holds is known by the last
	// measure.
	staleAfter = 30 * time.Second
)

// A drift follows a renderer's clock during one stream, by the position that the
// renderer reports.
type drift struct {
	governor     *resample.Governor
	edgeDetected bool   // the moment in which the renderer advances by a second is found and used
	overruns     uint64 // of the stream, at the last check
}

func newDrift() *drift { return &drift{governor: resample.NewGovernor()} }

// position measures how much sound the renderer holds: what was due by then less
// what it says to have played. It may turn out that its position advances by another
// clock than that of its sound: then what was measured so far is void.
func (d *drift) position(due time.Duration, e renderer.Position) {
	if d.edgeDetected && !e.EdgeDetected {
		d.governor.Reset()
	}
	d.edgeDetected = e.EdgeDetected
	d.governor.Observe(resample.Measure{At: e.At, Delay: due - e.Rel, Uncertainty: e.Uncertainty})
}

// overran forgets what was measured when the stream skipped sound that the renderer
// did not fetch in time: how much is not known.
func (d *drift) overran(overruns uint64) {
	if overruns == d.overruns {
		return
	}
	d.overruns = overruns
	d.governor.Forget()
}

// holds is how much sound the renderer has to play, by its own count; 0: that is not
// known.
func (d *drift) holds(now time.Time) time.Duration {
	s := d.governor.Stats()
	if !s.Learned || now.Sub(s.Latest.At) > staleAfter {
		return 0
	}
	return min(s.Delay, s.Latest.Delay-s.Latest.Uncertainty/2)
}

// shown is what is known of the clock, for status and log.
func (d *drift) shown() Drift {
	s := d.governor.Stats()
	if s.Measured {
		return Drift{By: "position", GovernorStats: s}
	}
	return Drift{By: "none", GovernorStats: s}
}

// measure checks whether what is known of the renderer's clock still holds.
func (p *player) measure() {
	if p.drift == nil || p.stream == nil || p.sound == nil {
		return
	}
	p.drift.overran(p.stream.Stats().Overruns)
	p.correct()
	p.measured.Reset(driftCheckEvery)
}

// position takes the position that the renderer reports.
func (p *player) position(e renderer.Position) {
	if p.drift == nil || p.stream == nil || p.sound == nil {
		return
	}
	p.drift.position(p.sound.due(p.output, e.At), e)
	p.correct()
}

// correct sets the pace at which the sound is made, and logs what is new of the
// renderer's clock.
func (p *player) correct() {
	shown := p.drift.shown()
	p.sound.correct(p.output, shown.PPM)
	p.sound.hold(p.output, p.drift.holds(time.Now()))
	var before Drift
	p.update(func(st *playerStatus) { before, st.drift = st.drift, shown })
	if before.By != shown.By || before.Learned != shown.Learned || (before.PPM == 0) != (shown.PPM == 0) {
		p.log.Info().Str("by", shown.By).Float64("ppm", math.Round(shown.PPM)).Bool("known", shown.Learned).
			Int64("delay_ms", shown.Delay.Milliseconds()).Int64("target_ms", shown.Target.Milliseconds()).Msg("the speaker's clock")
	}
}
