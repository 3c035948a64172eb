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
	// waitTimeout bounds every wait for what must come.
	waitTimeout = 30 * time.Second
	// longLatency makes the buffer so long that packets which a busy machine delays do
	// not make a test fail.
	longLatency = "BREEZEWAY_LATENCY=2s"
)

// A simulation is a demo.Simulation that runs for one test.
type simulation struct {
	*demo.Simulation
	t    *testing.T
	log  *logBuffer
	stop func() time.Duration // ends the simulation and tells how long that took; may be called twice
}

// startSimulation runs a simulation until the end of the test.
func startSimulation(t *testing.T, environ []string, speakers ...speaker.Options) *simulation {
	t.Helper()
	return startSimulationWith(t, environ, demo.Options{Speakers: speakers})
}

// startSimulationWith is startSimulation with further options. The log is kept, and shown
// when the test fails.
func startSimulationWith(t *testing.T, environ []string, o demo.Options) *simulation {
	t.Helper()
	c, err := demo.Config(environ...)
	if err != nil {
		t.Fatal(err)
	}
	sim := &simulation{t: t, log: &logBuffer{}}
	o.Log = zerolog.New(sim.log).Level(zerolog.DebugLevel).With().Timestamp().Logger()
	sim.Simulation, err = demo.NewSimulation(c, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- sim.Run(ctx) }()
	var once sync.Once
	var took time.Duration
	sim.stop = func() time.Duration {
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
		sim.stop()
		if t.Failed() {
			t.Logf("log of the simulation:\n%s", sim.log)
		}
	})
	return sim
}

// forSubtest is the same simulation, which reports to a subtest.
func (sim simulation) forSubtest(t *testing.T) *simulation {
	sim.t = t
	return &sim
}

// waitOffered waits for a speaker to be offered to senders.
func (sim *simulation) waitOffered(name string) bridge.Speaker {
	sim.t.Helper()
	found, err := sim.Find(sim.t.Context(), name)
	if err != nil {
		sim.t.Fatal(err)
	}
	return found
}

// snapshot is the state of the speaker with that UDN now; the zero Speaker if the
// bridge does not know it.
func (sim *simulation) snapshot(udn string) bridge.Speaker {
	speakers := sim.Daemon.Snapshot().Speakers
	if i := slices.IndexFunc(speakers, func(s bridge.Speaker) bool { return s.UDN == udn }); i >= 0 {
		return speakers[i]
	}
	return bridge.Speaker{}
}

// eventually waits until done reports true.
func (sim *simulation) eventually(what string, done func() bool) {
	sim.t.Helper()
	if err := demo.Poll(sim.t.Context(), waitTimeout, done); err != nil {
		sim.t.Fatalf("not within %v: %s", waitTimeout, what)
	}
}

// addSpeaker runs one more speaker in the simulation; leave stops it.
func (sim *simulation) addSpeaker(o speaker.Options) (one *speaker.Speaker, leave func()) {
	sim.t.Helper()
	one, err := sim.NewSpeaker(o)
	if err != nil {
		sim.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- one.Run(ctx) }()
	leave = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			sim.t.Errorf("speaker: %v", err)
		}
	})
	sim.t.Cleanup(leave)
	select {
	case <-one.Ready():
	case <-time.After(waitTimeout):
		sim.t.Fatal("the speaker does not come up")
	}
	return one, leave
}

// countCalls counts the SOAP calls of an action that a speaker carried out.
func countCalls(s *speaker.Speaker, action string) int {
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

// A logBuffer holds the log for a test that reads it while it is written.
type logBuffer struct {
	mu  sync.Mutex // guards buf
	buf strings.Builder
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// linesWith are the lines that contain all of the texts.
func (l *logBuffer) linesWith(texts ...string) []string {
	var found []string
	for line := range strings.Lines(l.String()) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			found = append(found, line)
		}
	}
	return found
}
