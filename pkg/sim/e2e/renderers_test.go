package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
	"github.com/breezeway-audio/breezeway/pkg/sim/stall"
)

const (
	// heardWithin is how soon the music is heard at any speaker that can be played
	// on, whatever way has to be found first.
	heardWithin = 5 * time.Second
	// listenFor is how long its music is listened to from then on.
	listenFor = 3 * time.Second
	// giveUpAfter is when nothing more is waited for.
	giveUpAfter = 4 * heardWithin
	// profileParts is over how many simulations the speakers are spread, partsAtOnce how many of
	// them play at once: all would be more than a small machine can do.
	profileParts = 6
	partsAtOnce  = 3
	// standstill of the machine, for which nothing here is to blame. A start is
	// about stepsPerStart steps, each of which it may delay.
	standstill    = 100 * time.Millisecond
	stepsPerStart = 8
	profileTries  = 3
)

// TestRendererProfiles plays on a speaker of every profile with no variable set, each with
// some others beside it. Those that can be made to play do so within heardWithin, and
// then play every sample where the codec allows it. With the others the session goes
// on, and log and snapshot say what is wrong.
func TestRendererProfiles(t *testing.T) {
	simulations := make(chan struct{}, partsAtOnce)
	for i := range profileParts {
		var cases []*profileCase
		for j, profile := range speaker.Profiles() {
			if j%profileParts == i {
				cases = append(cases, &profileCase{profile: profile, music: testMusic(j, waitTimeout)})
			}
		}
		t.Run(fmt.Sprint("part ", i+1), func(t *testing.T) {
			t.Parallel()
			simulations <- struct{}{}
			defer func() { <-simulations }()
			stalls := stall.Watch(t)
			for try := 1; ; try++ {
				stalls.Longest()
				faults := playAll(t, fmt.Sprint("try ", try), cases)
				stalled := stalls.Longest()
				for _, c := range cases {
					faults = append(faults, c.lateFaults(stalled)...)
				}
				if len(faults) == 0 {
					return
				}
				if try == profileTries || stalled < standstill {
					t.Fatalf("%v, while the machine stood still for %v at most", faults, stalled)
				}
				t.Logf("this machine stood still for %v: once more, after %v", stalled, faults)
			}
		})
	}
}

// playAll starts a simulation with these speakers and plays on all of them at once.
func playAll(t *testing.T, name string, cases []*profileCase) (faults []string) {
	t.Run(name, func(t *testing.T) {
		var options []speaker.Options
		for _, c := range cases {
			c.recorder, c.took, c.faults = &timedRecorder{recorder: newRecorder()}, 0, nil
			options = append(options, c.options())
		}
		sim := startSimulation(t, nil, options...)
		var runs sync.WaitGroup
		for i, c := range cases {
			runs.Go(func() {
				t.Run(c.profile.Name, func(t *testing.T) { c.run(sim.forSubtest(t), sim.Speakers[i]) })
			})
		}
		runs.Wait()
	})
	for _, c := range cases {
		for _, fault := range c.faults {
			faults = append(faults, c.profile.Name+": "+fault)
		}
	}
	return faults
}

// A speaker that stops slowly gets the next stream only once it has stopped: it would
// ignore one that comes before.
func TestNewStreamWaitsForASlowStop(t *testing.T) {
	t.Parallel()
	slow, _ := speaker.FindProfile("slow-stop")
	rec := newRecorder()
	sim := startSimulation(t, []string{longLatency}, slow.On(speaker.Options{Name: "Kitchen", Capture: rec}))
	to := sim.waitOffered("Kitchen")
	from := sim.connectSender(to, sender.Options{})
	first, second := testMusic(1, waitTimeout), testMusic(2, waitTimeout)
	from.sendUntil(first, "a second of sound", func() bool { return rec.samples() > 2*audio.CD.SampleRate })
	must(t, from.Flush(t.Context()))
	sim.eventually("the speaker is told to stop", func() bool { return countCalls(sim.Speakers[0], "Stop") > 0 })
	from.sendUntil(second, "sound again", func() bool {
		pieces := rec.soundPieces()
		return len(pieces) == 2 && len(pieces[1]) > 2*audio.CD.SampleRate
	})
	pieces := rec.soundPieces()
	wantPart(t, first, pieces[0])
	if begin := wantPart(t, second, pieces[1]); begin != 0 {
		t.Errorf("want the music from its beginning, got it from sample %d", begin)
	}
}

