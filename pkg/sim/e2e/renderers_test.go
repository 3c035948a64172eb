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
	// profileParts is in how many simulations the speakers stand, partsAtOnce how many of
	// them play at once: all would be more than a small machine can do.
	profileParts = 6
	partsAtOnce  = 3
	// standstill of the machine, for which nothing here is to blame. A start is
	// some stepsAStart steps, each of which it may hold up.
	standstill   = 100 * time.Millisecond
	stepsAStart  = 8
	profileTries = 3
)

// TestRendererProfiles plays on a speaker of every profile with no variable set, each with
// some others beside it. Those that can be played on do so within heardWithin, and
// from then on sample by sample where the codec allows it; with the others the
// session lives, and the log and the snapshot say what is wrong.
func TestRendererProfiles(t *testing.T) {
	simulations := make(chan struct{}, partsAtOnce)
	for i := range profileParts {
		var cases []*profileCase
		for j, profile := range speaker.Profiles() {
			if j%profileParts == i {
				cases = append(cases, &profileCase{profile: profile, music: tune(j, patience)})
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
					faults = append(faults, c.late(stalled)...)
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

// playAll stands a simulation with these speakers and plays on all of them at once.
func playAll(t *testing.T, name string, cases []*profileCase) (faults []string) {
	t.Run(name, func(t *testing.T) {
		var options []speaker.Options
		for _, c := range cases {
			c.ear, c.took, c.faults = &timedEar{ear: newEar()}, 0, nil
			options = append(options, c.options())
		}
		p := stand(t, nil, options...)
		var runs sync.WaitGroup
		for i, c := range cases {
			runs.Go(func() {
				t.Run(c.profile.Name, func(t *testing.T) { c.run(p.in(t), p.Speakers[i]) })
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

// A speaker that takes its time to stop is not given the next stream before it
// has: it would lose that.
func TestGoesOnWhileTheSpeakerStops(t *testing.T) {
	t.Parallel()
	slow, _ := speaker.FindProfile("slow-stop")
	e := newEar()
	p := stand(t, []string{roomy}, slow.On(speaker.Options{Name: "Kitchen", Capture: e}))
	to := p.offered("Kitchen")
	from := p.connect(to, sender.Options{})
	first, second := tune(1, patience), tune(2, patience)
	from.playLong(first, "a second of sound", func() bool { return e.heard() > 2*audio.CD.SampleRate })
	must(t, from.Flush(t.Context()))
	p.eventually("the speaker is told to stop", func() bool { return did(p.Speakers[0], "Stop") > 0 })
	from.playLong(second, "sound again", func() bool {
		pieces := e.all()
		return len(pieces) == 2 && len(pieces[1]) > 2*audio.CD.SampleRate
	})
	pieces := e.all()
	wantPart(t, first, pieces[0])
	if begin := wantPart(t, second, pieces[1]); begin != 0 {
		t.Errorf("want the music from its beginning, got it from sample %d", begin)
	}
}

// A profileCase plays on a speaker of one profile.
type profileCase struct {
	profile speaker.Profile
	music   []int32
	ear     *timedEar
	took    time.Duration // until the music was heard; 0 where it is not to be
	faults  []string
}

// options are those of the speaker. Of MP3 a gap is all that can be heard: there
// a buffer sees to it that none is this machine's.
func (c *profileCase) options() speaker.Options {
	o := c.profile.On(speaker.Options{Name: c.profile.Name, Capture: c.ear})
	if len(o.Sinks) == 1 && strings.Contains(o.Sinks[0], "audio/mpeg") {
		o.StartBuffer = time.Second
	}
	return o
}

func (c *profileCase) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *profileCase) run(p *production, one *speaker.Speaker) {
	p.t.Helper()
	p.eventually("the speaker is offered", func() bool { return p.shown(one.UDN()).Port != 0 })
	from := p.connect(p.shown(one.UDN()), sender.Options{})
	began := time.Now()
	if c.profile.Plays {
		c.plays(p, one, from, began)
	} else {
		c.fails(p, one, from)
	}
	must(p.t, from.Teardown(p.t.Context()))
}

// late says whether it took too long on a machine that stood still for so long.
func (c *profileCase) late(stalled time.Duration) []string {
	limit := heardWithin + c.profile.Quirks.RebootAfter + stepsAStart*stalled
	if c.took <= limit {
		return nil
	}
	return []string{fmt.Sprintf("%s: want its music within %v, took %v", c.profile.Name, limit, c.took)}
}

// fails plays on a speaker that nobody can get to play.
func (c *profileCase) fails(p *production, one *speaker.Speaker, from source) {
	p.t.Helper()
	var seen bridge.Speaker
	from.playLong(c.music, "the snapshot says what is wrong", func() bool {
		seen = p.shown(one.UDN())
		return seen.State() == player.StateRetrying
	})
	p.t.Log(seen.Nearest().Reason)
	if len(p.lines.with(`"speaker":"`+c.profile.Name+`"`, `"to":"retrying"`)) == 0 || seen.Nearest().Reason == "" {
		c.fault("want the reason in the snapshot and in the log, got %q", seen.Nearest().Reason)
	}
	from.askVolume() // the session lives
}

// plays plays on one that has to play.
func (c *profileCase) plays(p *production, one *speaker.Speaker, from source, began time.Time) {
	p.t.Helper()
	enough := false
	sent := from.playLong(c.music, "it plays", func() bool {
		lasts := c.lasts(p, one)
		enough = !lasts.IsZero() && time.Since(lasts) > listenFor
		if c.profile.Quirks.RebootAfter > 0 && did(one, "Play") < 2 {
			enough = false
		}
		return enough || time.Since(began) > giveUpAfter
	})
	if !enough {
		c.fault("not heard for %v within %v", listenFor, giveUpAfter)
		return
	}
	s := p.shown(one.UDN())
	c.took = c.heard(p, one).Sub(began)
	p.t.Logf("| %s | %v | %.2f s | %d |", c.profile.Name, s.Nearest().Codec, c.took.Seconds(), did(one, "Play"))
	switch {
	case s.Nearest().Codec == audio.MP3:
		if stats := one.Stats(); stats.Underruns != 0 {
			c.fault("want the frames without a gap, got %d of %v", stats.Underruns, stats.Starved)
		}
	case c.profile.Quirks.ReconnectAfter > 0:
		c.wantProgress(sent)
	default:
		pieces := c.ear.all()
		c.wantExact(pieces[len(pieces)-1])
	}
}

// heard is when the first music was heard after the last Play. Of MP3 the
// speaker makes silence: its first frame counts.
func (c *profileCase) heard(p *production, one *speaker.Speaker) time.Time {
	if p.shown(one.UDN()).Nearest().Codec == audio.MP3 {
		return one.Stats().FirstSoundAt
	}
	return c.ear.after(lastPlay(one))
}

// lasts is since when it has been heard without a break since the last Play; the
// zero Time while it is not.
func (c *profileCase) lasts(p *production, one *speaker.Speaker) time.Time {
	if p.shown(one.UDN()).Nearest().Codec == audio.MP3 {
		return one.Stats().FirstSoundAt
	}
	if c.profile.Quirks.ReconnectAfter > 0 {
		return c.ear.after(time.Time{})
	}
	if last := c.ear.last(); last.After(lastPlay(one)) {
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
	at, length := place(c.music, piece)
	if length != len(piece) {
		c.fault("want %d samples in one piece, only %d are, from sample %d of the music", len(piece), length, at)
	}
}

// wantProgress wants a speaker that begins anew all the time to hear music that
// was sent not long ago, and not the start for ever.
func (c *profileCase) wantProgress(sent int) {
	all := slices.Concat(c.ear.all()...)
	at, length := place(c.music, all[max(0, len(all)-mark):])
	if behind := audio.CD.Duration(int64(sent-at) / 2); length != mark || behind > heardWithin {
		c.fault("want what was sent within %v, got %d samples that were sent %v ago", heardWithin, length, behind)
	}
}

// mark is so many samples as are nowhere else in a tune.
const mark = 64

// place finds where in music a piece begins, and how many samples of it follow
// there, 0 where it is not found.
func place(music, piece []int32) (at, length int) {
	for at := 0; len(piece) >= mark && at+mark <= len(music); at += audio.CD.Channels {
		if common(music[at:at+mark], piece[:mark]) == mark {
			return at, common(music[at:], piece)
		}
	}
	return 0, 0
}

// A timedEar notes when each piece began.
type timedEar struct {
	*ear

	mu    sync.Mutex // guards began
	began []time.Time
}

func (e *timedEar) Write(b []byte) (int, error) {
	n, err := e.ear.Write(b)
	e.mu.Lock()
	defer e.mu.Unlock()
	for pieces := len(e.all()); len(e.began) < pieces; {
		e.began = append(e.began, time.Now())
	}
	return n, err
}

// after is when the first piece after a time began; the zero Time while none has.
func (e *timedEar) after(at time.Time) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, began := range e.began {
		if began.After(at) {
			return began
		}
	}
	return time.Time{}
}

// last is when the last piece began; the zero Time before the first.
func (e *timedEar) last() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.began) == 0 {
		return time.Time{}
	}
	return e.began[len(e.began)-1]
}
