package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// A group plays one stream on its members in two codecs; one of them goes and
// comes back.
func TestGroup(t *testing.T) {
	t.Parallel()
	recorders := []*recorder{newRecorder(), newRecorder(), newRecorder()}
	wav := []string{"http-get:*:audio/wav:*"}
	last := speaker.Options{Name: "Bath", UDN: "uuid:5e0a1c9e-0000-4000-8000-00000000ba74", Sinks: wav, Capture: recorders[2]}
	sim := startSimulation(t, []string{longLatency, "BREEZEWAY_GROUPS=Everywhere=*; Downstairs=Kit*,Hall"},
		speaker.Options{Name: "Kitchen", Capture: recorders[0]}, speaker.Options{Name: "Hall", Capture: recorders[1]})
	_, leave := sim.addSpeaker(last)
	everywhere := sim.waitOffered("Everywhere")
	sim.eventually("all members are there", func() bool { return len(sim.snapshot(everywhere.UDN).Renderers) == 3 })
	if got := sim.snapshot(sim.waitOffered("Downstairs").UDN).Renderers; len(got) != 2 {
		t.Errorf("want two speakers downstairs, got %d", len(got))
	}

	music := testMusic(1, 60*time.Second)
	from := sim.connectSender(everywhere, sender.Options{})
	second := audio.CD.SampleRate * audio.CD.Channels
	sent := from.sendUntil(music, "sound on all members", func() bool {
		return slices.IndexFunc(recorders, func(rec *recorder) bool { return rec.samples() < 2*second }) < 0
	})
	sim.wantMembersInSync(everywhere)
	leave()
	sent += from.sendUntil(music[sent:], "the others play on", func() bool { return recorders[0].samples() > 5*second })
	back := newRecorder()
	last.Capture = back
	sim.addSpeaker(last)
	from.sendUntil(music[sent:], "the one that came back plays", func() bool { return back.samples() > 2*second })

	for i, rec := range append(slices.Clone(recorders), back) {
		if got := rec.soundPieces(); len(got) != 1 {
			t.Errorf("want one piece of sound at member %d, got %v", i, lengths(got))
			continue
		}
		wantPart(t, music, rec.soundPieces()[0])
	}
	for i := range 2 {
		if n := countCalls(sim.Speakers[i], "Play"); n != 1 {
			t.Errorf("want member %d started once, got %d", i, n)
		}
	}
}

// wantMembersInSync fails the test unless all members play, in the codec that they
// take, and began at the same time, as exactly as UPnP shows it.
func (sim *simulation) wantMembersInSync(group bridge.Speaker) {
	sim.t.Helper()
	sim.eventually("it is known when each member began", func() bool {
		return !slices.ContainsFunc(sim.snapshot(group.UDN).Renderers, func(m player.Snapshot) bool {
			return m.SoundBegan.IsZero() || m.SoundingUncertainty > wellKnown
		})
	})
	shown := sim.snapshot(group.UDN)
	for _, m := range shown.Renderers {
		want := audio.FLAC
		if m.Name == "Bath" {
			want = audio.WAV
		}
		if m.State != player.StatePlaying || m.Codec != want {
			sim.t.Errorf("want %s playing %v, got %s %v", m.Name, want, m.State, m.Codec)
		}
	}
	sim.t.Logf("the members began within %v", shown.Spread)
	if shown.Spread > 100*time.Millisecond {
		sim.t.Errorf("want the members to begin within 100 ms, got %v", shown.Spread)
	}
}

// The volume of a group is that of its loudest member; the others keep their
// part of it.
func TestGroupVolume(t *testing.T) {
	t.Parallel()
	sim := startSimulation(t, []string{"BREEZEWAY_GROUPS=Both=*"}, speaker.Options{Name: "Kitchen"}, speaker.Options{Name: "Hall"})
	both := sim.waitOffered("Both")
	sim.eventually("both are there", func() bool { return len(sim.snapshot(both.UDN).Renderers) == 2 })
	sim.Speakers[0].SetVolume(80)
	sim.Speakers[1].SetVolume(40)
	from := sim.connectSender(both, sender.Options{})
	sim.eventually("both volumes are known", func() bool {
		m := sim.snapshot(both.UDN).Renderers
		return max(m[0].Level, m[1].Level) == 0.8 && min(m[0].Level, m[1].Level) == 0.4
	})
	for _, level := range []int{40, 10, 0, 60} {
		must(t, from.SetVolume(t.Context(), -30+30*float64(level)/100))
		sim.eventually("the volumes are set", func() bool {
			loud, _ := sim.Speakers[0].Volume()
			soft, _ := sim.Speakers[1].Volume()
			return loud == level && soft == level/2
		})
	}
	sim.eventually("the group is announced", func() bool { return sim.announced(both) })
}
