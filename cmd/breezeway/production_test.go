package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

const (
	// patience bounds every wait for what must come.
	patience = 30 * time.Second
	// roomy lets packets be so late that a machine with much else to do does
	// not make a test fail.
	roomy = "BREEZEWAY_LATENCY=2s"
)

// A production is a stage that runs for one test.
type production struct {
	*stage
	t     *testing.T
	lines *lines
	stop  func() time.Duration // ends the stage and tells how long that took; may be called twice
}

// stand runs a stage until the end of the test.
func stand(t *testing.T, environ []string, speakers ...speaker.Options) *production {
	t.Helper()
	c, err := stageConfig(environ...)
	if err != nil {
		t.Fatal(err)
	}
	p := &production{t: t, lines: &lines{}}
	p.stage, err = newStage(c, speakers, zerolog.New(p.lines).Level(zerolog.DebugLevel).With().Timestamp().Logger())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	var once sync.Once
	var took time.Duration
	p.stop = func() time.Duration {
		once.Do(func() {
			began := time.Now()
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("stage: %v", err)
			}
			took = time.Since(began)
		})
		return took
	}
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("log of the stage:\n%s", p.lines)
		}
	})
	return p
}

// in is the production for a part of its test.
func (p production) in(t *testing.T) *production {
	p.t = t
	return &p
}

// offered waits for a speaker to be offered to senders.
func (p *production) offered(name string) bridge.Speaker {
	p.t.Helper()
	found, err := p.find(p.t.Context(), name)
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// shown is the speaker of that UDN as the bridge shows it now; the zero
// Speaker when it does not.
func (p *production) shown(udn string) bridge.Speaker {
	speakers := p.daemon.manager.Snapshot().Speakers
	if i := slices.IndexFunc(speakers, func(s bridge.Speaker) bool { return s.UDN == udn }); i >= 0 {
		return speakers[i]
	}
	return bridge.Speaker{}
}

// eventually waits until done reports true.
func (p *production) eventually(what string, done func() bool) {
	p.t.Helper()
	if err := poll(p.t.Context(), patience, done); err != nil {
		p.t.Fatalf("not within %v: %s", patience, what)
	}
}

// join makes one more speaker join the stage; leave has it go.
func (p *production) join(o speaker.Options) (one *speaker.Speaker, leave func()) {
	p.t.Helper()
	one, err := p.newSpeaker(o)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- one.Run(ctx) }()
	leave = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			p.t.Errorf("speaker: %v", err)
		}
	})
	p.t.Cleanup(leave)
	select {
	case <-one.Ready():
	case <-time.After(patience):
		p.t.Fatal("the speaker does not come up")
	}
	return one, leave
}

// A source is a sender in a test.
type source struct {
	*sender.Sender
	t *testing.T
}

// newSource runs a sender for a speaker until the end of the test.
func (p *production) newSource(to bridge.Speaker, o sender.Options) source {
	p.t.Helper()
	o.Addr = rtspAddr(to)
	s, err := sender.New(o)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	p.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			p.t.Errorf("sender: %v", err)
		}
	})
	return source{s, p.t}
}

// connect is newSource with its session begun.
func (p *production) connect(to bridge.Speaker, o sender.Options) source {
	p.t.Helper()
	s := p.newSource(to, o)
	must(p.t, s.Connect(p.t.Context()))
	return s
}

// play sends sound.
func (s source) play(pcm []int32) {
	s.t.Helper()
	must(s.t, s.Send(s.t.Context(), pcm))
}

// playUntil sends silence until done reports true: a session that ends drops
// what is on its way.
func (s source) playUntil(what string, done func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) {
			s.t.Fatalf("not within %v of silence: %s", patience, what)
		}
		s.play(silence(100 * time.Millisecond))
	}
}

// playOut sends silence until an ear heard so many samples of sound.
func (s source) playOut(e *ear, samples int) {
	s.t.Helper()
	s.playUntil(fmt.Sprintf("%d samples at the speaker", samples), func() bool { return e.heard() >= samples })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// An ear is what a speaker is captured by: the pieces of sound between silence.
type ear struct {
	mu     sync.Mutex // guards below
	pieces [][]int32
	silent bool
	count  int // samples of sound
}

func newEar() *ear { return &ear{silent: true} }

// Write takes packed 16-bit stereo.
func (e *ear) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for at := 0; at+4 <= len(b); at += 4 {
		left := int32(int16(binary.LittleEndian.Uint16(b[at:])))
		right := int32(int16(binary.LittleEndian.Uint16(b[at+2:])))
		quiet := left == 0 && right == 0
		if !quiet {
			if e.silent {
				e.pieces = append(e.pieces, nil)
			}
			last := &e.pieces[len(e.pieces)-1]
			*last = append(*last, left, right)
			e.count += 2
		}
		e.silent = quiet
	}
	return len(b), nil
}

// heard is how many samples of sound there were.
func (e *ear) heard() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.count
}

// all are the pieces so far.
func (e *ear) all() [][]int32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.pieces)
}

// wantPieces fails the test unless the ear heard these pieces and no others.
func (e *ear) wantPieces(t *testing.T, want ...[]int32) {
	t.Helper()
	got := e.all()
	if len(got) != len(want) {
		t.Errorf("want %d pieces of sound %v, got %v", len(want), lengths(want), lengths(got))
		return
	}
	for i := range want {
		if !slices.Equal(want[i], got[i]) {
			t.Errorf("piece %d of %d samples: got %d samples, of which the first %d are right",
				i, len(want[i]), len(got[i]), common(want[i], got[i]))
		}
	}
}

func lengths(pieces [][]int32) []int {
	var n []int
	for _, p := range pieces {
		n = append(n, len(p))
	}
	return n
}

// common is how many samples two pieces begin with alike.
func common(a, b []int32) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// tune is sound in which no frame is silent, another one for each number: two
// triangle waves, one of them rising.
func tune(number int, length time.Duration) []int32 {
	frames := int(audio.CD.Frames(length))
	pcm := make([]int32, 0, frames*audio.CD.Channels)
	step := uint32(number+1) * 12_000_019 // of the phase, whose whole circle is 1<<32
	var left, right uint32
	for range frames {
		step += uint32(number + 3)
		left, right = left+step, right+7_000_003
		pcm = append(pcm, triangle(left)|1, triangle(right)|1)
	}
	return pcm
}

// triangle is the wave at a phase, between -8192 and 8191.
func triangle(phase uint32) int32 {
	return int32(min(phase, -phase)>>17) - 8192
}

func silence(length time.Duration) []int32 {
	return make([]int32, int(audio.CD.Frames(length))*audio.CD.Channels)
}

// did counts the calls of an action that a speaker granted.
func did(s *speaker.Speaker, action string) int {
	n := 0
	for _, c := range s.Calls() {
		if c.Action == action && c.Fault == 0 {
			n++
		}
	}
	return n
}

// lines is a log that a test reads while it is written.
type lines struct {
	mu  sync.Mutex // guards buf
	buf strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// with are the lines that hold all of the texts.
func (l *lines) with(texts ...string) []string {
	var found []string
	for line := range strings.Lines(l.String()) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			found = append(found, line)
		}
	}
	return found
}
