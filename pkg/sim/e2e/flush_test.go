package e2e_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
	"github.com/breezeway-audio/breezeway/pkg/sim/stall"
)

// wantCutShort fails the test unless two pieces were recorded: the beginning of the
// one that a flush cut short, and all of the other. The silence between them shows
// that the stream went on in between.
func (rec *recorder) wantCutShort(t *testing.T, first, second []int32) {
	t.Helper()
	got := rec.soundPieces()
	if len(got) != 2 {
		t.Fatalf("want the sound before the flush and that after it, got pieces of %v samples", lengths(got))
	}
	if n := len(got[0]); n == len(first) || commonPrefix(first, got[0]) != n {
		t.Errorf("want a part of %d samples before the flush, got %d of which %d are right", len(first), n, commonPrefix(first, got[0]))
	}
	if !slices.Equal(second, got[1]) {
		t.Errorf("want %d samples after the flush, got %d of which %d are right", len(second), len(got[1]), commonPrefix(second, got[1]))
	}
}

// wantRest fails the test unless the beginning of the music was recorded, and then its
// end, at least from sample from on: what a flush keeps may have been played before it.
func (rec *recorder) wantRest(t *testing.T, music []int32, from int) {
	t.Helper()
	got := rec.soundPieces()
	last := got[len(got)-1]
	if n := len(last); n < len(music)-from || !slices.Equal(music[len(music)-n:], last) {
		t.Errorf("want at least the last %d samples, got %d", len(music)-from, n)
	}
	if n := len(got[0]); commonPrefix(music, got[0]) != n {
		t.Errorf("want the beginning of the sound, got %d samples of which %d are right", n, commonPrefix(music, got[0]))
	}
}

// endsWith reports whether a piece goes on to the end of music.
func endsWith(piece, music []int32) bool {
	const mark = 64 // samples that are nowhere else
	return len(piece) >= mark && slices.Equal(piece[len(piece)-mark:], music[len(music)-mark:])
}

// A flushCase is one way in which a sender flushes and goes on.
type flushCase struct {
	name  string
	flush func(sim *simulation, s testSender, udn string)
	kept  int // packets that the flush keeps
	plays int // starts of the renderer in all
}

var flushCases = []flushCase{
	{"and on at once", func(sim *simulation, s testSender, _ string) {
		must(sim.t, s.Flush(sim.t.Context()))
	}, 0, 1},
	{"and on after a while", func(sim *simulation, s testSender, udn string) {
		must(sim.t, s.Flush(sim.t.Context()))
		sim.eventually("the speaker is stopped", func() bool { return sim.snapshot(udn).State() == player.StateConnected })
		sim.eventually("the speaker stops", func() bool { return sim.Speakers[0].State() == speaker.Stopped })
	}, 0, 2},
	{"and on after RECORD", func(sim *simulation, s testSender, _ string) {
		must(sim.t, s.Flush(sim.t.Context()))
		must(sim.t, s.Record(sim.t.Context()))
	}, 0, 1},
	{"of what lies before packets already sent", func(sim *simulation, s testSender, _ string) {
		must(sim.t, s.FlushBut(sim.t.Context(), 50))
	}, 50, 1},
}

func TestFlush(t *testing.T) {
	for _, tt := range flushCases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stall.Retry(t, retryStall, func() error { return tt.run(t) })
		})
	}
}

