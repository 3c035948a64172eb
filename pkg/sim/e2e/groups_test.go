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
	ears := []*ear{newEar(), newEar(), newEar()}
	wav := []string{"http-get:*:audio/wav:*"}
	last := speaker.Options{Name: "Bath", UDN: "uuid:5e0a1c9e-0000-4000-8000-00000000ba74", Sinks: wav, Capture: ears[2]}
	p := stand(t, []string{roomy, "BREEZEWAY_GROUPS=Everywhere=*; Downstairs=Kit*,Hall"},
		speaker.Options{Name: "Kitchen", Capture: ears[0]}, speaker.Options{Name: "Hall", Capture: ears[1]})
	_, leave := p.join(last)
	everywhere := p.offered("Everywhere")
	p.eventually("all members are there", func() bool { return len(p.shown(everywhere.UDN).Renderers) == 3 })
	if got := p.shown(p.offered("Downstairs").UDN).Renderers; len(got) != 2 {
		t.Errorf("want two speakers downstairs, got %d", len(got))
	}

	music := tune(1, 60*time.Second)
	from := p.connect(everywhere, sender.Options{})
	second := audio.CD.SampleRate * audio.CD.Channels
	sent := from.playLong(music, "sound on all members", func() bool {
		return slices.IndexFunc(ears, func(e *ear) bool { return e.heard() < 2*second }) < 0
	})
	p.wantTogether(everywhere)
	leave()
	sent += from.playLong(music[sent:], "the others play on", func() bool { return ears[0].heard() > 5*second })
	back := newEar()
	last.Capture = back
	p.join(last)
	from.playLong(music[sent:], "the one that came back plays", func() bool { return back.heard() > 2*second })

	for i, e := range append(slices.Clone(ears), back) {
		if got := e.all(); len(got) != 1 {
			t.Errorf("want one piece of sound at member %d, got %v", i, lengths(got))
			continue
		}
		wantPart(t, music, e.all()[0])
	}
	for i := range 2 {
		if n := did(p.Speakers[i], "Play"); n != 1 {
			t.Errorf("want member %d started once, got %d", i, n)
		}
	}
}

// wantTogether fails the test unless all members play, in the codec that they
// take, and began at the same time as well as UPnP can tell.
func (p *production) wantTogether(group bridge.Speaker) {
	p.t.Helper()
	p.eventually("all members tell when they began", func() bool {
		return !slices.ContainsFunc(p.shown(group.UDN).Renderers, func(m player.Snapshot) bool {
			return m.SoundBegan.IsZero() || m.SoundingUncertainty > wellKnown
		})
	})
	shown := p.shown(group.UDN)
	for _, m := range shown.Renderers {
		want := audio.FLAC
		if m.Name == "Bath" {
			want = audio.WAV
		}
		if m.State != player.StatePlaying || m.Codec != want {
			p.t.Errorf("want %s playing %v, got %s %v", m.Name, want, m.State, m.Codec)
		}
	}
	p.t.Logf("the members began within %v", shown.Spread)
	if shown.Spread > 100*time.Millisecond {
		p.t.Errorf("want the members to begin within 100 ms, got %v", shown.Spread)
	}
}

// The volume of a group is that of its loudest member; the others keep their
// part of it.
func TestGroupVolume(t *testing.T) {
	t.Parallel()
	p := stand(t, []string{"BREEZEWAY_GROUPS=Both=*"}, speaker.Options{Name: "Kitchen"}, speaker.Options{Name: "Hall"})
	both := p.offered("Both")
	p.eventually("both are there", func() bool { return len(p.shown(both.UDN).Renderers) == 2 })
	p.Speakers[0].SetVolume(80)
	p.Speakers[1].SetVolume(40)
	from := p.connect(both, sender.Options{})
	p.eventually("both volumes are known", func() bool {
		m := p.shown(both.UDN).Renderers
		return max(m[0].Level, m[1].Level) == 0.8 && min(m[0].Level, m[1].Level) == 0.4
	})
	for _, level := range []int{40, 10, 0, 60} {
		must(t, from.SetVolume(t.Context(), -30+30*float64(level)/100))
		p.eventually("the volumes are set", func() bool {
			loud, _ := p.Speakers[0].Volume()
			soft, _ := p.Speakers[1].Volume()
			return loud == level && soft == level/2
		})
	}
	p.eventually("the group is announced", func() bool { return p.announced(both) })
}
