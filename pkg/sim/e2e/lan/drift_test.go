//go:build linux

package lan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/lab"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
	"github.com/breezeway-audio/breezeway/pkg/sim/stall"
)

const (
	// driftVariable has TestDrift run: for so long, or driftTime for "1".
	driftVariable = "BREEZEWAY_E2E_DRIFT"
	driftTime     = 10 * time.Minute
	// settledAfter the first sound, a delay is taken for what it is to be.
	settledAfter = 20 * time.Second
	// maxDelayError is how far a delay may be off that at any time, where a speaker
	// reports its position; where it reports none, how far it may be off the drift of
	// its clock.
	maxDelayError = 20 * time.Millisecond
	// traceEvery is how often it is logged where a delay is.
	traceEvery = 10 * time.Second
	// maxStall is a pause of the whole machine in which a sender may come too late
	// and a speaker run dry.
	maxStall = 500 * time.Millisecond
	// embeddedBufferBytes is the receive buffer of a speaker that fetches as it plays.
	embeddedBufferBytes = 16 << 10
)

// A clockCase is a speaker whose clock is off. They report their position in whole
// seconds, but for one. Some take all that there is, others have small buffers and
// more sound than these take, so that they fetch as they play.
type clockCase struct {
	name   string
	quirks speaker.Quirks
	rule   string
}

var clockCases = []clockCase{
	{"fast", speaker.Quirks{SkewPPM: 300}, ""},
	{"slow", speaker.Quirks{SkewPPM: -300}, ""},
	{"slow, fetches as it plays", speaker.Quirks{SkewPPM: -300, ReceiveBufferBytes: embeddedBufferBytes}, "codec=wav, preroll=6s"},
	{"fast, fetches FLAC as it plays", speaker.Quirks{SkewPPM: 300, ReceiveBufferBytes: embeddedBufferBytes}, "codec=flac, preroll=10s"},
	{"fast, reports no position", speaker.Quirks{SkewPPM: 300, NoRelTime: true}, ""},
}

// A clockedSpeaker is a speaker whose clock is off, and what plays to it.
type clockedSpeaker struct {
	clockCase
	name    string
	speaker *lab.Process
	from    *simSender
}

// TestDrift plays to speakers with clocks that are far off, over a network whose
// packets have 1500 bytes: no seam in the sound, no underrun, and each delay stays
// what it was where the speaker reports its position.
func TestDrift(t *testing.T) {
	length := driftLength(t)
	binary := build(t)
	hosts := []string{"bridge", "sender"}
	var rules []string
	for i, c := range clockCases {
		hosts = append(hosts, fmt.Sprint("room", i))
		if c.rule != "" {
			rules = append(rules, fmt.Sprintf("Room %d: %s", i, c.rule))
		}
	}
	lan := lab.NewLAN(t, hosts...)
	stalls := stall.Watch(t)
	var rooms []*clockedSpeaker
	for i, c := range clockCases {
		r := &clockedSpeaker{clockCase: c, name: fmt.Sprint("Room ", i)}
		r.start(t, lan.Host(hosts[2+i]))
		rooms = append(rooms, r)
	}
	b := startBridge(t, lan.Host("bridge"), binary, longLatency, "BREEZEWAY_PREROLL=1s", "BREEZEWAY_RULES="+strings.Join(rules, "; "))
	piece := clockedPiece()
	for _, r := range rooms {
		r.from = connectSimSender(t, lan.Host("sender"), b.offered(t, r.name, foundWithin))
		go r.send(t.Context(), piece, length)
	}
	trace(t, b, rooms, length)
	status := b.status(t)
	pause := stalls.Longest()
	t.Logf("the machine stood still for %v at most", pause)
	for _, r := range rooms {
		t.Run(r.name, func(t *testing.T) {
			r.from.waitSent(t)
			faults := r.faults(t, status.renderer(t, r.name), length)
			if len(faults) > 0 && pause >= maxStall {
				t.Skipf("the machine stood still for %v, so this says nothing: %q", pause, faults)
			}
			for _, fault := range faults {
				t.Error(fault)
			}
		})
	}
}

// driftLength is how long TestDrift plays.
func driftLength(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv(driftVariable)
	if text == "" {
		t.Skipf("it takes %v: set %s to 1, or to another time, or make e2e-drift", driftTime, driftVariable)
	}
	if text == "1" {
		return driftTime
	}
	length, err := time.ParseDuration(text)
	if err != nil || length < 2*settledAfter {
		t.Fatalf("%s=%s: want 1, or a time of %v or more", driftVariable, text, 2*settledAfter)
	}
	return length
}

// start runs the room's speaker.
func (r *clockedSpeaker) start(t *testing.T, host *lab.Host) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	quirks, err := json.Marshal(r.quirks)
	if err != nil {
		t.Fatal(err)
	}
	r.speaker = host.Start(t, lab.Program{
		Name: "software speaker " + r.name,
		Args: []string{program},
		Env:  []string{speakerVariable + "=" + r.name, addrVariable + "=" + host.Addr.String(), quirksVariable + "=" + string(quirks)},
	})
	r.speaker.WaitLine(t, "^ready at ", logWithin)
}

// send sends the piece again and again.
func (r *clockedSpeaker) send(ctx context.Context, piece []int32, length time.Duration) {
	var err error
	for end := time.Now().Add(length); err == nil; {
		left := audio.CD.Frames(time.Until(end))
		if left <= 0 {
			break
		}
		err = r.from.Send(ctx, piece[:min(int64(len(piece)), 2*left)])
	}
	r.from.sendC <- err
}