// A profileCase plays on a speaker of one profile.
type profileCase struct {
	profile  speaker.Profile
	music    []int32
	recorder *timedRecorder
	took     time.Duration // until the music was heard; 0 where it is not to be
	faults   []string
}

// options are those of the speaker. Of MP3 only gaps are looked at: there the
// speaker has a buffer, so that stalls of this machine make none.
func (c *profileCase) options() speaker.Options {
	o := c.profile.On(speaker.Options{Name: c.profile.Name, Capture: c.recorder})
	if len(o.Sinks) == 1 && strings.Contains(o.Sinks[0], "audio/mpeg") {
		o.StartBuffer = time.Second
	}
	return o
}

func (c *profileCase) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *profileCase) run(sim *simulation, one *speaker.Speaker) {
	sim.t.Helper()
	sim.eventually("the speaker is offered", func() bool { return sim.snapshot(one.UDN()).Port != 0 })
	from := sim.connectSender(sim.snapshot(one.UDN()), sender.Options{})
	began := time.Now()
	if c.profile.Plays {
		c.runPlaying(sim, one, from, began)
	} else {
		c.runFailing(sim, one, from)
	}
	must(sim.t, from.Teardown(sim.t.Context()))
}

// lateFaults is a fault if it took too long, on a machine that stalled for so long.
func (c *profileCase) lateFaults(stalled time.Duration) []string {
	limit := heardWithin + c.profile.Quirks.RebootAfter + stepsPerStart*stalled
	if c.took <= limit {
		return nil
	}
	return []string{fmt.Sprintf("%s: want its music within %v, took %v", c.profile.Name, limit, c.took)}
}

// runFailing plays to a speaker that cannot be made to play.
func (c *profileCase) runFailing(sim *simulation, one *speaker.Speaker, from testSender) {
	sim.t.Helper()
	var seen bridge.Speaker
	from.sendUntil(c.music, "the snapshot says what is wrong", func() bool {
		seen = sim.snapshot(one.UDN())
		return seen.State() == player.StateRetrying
	})
	sim.t.Log(seen.Nearest().Reason)
	if len(sim.log.linesWith(`"speaker":"`+c.profile.Name+`"`, `"to":"retrying"`)) == 0 || seen.Nearest().Reason == "" {
		c.fault("want the reason in the snapshot and in the log, got %q", seen.Nearest().Reason)
	}
	from.askVolume() // the session lives
}

// runPlaying plays to a speaker that has to play.
func (c *profileCase) runPlaying(sim *simulation, one *speaker.Speaker, from testSender, began time.Time) {
	sim.t.Helper()
	enough := false
	sent := from.sendUntil(c.music, "it plays", func() bool {
		lasts := c.playingSince(sim, one)
		enough = !lasts.IsZero() && time.Since(lasts) > listenFor
		if c.profile.Quirks.RebootAfter > 0 && countCalls(one, "Play") < 2 {
			enough = false
		}
		return enough || time.Since(began) > giveUpAfter
	})
	if !enough {
		c.fault("not heard for %v within %v", listenFor, giveUpAfter)
		return
	}
	s := sim.snapshot(one.UDN())
	c.took = c.heardAt(sim, one).Sub(began)
	sim.t.Logf("| %s | %v | %.2f s | %d |", c.profile.Name, s.Nearest().Codec, c.took.Seconds(), countCalls(one, "Play"))
	switch {
	case s.Nearest().Codec == audio.MP3:
		if stats := one.Stats(); stats.Underruns != 0 {
			c.fault("want the frames without a gap, got %d of %v", stats.Underruns, stats.Starved)
		}
	case c.profile.Quirks.ReconnectAfter > 0:
		c.wantProgress(sent)
	default:
		pieces := c.recorder.soundPieces()
		c.wantExact(pieces[len(pieces)-1])
	}
}

