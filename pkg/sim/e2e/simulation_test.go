package e2e_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/sim/demo"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

const (
	// patience bounds every wait for what must come.
	patience = 30 * time.Second
	// roomy lets packets be so late that a machine with much else to do does
	// not make a test fail.
	roomy = "BREEZEWAY_LATENCY=2s"
)

// A production is a simulation that runs for one test.
type production struct {
	*demo.Simulation
	t     *testing.T
	lines *lines
	stop  func() time.Duration // ends the simulation and tells how long that took; may be called twice
}

// stand runs a simulation until the end of the test.
func stand(t *testing.T, environ []string, speakers ...speaker.Options) *production {
	t.Helper()
	return standWith(t, environ, demo.Options{Speakers: speakers})
}

// standWith is stand with more options than the speakers; the log is the test's.
func standWith(t *testing.T, environ []string, o demo.Options) *production {
	t.Helper()
	c, err := demo.Config(environ...)
	if err != nil {
		t.Fatal(err)
	}
	p := &production{t: t, lines: &lines{}}
	o.Log = zerolog.New(p.lines).Level(zerolog.DebugLevel).With().Timestamp().Logger()
	p.Simulation, err = demo.NewSimulation(c, o)
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
				t.Errorf("simulation: %v", err)
			}
			took = time.Since(began)
		})
		return took
	}
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("log of the simulation:\n%s", p.lines)
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
	found, err := p.Find(p.t.Context(), name)
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// shown is the speaker of that UDN as the bridge shows it now; the zero
// Speaker when it does not.
func (p *production) shown(udn string) bridge.Speaker {
	speakers := p.Daemon.Snapshot().Speakers
	if i := slices.IndexFunc(speakers, func(s bridge.Speaker) bool { return s.UDN == udn }); i >= 0 {
		return speakers[i]
	}
	return bridge.Speaker{}
}

// eventually waits until done reports true.
func (p *production) eventually(what string, done func() bool) {
	p.t.Helper()
	if err := demo.Poll(p.t.Context(), patience, done); err != nil {
		p.t.Fatalf("not within %v: %s", patience, what)
	}
}

// join makes one more speaker join the simulation; leave has it go.
func (p *production) join(o speaker.Options) (one *speaker.Speaker, leave func()) {
	p.t.Helper()
	one, err := p.NewSpeaker(o)
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

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
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
