package e2e_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

func TestSenderVanishes(t *testing.T) {
	t.Parallel()
	rec := newRecorder()
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Capture: rec})
	to := sim.waitOffered("Kitchen")
	first, second := testMusic(1, 30*time.Second), testMusic(2, 2*time.Second)
	gone := sim.connectSender(to, sender.Options{})
	gone.sendUntil(first, "half a second of sound", func() bool { return rec.samples() > audio.CD.SampleRate })
	gone.Close()
	sim.eventually("the renderer is stopped", func() bool { return sim.Speakers[0].State() == speaker.Stopped })

	next := sim.connectSender(to, sender.Options{Local: otherHost})
	next.send(second)
	next.sendSilenceUntil("the next sender's sound", func() bool {
		got := rec.soundPieces()
		return len(got) == 2 && len(got[1]) >= len(second)
	})
	got := rec.soundPieces()
	wantPart(t, first, got[0])
	if !slices.Equal(second, got[1]) {
		t.Error("want the next sender's sound exact")
	}
}

func TestRendererVanishes(t *testing.T) {
	t.Parallel()
	const latency = 2 * time.Second // as longLatency says
	before, after := newRecorder(), newRecorder()
	sim := startSimulation(t, []string{longLatency})
	kitchen := speaker.Options{Name: "Kitchen", UDN: "uuid:5e0a1c9e-0000-4000-8000-00000000abcd", Capture: before}
	one, leave := sim.addSpeaker(kitchen)
	to := sim.waitOffered("Kitchen")
	from := sim.connectSender(to, sender.Options{})
	music := testMusic(1, 60*time.Second)

	sent := from.sendUntil(music, "the first sound", func() bool { return before.samples() > audio.CD.SampleRate })
	leave()
	left := time.Now()
	kitchen.Capture = after
	other, _ := sim.addSpeaker(kitchen)
	if one.Location() == other.Location() {
		t.Fatal("want the speaker back at another address")
	}
	sent += from.sendUntil(music[sent:], "sound after the speaker came back", func() bool { return after.samples() > 0 })
	t.Logf("plays again %v after it left", time.Since(left).Round(time.Millisecond))
	heardAt := sent
	from.sendUntil(music[sent:], "two seconds of it", func() bool { return after.samples() > 4*audio.CD.SampleRate })

	pieces := after.soundPieces()
	if len(pieces) != 1 {
		t.Errorf("want one piece after the speaker came back, got %v", lengths(pieces))
	}
	begin := wantPart(t, music, pieces[0])
	behind := audio.CD.Duration(int64((heardAt - begin) / audio.CD.Channels))
	if behind > latency+2*time.Second {
		t.Errorf("want the live edge, got sound that was sent %v before", behind)
	}
	again := sim.snapshot(to.UDN)
	if again.ID != to.ID || again.Port != to.Port {
		t.Errorf("want AirPlay id %v and port %d kept, got %v and %d", to.ID, to.Port, again.ID, again.Port)
	}
}

func TestRendererRefusesPlay(t *testing.T) {
	t.Parallel()
	const refusals = 2
	var plays atomic.Int32
	rec := newRecorder()
	sim := startSimulation(t, []string{longLatency}, speaker.Options{Name: "Kitchen", Capture: rec, Fault: func(_, action string) int {
		if action == "Play" && plays.Add(1) <= refusals {
			return 501
		}
		return 0
	}})
	to := sim.waitOffered("Kitchen")
	from := sim.connectSender(to, sender.Options{})
	music := testMusic(1, 60*time.Second)
	from.sendUntil(music, "two seconds of sound", func() bool { return rec.samples() > 4*audio.CD.SampleRate })
	if pieces := rec.soundPieces(); len(pieces) != 1 {
		t.Errorf("want one piece of sound, got %v", lengths(pieces))
	} else {
		wantPart(t, music, pieces[0])
	}
	if n := len(sim.log.linesWith(`"to":"retrying"`, "501")); n != refusals {
		t.Errorf("want %d lines that say what the speaker answered, got %d", refusals, n)
	}
	var tries []time.Time
	for _, c := range sim.Speakers[0].Calls() {
		if c.Action == "Play" {
			tries = append(tries, c.At)
		}
	}
	if len(tries) != refusals+1 {
		t.Fatalf("want %d tries, got %d", refusals+1, len(tries))
	}
	for i, least := range []time.Duration{time.Second, 2 * time.Second} {
		if pause := tries[i+1].Sub(tries[i]); pause < least || pause > 3*least {
			t.Errorf("want try %d about %v after the one before, got %v", i+2, least, pause)
		}
	}
}
