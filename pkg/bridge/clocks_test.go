package bridge

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/dlna/upnp"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	toneFrames    = 100 // of one circle
	toneAmplitude = 8000
	// bendLimit is twice the most that three samples in a row of the tone are
	// off a straight line, with rounding. One sample too many or too few is
	// eight times as much.
	bendLimit = 64
	// fetchBytes is how much a clockwork takes at a time: 32 ms.
	fetchBytes = 1 << 8
	slowFrames = 88 // of a packet
)

// slowFormat has the sound of half an hour made in little time.
var slowFormat = audio.Format{SampleRate: 2000, Channels: 2, BitDepth: 16}

// A clockwork is a renderer with a clock of its own. It fetches L16 and holds so
// much of it.
type clockwork struct {
	fakeDevice
	holds   int64        // frames
	hertz   float64      // frames a second, by our clock
	mute    bool         // it tells no position
	asked   atomic.Int32 // times that it was asked for it
	mu      sync.Mutex
	began   time.Time // when what it has played would have begun without a gap
	got     int64     // frames
	dry     int       // times that it had nothing to play
	last    [2]int32  // samples
	sounded int64     // frames since the first that was not silent
	seams   int       // places where the tone is cut
	inexact int       // samples that are not the tone's
}

func newClockwork(holds time.Duration, skewPPM float64) *clockwork {
	return &clockwork{holds: slowFormat.Frames(holds), hertz: float64(slowFormat.SampleRate) * (1 + skewPPM*1e-6)}
}

// played is in frames; by the clock, whether there was something to play or not.
func (c *clockwork) playedLocked(now time.Time) int64 {
	if c.began.IsZero() {
		return 0
	}
	return int64(now.Sub(c.began).Seconds() * c.hertz)
}

func (c *clockwork) played(now time.Time) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return min(c.playedLocked(now), c.got)
}

func (c *clockwork) Header() http.Header { return http.Header{} }
func (c *clockwork) WriteHeader(int)     {}
func (c *clockwork) Flush()              {}

// Write takes sound as soon as there is room for it.
func (c *clockwork) Write(b []byte) (int, error) {
	for from := 0; from < len(b); from += fetchBytes {
		part := b[from:min(from+fetchBytes, len(b))]
		for wait := c.take(part); wait > 0; wait = c.take(part) {
			time.Sleep(wait)
		}
	}
	return len(b), nil
}

// take takes sound, or says how long there is no room for it.
func (c *clockwork) take(b []byte) (wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, frames := time.Now(), int64(len(b)/slowFormat.FrameBytes())
	if c.began.IsZero() {
		c.began = now
	}
	played := c.playedLocked(now)
	if full := c.got + frames - played - c.holds; full > 0 {
		return time.Duration(float64(full+1) / c.hertz * float64(time.Second))
	}
	if played > c.got {
		c.dry++
		c.began = now.Add(-time.Duration(float64(c.got) / c.hertz * float64(time.Second)))
	}
	c.got += frames
	for at := 0; at+4 <= len(b); at += 4 {
		c.listen(int32(int16(binary.BigEndian.Uint16(b[at:]))))
	}
	return 0
}

// listen looks for seams in the tone.
func (c *clockwork) listen(v int32) {
	if c.sounded == 0 && v == 0 {
		return
	}
	bend := v - 2*c.last[1] + c.last[0]
	if c.sounded > 10 && max(bend, -bend) > bendLimit {
		c.seams++
	}
	if v != toneAt(int(c.sounded)+1) { // the tone begins with a zero
		c.inexact++
	}
	c.last = [2]int32{c.last[1], v}
	c.sounded++
}

// Call tells the position in whole seconds; the rest is as ever.
func (c *clockwork) Call(ctx context.Context, svc upnp.Service, action string, in, out any) error {
	if action == "GetPositionInfo" && !c.mute {
		c.asked.Add(1)
		seconds := int(slowFormat.Duration(c.played(time.Now())).Seconds())
		told := fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
		reflect.ValueOf(out).Elem().FieldByName("RelTime").SetString(told)
		return nil
	}
	return c.fakeDevice.Call(ctx, svc, action, in, out)
}

