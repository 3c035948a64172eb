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
	recorders := []*recorder{newRecorder(), newRecorder()}
	udns := []string{"uuid:5e0a1c9e-0000-4000-8000-000000000001", "uuid:5e0a1c9e-0000-4000-8000-000000000002"}
	sim := startSimulation(t, []string{longLatency},
		speaker.Options{Name: "Kitchen", UDN: udns[0], Capture: recorders[0]},
		speaker.Options{Name: "Kitchen", UDN: udns[1], Capture: recorders[1]})
	var found []bridge.Speaker
	for _, udn := range udns {
		sim.eventually("both speakers are offered", func() bool { return sim.snapshot(udn).Port != 0 })
		found = append(found, sim.snapshot(udn))
	}
	if found[0].ID == found[1].ID || found[0].Port == found[1].Port {
		t.Errorf("want an id and a port for each, got %v:%d and %v:%d", found[0].ID, found[0].Port, found[1].ID, found[1].Port)
	}
	for i, to := range found {
		sim.eventually("both are announced", func() bool { return sim.announced(to) })
		music := testMusic(i, time.Second)
		from := sim.connectSender(to, sender.Options{})
		from.send(music)
		from.sendSilenceUntilHeard(recorders[i], len(music))
		must(t, from.Teardown(t.Context()))
		recorders[i].wantPieces(t, music)
	}
}

// A speaker that comes back with another name keeps its AirPlay id, its port
// and its session.
func TestSpeakerWithANewName(t *testing.T) {
	t.Parallel()
	rec := newRecorder()
	sim := startSimulation(t, []string{longLatency, "BREEZEWAY_NAME_FORMAT=%s (AirPlay)"})
	study := speaker.Options{Name: "Study", UDN: "uuid:5e0a1c9e-0000-4000-8000-000000000003"}
	_, leave := sim.addSpeaker(study)
	before := sim.waitOffered("Study (AirPlay)")
	sim.eventually("the first name is announced", func() bool { return sim.announced(before) })
	from := sim.connectSender(before, sender.Options{})
	music := testMusic(1, 60*time.Second)
	sent := from.sendUntil(music, "it plays", func() bool { return sim.snapshot(study.UDN).State() == player.StatePlaying })

	leave()
	study.Name, study.Capture = "Library", rec
	sim.addSpeaker(study)
	sent += from.sendUntil(music[sent:], "sound after the speaker came back", func() bool { return rec.samples() > 0 })
	after := sim.waitOffered("Library (AirPlay)")
	from.sendUntil(music[sent:], "the new name is announced", func() bool { return sim.announced(after) })
	if after.ID != before.ID || after.Port != before.Port {
		t.Errorf("want id %v and port %d kept, got %v and %d", before.ID, before.Port, after.ID, after.Port)
	}
	if sim.announced(before) {
		t.Error("want the first name taken back")
	}
}