// measurements is what the speaker's delayMeter has printed so far.
func (r *clockedSpeaker) measurements(t *testing.T) (all []Measurement) {
	t.Helper()
	for _, line := range r.speaker.Lines() {
		text, ok := strings.CutPrefix(line, measurementPrefix)
		if !ok {
			continue
		}
		var h Measurement
		if err := json.Unmarshal([]byte(text), &h); err != nil {
			t.Fatalf("%s: %q: %v", r.name, line, err)
		}
		all = append(all, h)
	}
	return all
}

// settled is the index in all of what is held from then on; ok is false before.
func settled(all []Measurement) (i int, ok bool) {
	for i, h := range all {
		if h.AtMS >= settledAfter.Milliseconds() {
			return i, true
		}
	}
	return 0, false
}

// trace logs where the delays are until the sending is over.
func trace(t *testing.T, b *bridge, rooms []*clockedSpeaker, length time.Duration) {
	t.Helper()
	ticker := time.NewTicker(traceEvery)
	defer ticker.Stop()
	for began := time.Now(); time.Since(began) < length-traceEvery; {
		<-ticker.C
		status := b.status(t)
		for _, r := range rooms {
			all := r.measurements(t)
			i, ok := settled(all)
			if !ok {
				continue
			}
			last := all[len(all)-1]
			c := status.renderer(t, r.name).Clock
			t.Logf("%3.0f s, %s (%s): moved %+.1f ms; delay %d ms, target %d ms, %.1f ppm; %d seams, %d underruns", float64(last.AtMS)/1e3, r.name, r.clockCase.name,
				float64(last.DelayUS-all[i].DelayUS)/1e3, c.DelayMS, c.TargetMS, c.PPM, last.Seams, last.Underruns)
		}
	}
}

// faults tells what is not as it should be: all that was sent is heard, and its
// delay is held.
func (r *clockedSpeaker) faults(t *testing.T, s shownRenderer, length time.Duration) (faults []string) {
	t.Helper()
	all := r.measurements(t)
	from, ok := settled(all)
	if !ok {
		return []string{fmt.Sprintf("want sound for %v and more, got %+v", settledAfter, all)}
	}
	var moved time.Duration
	for _, h := range all[from:] {
		if off := h.delay() - r.expected(all[from], h); off.Abs() > moved.Abs() {
			moved = off
		}
	}
	last := all[len(all)-1]
	heard := audio.CD.Duration(last.Frames)
	t.Logf("%s, %s: the delay was %+.1f ms off what is expected at most; %v of sound, %d seams, %d underruns, %d overruns; %.1f ppm",
		r.clockCase.name, s.Stream.Codec, 1e3*moved.Seconds(), heard.Round(time.Second), last.Seams, last.Underruns, s.Stream.Overruns, s.Clock.PPM)
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if last.Seams != 0 || last.Underruns != 0 || s.Stream.Overruns != 0 {
		fault("want no gap and no click, got %d seams, %d underruns, %d overruns", last.Seams, last.Underruns, s.Stream.Overruns)
	}
	if missing := length - heard; missing > playedWithin+2*measureEvery {
		fault("want %v heard, got %v", length, heard)
	}
	if moved.Abs() > maxDelayError {
		fault("want the delay within %v of what is expected, got %v", maxDelayError, moved)
	}
	if s.Clock.Measured == r.quirks.NoRelTime {
		fault("want the clock measured by the position, and only by that, got %+v", s.Clock)
	}
	if s.Clock.TargetMS != 0 && math.Abs(s.Clock.PPM-r.quirks.SkewPPM) > 100 {
		fault("want a correction near %.0f ppm, got %.1f", r.quirks.SkewPPM, s.Clock.PPM)
	}
	return faults
}

// delay is how long after its sending the sound was heard.
func (h Measurement) delay() time.Duration { return time.Duration(h.DelayUS) * time.Microsecond }

// expected is the delay at h when it was that of first before: the same, or, of a
// speaker that reports no position, what its clock makes of it.
func (r *clockedSpeaker) expected(first, h Measurement) time.Duration {
	if !r.quirks.NoRelTime {
		return first.delay()
	}
	since := time.Duration(h.AtMS-first.AtMS) * time.Millisecond
	return first.delay() - time.Duration(r.quirks.SkewPPM*1e-6*float64(since))
}

// A shownStatus is what TestDrift needs of the API's.
type shownStatus struct {
	Speakers []struct {
		Name      string
		Renderers []shownRenderer
	}
}

// A shownRenderer is the only one of a speaker.
type shownRenderer struct {
	Stream struct {
		Codec    string
		Overruns uint64
	}
	Clock struct {
		Measured          bool
		DelayMS, TargetMS int64
		PPM               float64
	}
}

// status asks the program.
func (b *bridge) status(t *testing.T) (s shownStatus) {
	t.Helper()
	resp, err := b.host.HTTP().Get("http://" + b.host.Addr.String() + ":7700/api/status")
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(json.NewDecoder(resp.Body).Decode(&s), resp.Body.Close())
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("status: %s, %v", resp.Status, err)
	}
	return s
}

func (s shownStatus) renderer(t *testing.T, speaker string) shownRenderer {
	t.Helper()
	for _, one := range s.Speakers {
		if one.Name == speaker && len(one.Renderers) == 1 {
			return one.Renderers[0]
		}
	}
	t.Fatalf("want %s shown, got %+v", speaker, s)
	return shownRenderer{}
}