// run plays through a flush. It returns a fault when the renderer was stopped
// where it should not have been, as it is when the machine stands still for as long
// as the bridge waits after a flush.
func (tt flushCase) run(t *testing.T) (fault error) {
	t.Helper()
	const packet = 352 * 2 // samples
	first, second := testMusic(1, 3*time.Second), testMusic(2, 1500*time.Millisecond)
	first = first[:len(first)/packet*packet]

	rec := newRecorder()
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Capture: rec})
	defer sim.stop()
	to := sim.waitOffered("Kitchen")
	from := sim.connectSender(to, sender.Options{StartSeq: 1<<16 - 300, StartTimestamp: 1<<32 - 100000})
	stopped := func() bool { return countCalls(sim.Speakers[0], "Stop") >= tt.plays }
	from.send(first)
	tt.flush(sim, from, to.UDN)
	from.send(second)
	from.sendSilenceUntil("the sound after the flush", func() bool {
		got := rec.soundPieces()
		return stopped() || len(got) > 0 && endsWith(got[len(got)-1], second)
	})
	if stopped() {
		return errors.New("want the renderer kept playing, it was stopped")
	}
	if tt.kept > 0 {
		rec.wantRest(t, append(first, second...), len(first)-tt.kept*packet)
	} else {
		rec.wantCutShort(t, first, second)
	}
	if got := countCalls(sim.Speakers[0], "Play"); got != tt.plays {
		t.Errorf("want %d starts of the renderer, got %d", tt.plays, got)
	}
	must(t, from.Teardown(t.Context()))
	sim.eventually("the speaker stops", func() bool { return sim.Speakers[0].State() == speaker.Stopped })
	return nil
}

func TestSilenceDoesNotStartTheSpeaker(t *testing.T) {
	t.Parallel()
	rec := newRecorder()
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Capture: rec})
	to := sim.waitOffered("Kitchen")
	wantUntouched := func() {
		t.Helper()
		for _, action := range []string{"SetAVTransportURI", "Play", "Stop", "SetVolume", "SetMute"} {
			if n := countCalls(sim.Speakers[0], action); n != 0 {
				t.Errorf("want the speaker left alone, got %d times %s", n, action)
			}
		}
		if n := sim.Speakers[0].Stats().Requests; n != 0 {
			t.Errorf("want no stream fetched, got %d", n)
		}
	}
	only := sim.connectSender(to, sender.Options{})
	only.send(silence(1500 * time.Millisecond))
	if got := sim.snapshot(to.UDN); got.State() != player.StateConnected || got.Jitter.Received == 0 {
		t.Errorf("want a connected bridge that gets packets, got %s and %d", got.State(), got.Jitter.Received)
	}
	must(t, only.Teardown(t.Context()))
	sim.eventually("the session ends", func() bool { return sim.snapshot(to.UDN).State() == player.StateIdle })
	wantUntouched()

	music := testMusic(1, 2*time.Second)
	from := sim.connectSender(to, sender.Options{})
	from.send(silence(1500 * time.Millisecond))
	wantUntouched()
	from.send(music)
	from.sendSilenceUntilHeard(rec, len(music))
	must(t, from.Teardown(t.Context()))
	rec.wantPieces(t, music)
}

// A sender that stops sending without FLUSH: the gap is filled with silence, so that
// the renderer does not run dry. The sound before the gap fades out; the sound after it
// is played as it was sent.
func TestSenderPausesWithoutFlush(t *testing.T) {
	t.Parallel()
	const fade = 2 * 176 // samples of 4 ms
	rec := newRecorder()
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Capture: rec})
	to := sim.waitOffered("Kitchen")
	from := sim.connectSender(to, sender.Options{})
	first, second := testMusic(1, 1500*time.Millisecond), testMusic(2, time.Second)
	from.send(first)
	sim.eventually("the bridge notices the gap", func() bool { return sim.snapshot(to.UDN).Jitter.StarvedFrames > 0 })
	from.send(second)
	from.sendSilenceUntil("the second sound at the speaker", func() bool {
		got := rec.soundPieces()
		return len(got) == 2 && endsWith(got[1], second)
	})
	got := rec.soundPieces()
	if n := len(got[0]) - len(first); n < 0 || n > fade || commonPrefix(first, got[0]) != len(first) {
		t.Errorf("want the first sound and a fade, got %d samples of which %d are right", len(got[0]), commonPrefix(first, got[0]))
	}
	if !slices.Equal(second, got[1]) {
		t.Errorf("want the second sound as it was sent, got %d samples of which %d are right", len(got[1]), commonPrefix(second, got[1]))
	}
	if got := countCalls(sim.Speakers[0], "Play"); got != 1 {
		t.Errorf("want one start of the renderer, got %d", got)
	}
}
