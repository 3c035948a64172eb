package bridge

import (
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/audio/resample"
)

const (
	// measureEvery is how often it is measured what a renderer has still to
	// fetch. It fetches, and we write, in pieces: at times that are no multiple
	// of theirs the error is another one each time.
	measureEvery = 1062 * time.Millisecond
	// fullAfter is how much of the sound waits on our side when the renderer's
	// buffer is full: it fetches at the pace of its clock then.
	fullAfter = 100 * time.Millisecond
	// surelyFull is how many looks in a row must find it so, or not so: the
	// network, or this machine, may have stood still for a moment.
	surelyFull = 10
)

// A yardstick is by what a renderer's clock is measured.
type yardstick uint8

const (
	yardstickNone     yardstick = iota
	yardstickFetched            // how much it has still to fetch
	yardstickPosition           // how much it says to have played
)

var yardstickNames = [...]string{"none", "fetched", "position"}

func (y yardstick) String() string { return yardstickNames[y] }

// A drift follows a renderer's clock for one stream. What is measured by one
// yardstick says nothing about the other's measures.
type drift struct {
	governor *resample.Governor
	by       yardstick
	changes  int // of by
	full     bool
	looks    int // in a row that found full as it is
}

func newDrift() *drift { return &drift{governor: resample.NewGovernor(resample.GovernorOptions{})} }

// observe takes a measure.
func (d *drift) observe(by yardstick, at time.Time, held time.Duration) {
	if d.by != by {
		d.by = by
		d.changes++
		d.governor.Reset()
	}
	d.governor.Observe(at, held)
}

// fetched measures by what waits on our side. While the renderer takes all as
// it comes, that says nothing.
func (d *drift) fetched(held time.Duration, now time.Time) {
	if full := held >= fullAfter; full != d.full {
		d.full, d.looks = full, 0
	}
	d.looks++
	sure := d.looks >= surelyFull
	if sure && !d.full && d.by == yardstickFetched {
		d.by = yardstickNone
		d.governor.Reset()
	}
	if sure && d.full || d.by == yardstickFetched {
		d.observe(yardstickFetched, now, held)
	}
}

// position measures by what the renderer says to have played, where that is all
// there is to go by.
func (d *drift) position(written int64, format audio.Format, at time.Time, played time.Duration) {
	if d.by != yardstickFetched {
		d.observe(yardstickPosition, at, format.Duration(written)-played)
	}
}

// measure looks at what the renderer has still to fetch, and has the sound made
// at its pace.
func (p *player) measure(now time.Time) {
	if p.drift == nil || p.stream == nil || p.sound == nil {
		return
	}
	if frames, ok := p.stream.Backlog(); ok {
		p.drift.fetched(p.sound.format.Duration(frames), now)
	}
	p.correct()
	p.measured.Reset(measureEvery)
}

// position takes what the renderer says to have played.
func (p *player) position(at time.Time, played time.Duration) {
	if p.drift == nil || p.stream == nil || p.sound == nil {
		return
	}
	p.drift.position(p.stream.Stats().FramesWritten, p.sound.format, at, played)
	p.correct()
}

func (p *player) correct() {
	p.sound.correct(p.output, p.drift.governor.PPM())
	shown := Drift{By: p.drift.by.String(), GovernorStats: p.drift.governor.Stats()}
	p.update(func(s *playerStatus) { s.drift = shown })
}
