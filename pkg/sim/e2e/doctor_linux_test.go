package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/doctor"
	"github.com/breezeway-audio/breezeway/pkg/sim/demo"
	"github.com/breezeway-audio/breezeway/pkg/sim/namespace"
	"github.com/breezeway-audio/breezeway/pkg/sim/sender"
	"github.com/breezeway-audio/breezeway/pkg/sim/speaker"
)

// The doctor looks while music plays: the music does not notice, and what the
// daemon knows is found well. The doctor looks at the network as it is, so that this
// simulation has a network namespace of its own.
func TestDoctorWhileMusicPlays(t *testing.T) {
	t.Parallel() // it mostly waits
	if !namespace.Own(t) {
		return
	}
	rec := newRecorder()
	environ := []string{longLatency, "BREEZEWAY_HTTP_PORT=7700-7719", "BREEZEWAY_RTSP_PORTS=7720-7739", "BREEZEWAY_UDP_PORTS=7820-7839", "BREEZEWAY_INTERFACES=lo"}
	sim := startSimulationWith(t, environ, demo.Options{Doctor: true, Speakers: []speaker.Options{{Name: "Kitchen", Capture: rec}}})
	background := sim.Daemon.Doctor()
	to := sim.waitOffered("Kitchen")
	sim.eventually("it is announced", func() bool { return sim.announced(to) })
	from := sim.connectSender(to, sender.Options{})
	music := testMusic(0, waitTimeout)
	background.Examine()
	sent := from.sendUntil(music, "the doctor has looked", func() bool { return len(background.Report().Findings) > 0 })
	from.sendSilenceUntilHeard(rec, sent)
	rec.wantPieces(t, music[:sent])
	report := background.Report()
	t.Logf("%d samples in %v", sent, report.Took)
	for _, name := range []string{"description", "control (SOAP)", "events (GENA)", "the speaker reaches us", "our mDNS answers are heard", "BREEZEWAY_RTSP_PORTS (AirPlay control, one for each speaker)"} {
		f, ok := findingOf(report.Findings, name)
		if !ok || f.Status != doctor.OK {
			t.Errorf("%s: want it well, got %+v", name, f.Result)
		}
	}
	if report.Took < time.Second {
		t.Errorf("want a whole look, got one of %v", report.Took)
	}
}

// findingOf looks for a finding in the tree.
func findingOf(findings []doctor.Finding, name string) (doctor.Finding, bool) {
	if i := slices.IndexFunc(findings, func(f doctor.Finding) bool { return f.Name == name }); i >= 0 {
		return findings[i], true
	}
	for _, f := range findings {
		if below, ok := findingOf(f.Below, name); ok {
			return below, true
		}
	}
	return doctor.Finding{}, false
}
