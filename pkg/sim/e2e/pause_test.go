package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// soundWithin is how soon sound is heard that follows a pause; a tenth of it on a
// machine with nothing else to do.
const soundWithin = 3 * time.Second

// A pauseCase is how a sender pauses, and what the speaker has to do.
type pauseCase struct {
	name    string
	pause   string // BREEZEWAY_PAUSE
	sends   bool   // silence while it pauses, as iOS
	length  time.Duration
	starts  int // of the speaker, in all
	stopped bool
}

var pauseCases = []pauseCase{
	{"nothing is sent, the speaker stops", "stop", false, 3 * time.Second, 2, true},
	{"nothing is sent, the speaker plays silence", "silence", false, 20 * time.Second, 1, false},
	{"silence is sent, the speaker stops", "stop", true, 3 * time.Second, 2, true},
	{"silence is sent, the speaker plays it", "silence", true, 5 * time.Second, 1, false},
}

// TestPause pauses as iOS does: a FLUSH, and later on sound, without RECORD and
// without a marker.
func TestPause(t *testing.T) {
	for _, tt := range pauseCases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := newRecorder()
			sim := startSimulation(t, []string{longLatency, "BREEZEWAY_PAUSE=" + tt.pause}, speaker.Options{Name: "Kitchen", Capture: rec})
			to := sim.waitOffered("Kitchen")
			from := sim.connectSender(to, sender.ProfileIOS.Options)
			first, second := testMusic(1, 2*time.Second), testMusic(2, 2*time.Second)
			from.send(first)
			must(t, from.Flush(t.Context()))
			if tt.sends {
				from.send(silence(tt.length))
			} else {
				<-time.After(tt.length)
			}
			kitchen := sim.Speakers[0]
			if got := kitchen.State() == speaker.Stopped; got != tt.stopped {
				t.Errorf("want the speaker stopped %v, got %v", tt.stopped, kitchen.State())
			}
			pieces, resumed := len(rec.soundPieces()), time.Now()
			music := append(slices.Clone(second), silence(waitTimeout)...)
			sent := from.sendUntil(music, "sound after the pause", func() bool { return len(rec.soundPieces()) > pieces })
			if took := time.Since(resumed); took > soundWithin {
				t.Errorf("want the sound back within %v, took %v", soundWithin, took)
			}
			from.sendUntil(music[sent:], "all of it", func() bool { return len(rec.soundPieces()[pieces]) >= len(second) })
			if got := rec.soundPieces(); len(got) != pieces+1 || !slices.Equal(second, got[pieces]) {
				t.Errorf("want the %d samples after the pause in one piece, got %v", len(second), lengths(got[pieces:]))
			}
			if n := countCalls(kitchen, "Play"); n != tt.starts {
				t.Errorf("want %d starts of the speaker, got %d", tt.starts, n)
			}
			if s := sim.snapshot(to.UDN); s.Nearest().Stream.Overruns != 0 {
				t.Errorf("want nothing lost, got %+v", s.Nearest().Stream)
			}
		})
	}
}

// Sessions that carry nothing but silence, as iOS opens them for its sounds,
// leave the speaker alone, whatever a pause is.
func TestSpuriousSessions(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{longLatency, "BREEZEWAY_PAUSE=silence"}, speaker.Options{Name: "Kitchen", Volume: 40})
	to := sim.waitOffered("Kitchen")
	for range 2 {
		from := sim.connectSender(to, sender.ProfileIOS.Options)
		from.send(silence(time.Second))
		must(t, from.Flush(t.Context()))
		from.send(silence(time.Second))
		must(t, from.Teardown(t.Context()))
		sim.eventually("the session ends", func() bool { return sim.snapshot(to.UDN).State() == player.StateIdle })
	}
	for _, action := range []string{"SetAVTransportURI", "Play", "Stop", "SetVolume", "SetMute"} {
		if n := countCalls(sim.Speakers[0], action); n != 0 {
			t.Errorf("want the speaker left alone, got %d times %s", n, action)
		}
	}
}
