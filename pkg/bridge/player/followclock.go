package player

import (
	"math"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

// clockCheckEvery is how often it is checked whether what is known of a renderer's
// clock still holds.
const clockCheckEvery = time.Second

// startClock follows the renderer's clock during the stream that begins.
func (p *Player) startClock() {
	p.clock = newClock()
	p.status.update(func(s *status) { s.clock = p.clock.snapshot() })
	p.timers.measure.Reset(clockCheckEvery)
}

// measureClock checks whether what is known of the renderer's clock still holds.
func (p *Player) measureClock() {
	if !p.measures() {
		return
	}
	p.clock.overran(p.stream.Stats().Overruns)
	p.followClock()
	p.timers.measure.Reset(clockCheckEvery)
}

// measurePosition takes the position that the renderer reports.
func (p *Player) measurePosition(e renderer.Position) {
	if !p.measures() {
		return
	}
	p.clock.position(p.session.Playout.MediaTime(p.output, e.At), e)
	p.followClock()
}

// measures reports whether there is a stream whose clock is followed.
func (p *Player) measures() bool {
	return p.clock != nil && p.stream != nil && p.session.Playout != nil
}

// followClock sets the pace at which the sound is made, and logs what is new of the
// renderer's clock.
func (p *Player) followClock() {
	now := p.clock.snapshot()
	p.session.Playout.SetClockOffset(p.output, now.PPM)
	p.session.Playout.SetBuffered(p.output, p.clock.buffered(time.Now()))
	var before Clock
	p.status.update(func(s *status) { before, s.clock = s.clock, now })
	if before.Measured != now.Measured || before.Learned != now.Learned || (before.PPM == 0) != (now.PPM == 0) {
		p.log.Info().Bool("measured", now.Measured).Float64("ppm", math.Round(now.PPM)).Bool("known", now.Learned).
			Int64("delay_ms", now.Delay.Milliseconds()).Int64("target_ms", now.Target.Milliseconds()).Msg("speaker's clock measured")
	}
}