func toneAt(frame int) int32 {
	return int32(math.Round(toneAmplitude * math.Sin(2*math.Pi*float64(frame%toneFrames)/toneFrames)))
}

// tonePackets are packets of the tone, as many as make whole circles.
func tonePackets() [][]byte {
	var all [][]byte
	at := 0
	for range toneFrames / 4 {
		var b []byte
		for range slowFrames {
			v := toneAt(at)
			b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, uint16(v)), uint16(v))
			at++
		}
		all = append(all, b)
	}
	return all
}

// A clocksCase is a sender and a renderer whose clocks differ.
type clocksCase struct {
	name             string
	sender, renderer float64 // ppm off ours
	holds            time.Duration
	mute             bool // it tells no position
}

var clocksCases = []clocksCase{
	{"equal clocks", 0, 0, small, false},
	{"fast renderer that tells no position", 0, 300, small, true},
	{"slow renderer that tells no position", 0, -300, large, true},
	{"slow sender, renderer that fetches as it plays", -100, 0, small, false},
	{"fast renderer that tells its position", 0, 300, large, false},
	{"slow renderer that tells its position", 0, -300, large, false},
	{"fast sender, renderer that tells its position", 100, 0, large, false},
	{"fast renderer that fetches as it plays", 0, 300, small, false},
}

// What a clockwork holds at most: less than it gets ahead, and more.
const (
	small = 300 * time.Millisecond
	large = 10 * time.Second
)

// clocksTime is how long each of them plays.
const clocksTime = 30 * time.Minute

func TestClocksThatDiffer(t *testing.T) {
	for _, c := range clocksCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			run(t, func(h *harness) { c.play(h) })
		})
	}
}

// play plays for half an hour and looks at the delay.
func (c clocksCase) play(h *harness) {
	works := newClockwork(c.holds, c.renderer)
	works.state, works.mute = "STOPPED", c.mute
	h.slowSession()
	works.fetch = func(uri string) { h.fetchInto(uri, works) }
	h.attachWorks(works)
	h.soundComes()
	packets, every := tonePackets(), float64(slowFormat.Duration(slowFrames))/(1+c.sender*1e-6)
	began := time.Now()
	var w delayWatch
	for n := 0; time.Since(began) < clocksTime; n++ {
		time.Sleep(time.Until(began.Add(time.Duration(float64(n) * every))))
		h.HandlePacket(nil, raop.Packet{
			Seq: uint16(n), Timestamp: uint32(n * slowFrames), Arrival: time.Now(), Payload: packets[n%len(packets)],
		})
		if n%25 == 0 {
			synctest.Wait()
			w.look(h, works, time.Since(began))
		}
	}
	synctest.Wait()
	s := h.kitchen().Snapshot()
	h.t.Logf("%+v; delay at first %v, moved %v; %d seams, %d times dry; greatest step of the ratio %.1f ppm",
		s.Clock, w.first, w.moved, works.seams, works.dry, w.stride)
	if works.seams != 0 || works.dry != 0 || s.Stream.Overruns != 0 {
		h.t.Errorf("want no gap and no click, got %d seams, %d times dry, %d overruns", works.seams, works.dry, s.Stream.Overruns)
	}
	if equal := c.sender == 0 && c.renderer == 0; (equal || c.mute) && (works.inexact != 0 || w.stride != 0) {
		h.t.Errorf("want every sample as it came, got %d others, and %v ppm", works.inexact, w.stride)
	}
	if c.mute {
		c.notFollowed(h, s.Clock, w)
		return
	}
	if !s.Clock.Measured || !s.Clock.Learned {
		h.t.Errorf("want it measured by the position, and learned, got %+v", s.Clock)
	}
	if waits := h.running.packets.Stats().RetransmitWait; c.holds == large && waits <= latency-200*time.Millisecond {
		h.t.Errorf("want packets waited for while the renderer plays what it has, got %v", waits)
	}
	if off := s.Clock.PPM - (c.renderer - c.sender); math.Abs(off) > 30 {
		h.t.Errorf("want the ratio of the clocks, got %.1f ppm more", off)
	}
	if w.stride > 30 {
		h.t.Errorf("want a ratio that glides, got a step of %.1f ppm within 1.1 s", w.stride)
	}
	if bound := 20 * time.Millisecond; w.moved > bound {
		h.t.Errorf("want the delay held to %v, got %v off", bound, w.moved)
	}
}

