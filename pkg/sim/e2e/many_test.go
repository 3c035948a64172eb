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

// Each speaker plays a stream of its own; after the end nothing is left of it.
// It runs alone: it counts what this process holds.
func TestManyAtOnce(t *testing.T) {
	socketsBefore := openSockets(t)
	var ears []*ear
	var speakers []speaker.Options
	for i := range manySpeakers {
		ears = append(ears, newEar())
		speakers = append(speakers, speaker.Options{Name: fmt.Sprint("Room ", i), Capture: ears[i]})
	}
	p := stand(t, []string{"BREEZEWAY_LATENCY=4s"}, speakers...)
	t.Run("play", func(t *testing.T) {
		for i := range manySpeakers {
			t.Run(fmt.Sprint("Room ", i), func(t *testing.T) {
				t.Parallel()
				playInOneRoom(p.in(t), fmt.Sprint("Room ", i), ears[i], i)
			})
		}
	})
	for _, one := range p.Speakers {
		p.eventually("the speaker stops", func() bool { return one.State() == speaker.Stopped })
	}
	p.stop()
	for _, one := range p.Speakers {
		if n := one.Subscriptions(); n != 0 {
			t.Errorf("want no subscription left at a speaker, got %d", n)
		}
	}
	if err := goleak.Find(); err != nil {
		t.Errorf("goroutines left: %v", err)
	}
	p.eventually("all sockets are closed", func() bool { return openSockets(t) <= socketsBefore })
}

// playInOneRoom plays while the others play too, and wants it without a gap.
func playInOneRoom(p *production, name string, e *ear, number int) {
	to := p.offered(name)
	from := p.connect(to, sender.Options{Encryption: sender.EncryptionRSA, Seed: uint64(number)})
	p.eventually("all senders are connected", func() bool { return p.inState(player.StateIdle) == 0 })
	music := tune(number, 4*time.Second)
	from.play(music[:len(music)/2])
	if n := p.inState(player.StatePlaying); n != manySpeakers {
		p.t.Errorf("want %d rooms playing at once, got %d", manySpeakers, n)
	}
	from.play(music[len(music)/2:])
	from.playOut(e, len(music))
	s := p.shown(to.UDN)
	must(p.t, from.Teardown(p.t.Context()))
	e.wantPieces(p.t, music)
	if j := s.Jitter; j.ConcealedFrames+j.StarvedFrames+j.Lost+j.Restarts != 0 || s.Nearest().Stream.Overruns != 0 {
		p.t.Errorf("want no gap, got %+v, %+v", j, s.Nearest().Stream)
	}
}

// inState counts the bridges in a state.
func (p *production) inState(state player.State) int {
	n := 0
	for _, one := range p.Daemon.Snapshot().Speakers {
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
