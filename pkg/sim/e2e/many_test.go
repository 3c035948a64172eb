package e2e_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

const manySpeakers = 8

// Eight speakers play a stream each; after the end no goroutine and no socket is left.
// The test does not run in parallel with others: it counts what this process has open.
func TestManySpeakersAtOnce(t *testing.T) {
	socketsBefore := openSockets(t)
	var recorders []*recorder
	var speakers []speaker.Options
	for i := range manySpeakers {
		recorders = append(recorders, newRecorder())
		speakers = append(speakers, speaker.Options{Name: fmt.Sprint("Room ", i), Capture: recorders[i]})
	}
	sim := startSimulation(t, []string{"BREEZEWAY_LATENCY=4s"}, speakers...)
	t.Run("play", func(t *testing.T) {
		for i := range manySpeakers {
			t.Run(fmt.Sprint("Room ", i), func(t *testing.T) {
				t.Parallel()
				playInOneRoom(sim.forSubtest(t), fmt.Sprint("Room ", i), recorders[i], i)
			})
		}
	})
	for _, one := range sim.Speakers {
		sim.eventually("the speaker stops", func() bool { return one.State() == speaker.Stopped })
	}
	sim.stop()
	for _, one := range sim.Speakers {
		if n := one.Subscriptions(); n != 0 {
			t.Errorf("want no subscription left at a speaker, got %d", n)
		}
	}
	if err := goleak.Find(); err != nil {
		t.Errorf("goroutines left: %v", err)
	}
	sim.eventually("all sockets are closed", func() bool { return openSockets(t) <= socketsBefore })
}

// playInOneRoom plays while the others play too, and wants it without a gap.
func playInOneRoom(sim *simulation, name string, rec *recorder, number int) {
	to := sim.waitOffered(name)
	from := sim.connectSender(to, sender.Options{Encryption: sender.EncryptionRSA, Seed: uint64(number)})
	sim.eventually("all senders are connected", func() bool { return sim.countInState(player.StateIdle) == 0 })
	music := testMusic(number, 4*time.Second)
	from.send(music[:len(music)/2])
	if n := sim.countInState(player.StatePlaying); n != manySpeakers {
		sim.t.Errorf("want %d rooms playing at once, got %d", manySpeakers, n)
	}
	from.send(music[len(music)/2:])
	from.sendSilenceUntilHeard(rec, len(music))
	s := sim.snapshot(to.UDN)
	must(sim.t, from.Teardown(sim.t.Context()))
	rec.wantPieces(sim.t, music)
	if j := s.Jitter; j.ConcealedFrames+j.StarvedFrames+j.Lost+j.Restarts != 0 || s.Nearest().Stream.Overruns != 0 {
		sim.t.Errorf("want no gap, got %+v, %+v", j, s.Nearest().Stream)
	}
}

// countInState counts the bridges in a state.
func (sim *simulation) countInState(state player.State) int {
	n := 0
	for _, one := range sim.Daemon.Snapshot().Speakers {
		if one.State() == state {
			n++
		}
	}
	return n
}

// openSockets counts the sockets of this process.
func openSockets(t *testing.T) int {
	t.Helper()
	const held = "/proc/self/fd"
	entries, err := os.ReadDir(held)
	if err != nil {
		t.Skipf("this system does not tell what a process holds: %v", err)
	}
	n := 0
	for _, e := range entries {
		if to, err := os.Readlink(held + "/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}
