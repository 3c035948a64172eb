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

// wantCutShort fails the test unless the ear heard two pieces: the beginning of
// the one that a flush cut short, and all of the other. That there is silence
// between them shows that the renderer was fed meanwhile.
func (e *ear) wantCutShort(t *testing.T, first, second []int32) {
	t.Helper()
	got := e.all()
	if len(got) != 2 {
		t.Fatalf("want the sound before the flush and that after it, got pieces of %v samples", lengths(got))
	}
	if n := len(got[0]); n == len(first) || common(first, got[0]) != n {
		t.Errorf("want a part of %d samples before the flush, got %d of which %d are right", len(first), n, common(first, got[0]))
	}
	if !slices.Equal(second, got[1]) {
		t.Errorf("want %d samples after the flush, got %d of which %d are right", len(second), len(got[1]), common(second, got[1]))
	}
}

// wantRest fails the test unless the ear heard the beginning of a piece, and
// then the rest of it from some place on: what a flush leaves may have been
// played before it came.
func (e *ear) wantRest(t *testing.T, music []int32, from int) {
	t.Helper()
	got := e.all()
	last := got[len(got)-1]
	if n := len(last); n < len(music)-from || !slices.Equal(music[len(music)-n:], last) {
		t.Errorf("want at least the last %d samples, got %d", len(music)-from, n)
	}
	if n := len(got[0]); common(music, got[0]) != n {
		t.Errorf("want the beginning of the sound, got %d samples of which %d are right", n, common(music, got[0]))
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
	flush func(p *production, s source, udn string)
	kept  int // packets that the flush leaves
	plays int // of the renderer, in all
}

var flushCases = []flushCase{
	{"and on at once", func(p *production, s source, _ string) {
		must(p.t, s.Flush(p.t.Context()))
	}, 0, 1},
	{"and on after a while", func(p *production, s source, udn string) {
		must(p.t, s.Flush(p.t.Context()))
		p.eventually("the speaker is let go", func() bool { return p.shown(udn).State() == player.StateConnected })
		p.eventually("the speaker stops", func() bool { return p.Speakers[0].State() == speaker.Stopped })
	}, 0, 2},
	{"and on after RECORD", func(p *production, s source, _ string) {
		must(p.t, s.Flush(p.t.Context()))
		must(p.t, s.Record(p.t.Context()))
	}, 0, 1},
	{"of what lies before packets already sent", func(p *production, s source, _ string) {
		must(p.t, s.FlushBut(p.t.Context(), 50))
	}, 50, 1},
}

func TestFlush(t *testing.T) {
	for _, tt := range flushCases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stall.Retry(t, hiccup, func() error { return tt.play(t) })
		})
	}
}

// play plays through a flush. It returns a fault when the renderer was stopped
// where it should not have been, as it is when the machine stands still for as long
// as the bridge waits after a flush.
func (tt flushCase) play(t *testing.T) (fault error) {
	t.Helper()
	const packet = 352 * 2 // samples
	first, second := tune(1, 3*time.Second), tune(2, 1500*time.Millisecond)
	first = first[:len(first)/packet*packet]

	e := newEar()
	p := stand(t, []string{roomy}, speaker.Options{Name: "Kitchen", Capture: e})
	defer p.stop()
	to := p.offered("Kitchen")
	from := p.connect(to, sender.Options{StartSeq: 1<<16 - 300, StartTimestamp: 1<<32 - 100000})
	stopped := func() bool { return did(p.Speakers[0], "Stop") >= tt.plays }
	from.play(first)
	tt.flush(p, from, to.UDN)
	from.play(second)
	from.playUntil("the sound after the flush", func() bool {
		got := e.all()
		return stopped() || len(got) > 0 && endsWith(got[len(got)-1], second)
	})
	if stopped() {
		return errors.New("want the renderer kept playing, it was stopped")
	}
	if tt.kept > 0 {
		e.wantRest(t, append(first, second...), len(first)-tt.kept*packet)
	} else {
		e.wantCutShort(t, first, second)
	}
	if got := did(p.Speakers[0], "Play"); got != tt.plays {
		t.Errorf("want %d starts of the renderer, got %d", tt.plays, got)
	}
	must(t, from.Teardown(t.Context()))
	p.eventually("the speaker stops", func() bool { return p.Speakers[0].State() == speaker.Stopped })
	return nil
}

func TestSilenceDoesNotStartTheSpeaker(t *testing.T) {
	t.Parallel()
	e := newEar()
	p := stand(t, []string{roomy}, speaker.Options{Name: "Kitchen", Capture: e})
	to := p.offered("Kitchen")
	wantUntouched := func() {
		t.Helper()
		for _, action := range []string{"SetAVTransportURI", "Play", "Stop", "SetVolume", "SetMute"} {
			if n := did(p.Speakers[0], action); n != 0 {
				t.Errorf("want the speaker left alone, got %d times %s", n, action)
			}
		}
		if n := p.Speakers[0].Stats().Requests; n != 0 {
			t.Errorf("want no stream fetched, got %d", n)
		}
	}
	only := p.connect(to, sender.Options{})
	only.play(silence(1500 * time.Millisecond))
	if got := p.shown(to.UDN); got.State() != player.StateConnected || got.Jitter.Received == 0 {
		t.Errorf("want an armed bridge that gets packets, got %s and %d", got.State(), got.Jitter.Received)
	}
	must(t, only.Teardown(t.Context()))
	p.eventually("the session ends", func() bool { return p.shown(to.UDN).State() == player.StateIdle })
	wantUntouched()

	music := tune(1, 2*time.Second)
	from := p.connect(to, sender.Options{})
	from.play(silence(1500 * time.Millisecond))
	wantUntouched()
	from.play(music)
	from.playOut(e, len(music))
	must(t, from.Teardown(t.Context()))
	e.wantPieces(t, music)
}

// A pause of the sender that it does not tell is filled with silence, so that
// the renderer does not run dry. The sound that breaks off fades; what comes then
// is as it was sent.
func TestGapOfTheSender(t *testing.T) {
	t.Parallel()
	const fade = 2 * 176 // samples of 4 ms
	e := newEar()
	p := stand(t, []string{roomy}, speaker.Options{Name: "Kitchen", Capture: e})
	to := p.offered("Kitchen")
	from := p.connect(to, sender.Options{})
	first, second := tune(1, 1500*time.Millisecond), tune(2, time.Second)
	from.play(first)
	p.eventually("the bridge notices the gap", func() bool { return p.shown(to.UDN).Jitter.StarvedFrames > 0 })
	from.play(second)
	from.playUntil("the second sound at the speaker", func() bool {
		got := e.all()
		return len(got) == 2 && endsWith(got[1], second)
	})
	got := e.all()
	if n := len(got[0]) - len(first); n < 0 || n > fade || common(first, got[0]) != len(first) {
		t.Errorf("want the first sound and a fade, got %d samples of which %d are right", len(got[0]), common(first, got[0]))
	}
	if !slices.Equal(second, got[1]) {
		t.Errorf("want the second sound as it was sent, got %d samples of which %d are right", len(got[1]), common(second, got[1]))
	}
	if got := did(p.Speakers[0], "Play"); got != 1 {
		t.Errorf("want one start of the renderer, got %d", got)
	}
}
