package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// driftVariable has TestDrift run, which takes driftTime of real time.
const (
	driftVariable = "BREEZEWAY_E2E_DRIFT"
	driftTime     = 10 * time.Minute
)

const (
	toneHertz     = 441 // a whole number of circles a second
	toneAmplitude = 8000
	// bendLimit is twice the most that three samples in a row of the tone are
	// off a straight line, with rounding. One sample too many or too few is
	// eight times as much.
	bendLimit = 64
)

// tone is a sine that a repetition of itself follows without a seam.
func tone(seconds int) []int32 {
	pcm := make([]int32, 0, seconds*audio.CD.SampleRate*audio.CD.Channels)
	for i := range seconds * audio.CD.SampleRate {
		v := int32(math.Round(toneAmplitude * math.Sin(2*math.Pi*toneHertz*float64(i)/float64(audio.CD.SampleRate))))
		pcm = append(pcm, v, v)
	}
	return pcm
}

// A seamEar hears where a tone is cut: it keeps no sound, however long that is.
type seamEar struct {
	mu     sync.Mutex // guards below
	last   [2]int32   // of the left channel
	frames int        // since the sound began
	seams  int
}

// Write takes packed 16-bit stereo.
func (e *seamEar) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for at := 0; at+4 <= len(b); at += 4 {
		v := int32(int16(binary.LittleEndian.Uint16(b[at:])))
		if e.frames == 0 && v == 0 {
			continue
		}
		bend := v - 2*e.last[1] + e.last[0]
		if e.frames > audio.CD.SampleRate/10 && max(bend, -bend) > bendLimit {
			e.seams++
		}
		e.last = [2]int32{e.last[1], v}
		e.frames++
	}
	return len(b), nil
}

func (e *seamEar) heard() (frames, seams int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.frames, e.seams
}

// A clockCase is a speaker whose clock is off, by ppm. One that tells its
// position, in whole seconds, takes longer than this test to show its clock:
// what it got ahead must last. One that fetches as it plays shows it in some
// minutes, as long as the system that it fetches with does not take all there
// is.
type clockCase struct {
	name string
	skew float64
}

var clockCases = []clockCase{
	{"fast, tells its position", 300},
	{"slow, tells its position", -300},
	{"fast, fetches as it plays", 300},
	{"slow, fetches as it plays", -300},
}

// movedAtMost is how far the delay may move before it is learned: what the
// clocks are apart in ten minutes, and a little.
const movedAtMost = 220 * time.Millisecond

// heldOffAtMost is how far the delay may be off what was learned of it.
const heldOffAtMost = 20 * time.Millisecond

// TestDrift plays for ten minutes on speakers with clocks that are far off: no
// seam in the sound, no underrun, and the delay is held. It wants a machine that
// does not stand still for a second.
func TestDrift(t *testing.T) {
	if os.Getenv(driftVariable) == "" {
		t.Skipf("it takes %v: set %s, or make e2e-drift", driftTime, driftVariable)
	}
	var speakers []speaker.Options
	var ears []*seamEar
	for i, c := range clockCases {
		ears = append(ears, &seamEar{})
		speakers = append(speakers, speaker.Options{Name: fmt.Sprint("Room ", i), Quirks: speaker.Quirks{SkewPPM: c.skew}, Capture: ears[i]})
	}
	// What is fetched tells the clock where more waits than the speaker takes.
	p := stand(t, []string{roomy, "BREEZEWAY_PREROLL=1s", "BREEZEWAY_RULES=Room 2: codec=wav, preroll=6s; Room 3: codec=wav, preroll=6s"}, speakers...)
	t.Run("all", func(t *testing.T) {
		for i, c := range clockCases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.play(p.in(t), i, ears[i])
			})
		}
	})
}

// play plays the tone on speaker number i.
func (c clockCase) play(p *production, i int, e *seamEar) {
	one := p.speakers[i]
	to := p.offered(fmt.Sprint("Room ", i))
	from := p.connect(to, sender.Options{})
	sending := make(chan struct{})
	go func() {
		defer close(sending)
		piece := tone(30)
		for end := time.Now().Add(driftTime); time.Now().Before(end); {
			if err := from.Send(p.t.Context(), piece); err != nil {
				p.t.Error(err)
				return
			}
		}
	}()
	h := p.watchDelay(one, sending)
	s := p.shown(to.UDN)
	must(p.t, from.Teardown(p.t.Context()))
	frames, seams := e.heard()
	stats := one.Stats()
	p.t.Logf("by %s: %+v; delay at first %v, moved %v before it was learned, off %v then; %v of sound, %d seams, %d underruns, %d overruns",
		s.Drift.By, s.Drift.GovernorStats, h.first.Round(time.Millisecond), h.moved.Round(time.Millisecond), h.off.Round(time.Millisecond),
		audio.CD.Duration(int64(frames)).Round(time.Second), seams, stats.Underruns, s.Stream.Overruns)
	if seams != 0 || stats.Underruns != 0 || s.Stream.Overruns != 0 {
		p.t.Errorf("want no gap and no click, got %d seams, %d underruns, %d overruns", seams, stats.Underruns, s.Stream.Overruns)
	}
	if h.moved > movedAtMost || h.off > heldOffAtMost {
		p.t.Errorf("want the delay moved by %v at most and held to %v, got %v and %v", movedAtMost, heldOffAtMost, h.moved, h.off)
	}
	if s.Drift.Learned && math.Abs(s.Drift.PPM-c.skew) > 50 {
		p.t.Errorf("want a correction near %.0f ppm, got %.0f", c.skew, s.Drift.PPM)
	}
}

// A heldDelay is what became of a speaker's delay.
type heldDelay struct {
	first time.Duration // after it had settled
	moved time.Duration // from first, until it was learned
	off   time.Duration // from what it was when it was learned
}

// watchDelay looks at a delay until the sending has ended: how much of what was
// written is not played, by the average of some seconds.
func (p *production) watchDelay(one *speaker.Speaker, sending <-chan struct{}) heldDelay {
	const looks = 50 // in an average
	var h heldDelay
	var sum, held time.Duration
	var told time.Time
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for n, began := 0, time.Now(); ; {
		select {
		case <-sending:
			return h
		case <-ticker.C:
		}
		s := p.shown(one.UDN())
		if time.Since(began) < 15*time.Second || s.Stream.FramesWritten == 0 {
			continue
		}
		sum += audio.CD.Duration(s.Stream.FramesWritten) - one.Position()
		if n++; n < looks {
			continue
		}
		delay := sum / looks
		n, sum = 0, 0
		if time.Since(told) > time.Minute {
			told = time.Now()
			p.t.Logf("%v: delay %v, by %s: %+v", time.Since(began).Round(time.Second), delay.Round(time.Millisecond), s.Drift.By, s.Drift.GovernorStats)
		}
		switch {
		case h.first == 0:
			h.first = delay
		case !s.Drift.Learned:
			h.moved = max(h.moved, (delay - h.first).Abs())
		case held == 0:
			held = delay
		default:
			h.off = max(h.off, (delay - held).Abs())
		}
	}
}