// heardAt is when the first music was heard after the last Play. Of MP3 the
// speaker makes silence: its first frame counts.
func (c *profileCase) heardAt(sim *simulation, one *speaker.Speaker) time.Time {
	if sim.snapshot(one.UDN()).Nearest().Codec == audio.MP3 {
		return one.Stats().FirstSoundAt
	}
	return c.recorder.firstPieceAfter(lastPlay(one))
}

// playingSince is since when it has been heard without a break since the last Play; the
// zero Time while it is not.
func (c *profileCase) playingSince(sim *simulation, one *speaker.Speaker) time.Time {
	if sim.snapshot(one.UDN()).Nearest().Codec == audio.MP3 {
		return one.Stats().FirstSoundAt
	}
	if c.profile.Quirks.ReconnectAfter > 0 {
		return c.recorder.firstPieceAfter(time.Time{})
	}
	if last := c.recorder.lastPieceStart(); last.After(lastPlay(one)) {
		return last
	}
	return time.Time{}
}

// lastPlay is when a speaker was last told to play.
func lastPlay(s *speaker.Speaker) (at time.Time) {
	for _, call := range s.Calls() {
		if call.Action == "Play" {
			at = call.At
		}
	}
	return at
}

// wantExact wants piece to be a part of the music.
func (c *profileCase) wantExact(piece []int32) {
	at, length := findPiece(c.music, piece)
	if length != len(piece) {
		c.fault("want %d samples in one piece, only %d are, from sample %d of the music", len(piece), length, at)
	}
}

// wantProgress wants a speaker that reconnects again and again to play music that was
// sent not long ago, instead of the beginning each time.
func (c *profileCase) wantProgress(sent int) {
	all := slices.Concat(c.recorder.soundPieces()...)
	at, length := findPiece(c.music, all[max(0, len(all)-matchSamples):])
	if behind := audio.CD.Duration(int64(sent-at) / 2); length != matchSamples || behind > heardWithin {
		c.fault("want what was sent within %v, got %d samples that were sent %v ago", heardWithin, length, behind)
	}
}

// matchSamples is how many samples identify a place: so many occur only once in test
// music.
const matchSamples = 64

// findPiece finds where in music a piece begins, and how many samples of it follow
// there, 0 where it is not found.
func findPiece(music, piece []int32) (at, length int) {
	for at := 0; len(piece) >= matchSamples && at+matchSamples <= len(music); at += audio.CD.Channels {
		if commonPrefix(music[at:at+matchSamples], piece[:matchSamples]) == matchSamples {
			return at, commonPrefix(music[at:], piece)
		}
	}
	return 0, 0
}

// A timedRecorder notes when each piece began.
type timedRecorder struct {
	*recorder

	mu    sync.Mutex // guards began
	began []time.Time
}

func (rec *timedRecorder) Write(b []byte) (int, error) {
	n, err := rec.recorder.Write(b)
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for pieces := len(rec.soundPieces()); len(rec.began) < pieces; {
		rec.began = append(rec.began, time.Now())
	}
	return n, err
}

// firstPieceAfter is when the first piece after a time began; the zero Time while none has.
func (rec *timedRecorder) firstPieceAfter(at time.Time) time.Time {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, began := range rec.began {
		if began.After(at) {
			return began
		}
	}
	return time.Time{}
}

// lastPieceStart is when the last piece began; the zero Time before the first.
func (rec *timedRecorder) lastPieceStart() time.Time {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if len(rec.began) == 0 {
		return time.Time{}
	}
	return rec.began[len(rec.began)-1]
}
