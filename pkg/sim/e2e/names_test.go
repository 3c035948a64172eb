package e2e_test

import (
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
	"github.com/breezeway-audio/breezeway/pkg/bridge/player"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

func TestTwoSpeakersOfOneName(t *testing.T) {
	t.Parallel()
	ears := []*ear{newEar(), newEar()}
	udns := []string{"uuid:5e0a1c9e-0000-4000-8000-000000000001", "uuid:5e0a1c9e-0000-4000-8000-000000000002"}
	p := stand(t, []string{roomy},
		speaker.Options{Name: "Kitchen", UDN: udns[0], Capture: ears[0]},
		speaker.Options{Name: "Kitchen", UDN: udns[1], Capture: ears[1]})
	var found []bridge.Speaker
	for _, udn := range udns {
		p.eventually("both speakers are offered", func() bool { return p.shown(udn).Port != 0 })
		found = append(found, p.shown(udn))
	}
	if found[0].ID == found[1].ID || found[0].Port == found[1].Port {
		t.Errorf("want an id and a port for each, got %v:%d and %v:%d", found[0].ID, found[0].Port, found[1].ID, found[1].Port)
	}
	for i, to := range found {
		p.eventually("both are announced", func() bool { return p.announced(to) })
		music := tune(i, time.Second)
		from := p.connect(to, sender.Options{})
		from.play(music)
		from.playOut(ears[i], len(music))
		must(t, from.Teardown(t.Context()))
		ears[i].wantPieces(t, music)
	}
}

// A speaker that comes back with another name keeps its AirPlay id, its port
// and its session.
func TestSpeakerWithANewName(t *testing.T) {
	t.Parallel()
	e := newEar()
	p := stand(t, []string{roomy, "BREEZEWAY_NAME_FORMAT=%s (AirPlay)"})
	study := speaker.Options{Name: "Study", UDN: "uuid:5e0a1c9e-0000-4000-8000-000000000003"}
	_, leave := p.join(study)
	before := p.offered("Study (AirPlay)")
	p.eventually("the first name is announced", func() bool { return p.announced(before) })
	from := p.connect(before, sender.Options{})
	music := tune(1, 60*time.Second)
	sent := from.playLong(music, "it plays", func() bool { return p.shown(study.UDN).State() == player.StatePlaying })

	leave()
	study.Name, study.Capture = "Library", e
	p.join(study)
	sent += from.playLong(music[sent:], "sound after the speaker came back", func() bool { return e.heard() > 0 })
	after := p.offered("Library (AirPlay)")
	from.playLong(music[sent:], "the new name is announced", func() bool { return p.announced(after) })
	if after.ID != before.ID || after.Port != before.Port {
		t.Errorf("want id %v and port %d kept, got %v and %d", before.ID, before.Port, after.ID, after.Port)
	}
	if p.announced(before) {
		t.Error("want the first name taken back")
	}
}