// notFollowed is judged of a renderer that tells no position: its delay moves as its
// clock does.
func (c clocksCase) notFollowed(h *harness, drift player.Clock, w delayWatch) {
	if drift.Measured || drift.Learned {
		h.t.Errorf("want nothing measured, got %+v", drift)
	}
	want := time.Duration(math.Abs(c.renderer-c.sender) * 1e-6 * float64(clocksTime))
	if (w.moved - want).Abs() > 30*time.Millisecond {
		h.t.Errorf("want the delay moved by %v, got %v", want, w.moved)
	}
}

// slowSession begins a session of slowFormat.
func (h *harness) slowSession() {
	h.sender.latency = slowFormat.Frames(2 * time.Second)
	h.beginWith(slowFormat, slowFrames)
}

// attachWorks makes a clockwork known to the bridge.
func (h *harness) attachWorks(works *clockwork) *player.Target {
	t := newTarget(h.t, works, kitchen, "Kitchen")
	t.Settings.Drift, t.Settings.Preroll = true, time.Second
	setFormats(t)
	h.attach(t)
	return t
}

// A delayWatch looks how much of what was written is not played.
type delayWatch struct {
	first, moved time.Duration
	stride       float64 // greatest step of the ratio in force
	ppm          float64
	sum          time.Duration // of the looks since the last average
	looks        int
}

// look has all else at rest.
func (w *delayWatch) look(h *harness, works *clockwork, since time.Duration) {
	ppm := h.ppm()
	w.stride, w.ppm = max(w.stride, math.Abs(ppm-w.ppm)), ppm
	if since < 12*time.Second {
		return
	}
	s := h.kitchen().Snapshot()
	w.sum += slowFormat.Duration(s.Stream.FramesWritten - works.played(time.Now()))
	if w.looks++; w.looks < 50 {
		return
	}
	delay := w.sum / time.Duration(w.looks)
	w.sum, w.looks = 0, 0
	if w.first == 0 {
		w.first = delay
	}
	w.moved = max(w.moved, (delay - w.first).Abs())
}

// ppm is the ratio in force of the only output.
func (h *harness) ppm() float64 {
	if all := h.running.playout.ResamplingPPM(); len(all) > 0 {
		return all[0]
	}
	return 0
}

// A renderer that updates its position by a timer of its own is not asked for the
// moment in which it advances; nor is one whose clock is not followed.
func TestWhoIsAskedForItsSecond(t *testing.T) {
	for _, c := range []struct {
		name   string
		drift  settings.AutoOff
		coarse bool
		asked  bool
	}{
		{"a renderer", true, false, true},
		{"one with a coarse position", true, true, false},
		{"one whose clock is not followed", false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, func(h *harness) {
				works := newClockwork(large, 0)
				works.state = "STOPPED"
				h.slowSession()
				target := h.attachWorks(works)
				target.Settings.Drift, target.Traits.CoarsePosition = c.drift, c.coarse
				works.began, works.got = time.Now(), 1<<40
				h.soundComes()
				time.Sleep(time.Minute)
				if asked := works.asked.Load() > 30; asked != c.asked {
					t.Errorf("want it asked often %v, got %d times a minute", c.asked, works.asked.Load())
				}
			})
		})
	}
}
