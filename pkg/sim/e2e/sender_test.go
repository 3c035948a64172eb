package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/sim/demo"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
)

// A testSender is a simulated sender that fails its test on errors.
type testSender struct {
	*sender.Sender
	t *testing.T
}

// newSender runs a sender for a speaker until the end of the test.
func (sim *simulation) newSender(to bridge.Speaker, o sender.Options) testSender {
	sim.t.Helper()
	o.Addr = demo.RTSPAddr(to)
	s, err := sender.New(o)
	if err != nil {
		sim.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	sim.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			sim.t.Errorf("sender: %v", err)
		}
	})
	return testSender{s, sim.t}
}

// connectSender is newSender with its session begun.
func (sim *simulation) connectSender(to bridge.Speaker, o sender.Options) testSender {
	sim.t.Helper()
	s := sim.newSender(to, o)
	must(sim.t, s.Connect(sim.t.Context()))
	return s
}

// send sends sound.
func (s testSender) send(pcm []int32) {
	s.t.Helper()
	must(s.t, s.Send(s.t.Context(), pcm))
}

// sendSilenceUntil sends silence until done reports true: a session that ends drops
// what is on its way.
func (s testSender) sendSilenceUntil(what string, done func() bool) {
	s.t.Helper()
	s.sendUntil(silence(waitTimeout), what, done)
}

// sendSilenceUntilHeard sends silence until so many samples of sound were
// recorded.
func (s testSender) sendSilenceUntilHeard(rec *recorder, samples int) {
	s.t.Helper()
	s.sendSilenceUntil(fmt.Sprintf("%d samples at the speaker", samples), func() bool { return rec.samples() >= samples })
}

// sendUntil sends music until done reports true, and returns how many samples were
// sent. It is one call of Send: a stall of the machine does not make the sender pause.
func (s testSender) sendUntil(music []int32, what string, done func() bool) (sent int) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	before := s.Stats().Frames
	sending := make(chan error, 1)
	go func() { sending <- s.Send(ctx, music) }()
	if err := demo.Poll(ctx, audio.CD.Duration(int64(len(music)/audio.CD.Channels)), done); err != nil {
		s.t.Fatalf("not while the sender played: %s", what)
	}
	cancel()
	if err := <-sending; err != nil && !errors.Is(err, context.Canceled) {
		s.t.Fatal(err)
	}
	return int(s.Stats().Frames-before) * audio.CD.Channels
}

// testMusic is sound without a silent frame, different for each number: two triangle
// waves, one of them of rising frequency.
func testMusic(number int, length time.Duration) []int32 {
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
