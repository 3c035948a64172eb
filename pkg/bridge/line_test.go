package bridge

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
	"github.com/breezeway-audio/breezeway/pkg/audio"
)

const (
	packetFrames = 352
	lateness     = 500 * time.Millisecond // that packets may have
)

// A tape is a sink that keeps what is written, as packed 16-bit samples.
type tape struct {
	mu      sync.Mutex // guards below
	samples []int32
}

func (s *tape) Write(b []byte, _ int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := 0; at+2 <= len(b); at += 2 {
		s.samples = append(s.samples, int32(int16(binary.BigEndian.Uint16(b[at:]))))
	}
	return nil
}

func (s *tape) all() []int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.samples)
}

// asked notes what is asked for again.
type asked struct {
	runs    []uint16
	latency int64 // frames that the sender counts on
}

func (a *asked) Latency() (int64, bool) { return a.latency, true }

func (a *asked) RequestResend(first uint16, count int) error {
	for i := range count {
		a.runs = append(a.runs, first+uint16(i))
	}
	return nil
}

// A line is a pipeline under test that carries L16 in a bubble of fake time.
type line struct {
	*pipeline
	t     *testing.T
	asked *asked
	out   *tape
	opens *output
	seq   uint16
	at    uint32
	heard atomic.Int32 // times that onSound was called
	quiet atomic.Int32 // times that onQuiet was
}

// runLine runs test with a line that plays.
func runLine(t *testing.T, test func(l *line)) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{t: t, asked: &asked{}, out: &tape{}, seq: 1<<16 - 20, at: 1<<32 - 4000}
		params := raop.StreamParams{Codec: raop.L16, Format: audio.CD, FrameLength: packetFrames}
		p, err := newPipeline(params, lateness, l.asked)
		if err != nil {
			t.Fatal(err)
		}
		p.onSound = func() { l.heard.Add(1) }
		p.onQuiet = func() { l.quiet.Add(1) }
		l.pipeline = p
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		test(l)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// payload is a packet's worth of one value; two bytes of it are missing on
// demand.
func payload(value int16, ragged bool) []byte {
	b := make([]byte, 0, 4*packetFrames)
	for range 2 * packetFrames {
		b = binary.BigEndian.AppendUint16(b, uint16(value))
	}
	if ragged {
		return b[2:]
	}
	return b
}

// send sends a packet of each value, in real time.
func (l *line) send(values ...int16) {
	for _, v := range values {
		l.packet(v, false)
	}
}

func (l *line) packet(value int16, ragged bool) {
	l.push(raop.Packet{Seq: l.seq, Timestamp: l.at, Arrival: time.Now(), Payload: payload(value, ragged)})
	l.skip()
}

// skip loses a packet: its time passes.
func (l *line) skip() {
	l.seq++
	l.at += packetFrames
	l.pass(audio.CD.Duration(packetFrames))
}

// pass lets time pass.
func (l *line) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// open begins the output and gives its lead, in frames.
func (l *line) open() int64 {
	v := voice{codec: audio.L16}
	encoder, err := v.encoder(audio.CD, 0)
	if err != nil {
		l.t.Fatal(err)
	}
	var lead time.Duration
	l.opens, lead = l.begin(v, encoder, l.out, preroll)
	return audio.CD.Frames(lead)
}

// A stretch is how many frames of one value follow each other.
type stretch struct {
	value  int32
	frames int64
}

// stretches are what is on the tape.
func (l *line) stretches() []stretch {
	var found []stretch
	all := l.out.all()
	for i := 0; i < len(all); i += audio.CD.Channels {
		if n := len(found); n == 0 || found[n-1].value != all[i] {
			found = append(found, stretch{value: all[i]})
		}
		found[len(found)-1].frames++
	}
	return found
}

// want fails the test unless the tape holds these stretches. Those of silence
// may be off by what the clock of nanoseconds rounds.
func (l *line) want(want ...stretch) {
	l.t.Helper()
	got := l.stretches()
	ok := len(got) == len(want)
	for i := 0; ok && i < len(want); i++ {
		slack := int64(0)
		if want[i].value == 0 {
			slack = 3
		}
		off := got[i].frames - want[i].frames
		ok = got[i].value == want[i].value && -slack <= off && off <= slack
	}
	if !ok {
		l.t.Errorf("want %v, got %v", want, got)
	}
}
